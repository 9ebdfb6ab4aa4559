"""What cells do over the time of a run: how it is recorded, put together, measured and drawn."""

from typing import Any

import matplotlib
import numpy as np
import pytest
import told_sleep
from conftest import composed
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from texts import troubles
from told_sleep import SEEDS, UP

from sleeprun.directory.results import results_of
from sleeprun.directory.subset import of_seeds
from sleeprun.directory.thinning import thinned
from sleeprun.protocol.events import End, Event, Progress
from sleeprun.protocol.lines import as_line, events_of
from sleeprun.protocol.packed import joined, packed, unpacked
from sleeprun.protocol.sampled import sampled
from sleeprun.reading import frames
from sleeprun.report import figures, style
from sleeprun.report.raster import busiest
from sleeprun.report.tables import observed_table
from sleeprun.subjects.parse import parse
from sleeprun.subjects.sleeper.observed import observed
from sleeprun.tracking.history import History

Numbers = st.lists(st.integers(-(2**31), 2**31 - 1))


@given(first=Numbers, second=Numbers)
def test_what_is_packed_comes_back(first: list[int], second: list[int]) -> None:
    both = packed(np.array(first, int)), packed(np.array(second, int))
    assert [unpacked(each).tolist() for each in both] == [first, second]
    assert unpacked(joined(*both)).tolist() == first + second


def test_mostly_silence_takes_little_place() -> None:
    assert len(packed(told_sleep.counts("sleep", 360_000))) < 40_000  # an hour's 3.6e5 cycles
    with pytest.raises(ValueError, match="no packed numbers"):
        unpacked("QUJD")


def read() -> list[Event]:
    return list(events_of(map(as_line, told_sleep.run_of())))


def test_phases_are_put_together_from_a_record() -> None:
    settle, asleep = sampled(read())
    assert (settle.kind, settle.begin, asleep.name, asleep.begin) == ("settle", 0, "n3", 100)
    expected = told_sleep.counts("sleep", 8 * UP)
    np.testing.assert_array_equal(asleep.counts["pyramidal"], [expected, 2 * expected])
    np.testing.assert_allclose(asleep.potential["pyramidal"][1], -65 + expected)
    assert settle.counts["relay"].shape == (2, 100)


def test_a_record_that_is_thinned_or_of_some_seeds_says_the_same() -> None:
    short = thinned(read(), most=2)
    assert sum(isinstance(event, Progress) for event in short) < 5
    for one, other in zip(sampled(read()), sampled(short), strict=True):
        np.testing.assert_array_equal(one.counts["pyramidal"], other.counts["pyramidal"])
    chosen = [event for event in (of_seeds(each, [1]) for each in read()) if event]
    asleep = sampled(chosen)[1]
    np.testing.assert_array_equal(
        asleep.counts["pyramidal"][0], 2 * told_sleep.counts("sleep", 8 * UP)
    )


def test_tables_of_progress_have_no_packed_columns() -> None:
    told = [event for event in read() if isinstance(event, Progress)]
    columns = set(frames.progress(SEEDS, told).columns)
    assert {"spikes/pyramidal", "spikes/relay"} < columns
    assert not any("activity" in each or "potential" in each for each in columns)


def config(*overrides: str) -> Any:
    small = ["+experiment=gonzalez2020/dynamics", "seeds=[3,5]", "tasks.oscillation.skip=0.3"]
    sizes = ["network.populations.pyramidal.size=10", "network.populations.relay.size=4"]
    others = ["~tasks.sequences.S2", "~tasks.sequences.S1_reversed"]
    cells = ["tasks.sequences.S1.cells=[0,3,6]", "tasks.group=2", *others]
    return composed(*small, *sizes, *cells, *overrides)


def measured(*events: Event) -> dict[str, Any]:
    return observed(CONFIG, [told_sleep.start(), *events])


CONFIG = parse(config())


def test_a_phase_is_measured_from_its_record() -> None:
    slept = [*told_sleep.phase(1, 100, 8 * UP), *told_sleep.heard(1, 150)]
    found = measured(*slept)
    skipped = 30  # cycles, and so a whole number of bins
    spikes = told_sleep.counts("sleep", 8 * UP)[skipped:].sum()
    seconds = (8 * UP - skipped) / 100
    assert found["pyramidal_hz"] == pytest.approx([spikes / 10 / seconds, spikes / 5 / seconds])
    assert found["relay_hz"] == [0, 0]
    assert found["up_states"] == [2, 2]
    assert found["oscillation_hz"] == pytest.approx([1 / (0.04 * UP)] * 2)
    assert found["up_ms"] == pytest.approx([10 * UP] * 2)  # the last one goes on to the end
    assert found["down_ms"] == pytest.approx([30 * UP] * 2)
    assert found["spikes_an_up"] == pytest.approx([0.3 * UP, 0.6 * UP])
    assert found["peak_hz"] == pytest.approx([30, 60])
    assert np.isnan(found["spread_ms"]).all()


def test_replay_is_counted_in_the_up_states_that_are_seen_whole() -> None:
    """Of three groups an order has a p of 1/6 at least."""
    found = measured(*told_sleep.phase(1, 100, 12 * UP + 10))
    assert np.isnan(found["replay/S1/forward"] + found["replay/S1/reverse"]).all()  # p >= 1/6
    sure = parse(config("tasks.replay.sure=0.2"))
    found = observed(sure, told_sleep.phase(1, 100, 12 * UP + 10))
    assert found["replay/S1/forward"] == pytest.approx([2 / 3, 0])
    assert found["replay/S1/reverse"] == pytest.approx([1 / 3, 1])
    assert np.isnan(measured(*told_sleep.phase(0, 0, 200))["replay/S1/forward"]).all()


def test_the_spread_is_of_the_cells_that_were_listened_to() -> None:
    phase = told_sleep.phase(1, 100, 8 * UP + 10)
    skips = parse(config("tasks.oscillation.skip=0.5"))
    for cycles in (160, 8 * UP, 8 * UP + 10):  # the latter include what is skipped
        longer = [*phase, *told_sleep.heard(1, cycles)]
        moved = longer[: -10 - UP] + longer[-UP:] + longer[-10 - UP : -UP]  # silence at the end
        found = observed(skips, [told_sleep.start(), *moved])
        assert found["spread_ms"] == pytest.approx([72, 72])  # of 0 to 90 ms, in tens


def test_what_is_seen_of_phases_is_in_results_in_a_table_and_in_the_history() -> None:
    told = [*told_sleep.run_of(), End(wall_seconds=1.0, steps_per_second=1.0)]
    results = results_of(told)
    (seen,) = results["observed"]
    assert (seen["phase"], seen["kind"], seen["name"]) == (1, "sleep", "n3")
    assert seen["measures"]["pyramidal_hz"]["mean"] == 1.5
    assert seen["measures"]["up_ms"]["n"] == 1
    console = Console(width=80, force_terminal=False)
    with console.capture() as capture:
        console.print(observed_table(results))
    assert "pyramidal_hz │ 1.50 +- 0.71" in capture.get()
    assert "up_ms        │          440" in capture.get()
    assert observed_table({**results, "observed": []}) is None
    arms = {"naive": {**results, "observed": []}, "deep": results}
    with console.capture() as capture:
        console.print(observed_table(results, arms))
    assert "deep: n3" in capture.get()
    assert "naive" not in capture.get()
    history = History()
    rows = [row for event in told for _, row in history.write(event)]
    (row,) = (row for row in rows if "asleep/pyramidal_hz" in row)
    assert row["cycle"] == 100 + 8 * UP
    assert row["asleep/pyramidal_hz/seed_5"] == 2.0
    assert row["asleep/up_ms"] == 440


def test_pictures_are_drawn_of_what_there_is(tmp_path: Any) -> None:
    events = read()
    drawn = {path.stem for path in figures.draw(events, results_of(events), tmp_path)}
    assert {"activity", "raster", "between", "readings"} <= drawn
    panels = figures.activity(events, {}).axes
    assert [axes.get_ylabel() for axes in panels] == [
        "pyramidal\n(mV)",
        "relay\n(Hz)",
        "pyramidal\n(Hz)",
    ]
    top = panels[2].collections[-1].get_datalim(panels[2].transData).y1
    assert top == pytest.approx(30)  # three spikes of ten cells in 10 ms
    first, last = figures.between(events, {}).axes[:2]
    shares = first.images[0].get_array().filled(-1)
    np.testing.assert_array_equal(shares, [[1, 1.5, 1], [-1, 1, 1.5], [0.5, 1, 1]])
    assert last.get_title(loc="left").split() == ["After", "1:", "untrained,", "slept"]
    (axes,) = figures.readings(events, {}).axes
    assert "chance" in {line.get_label() for line in axes.lines}
    by_width = [container.lines[0].get_ydata().tolist() for container in axes.containers]
    assert by_width == [
        [0.375, 0.375],
        [0.25, 0.25],
    ]  # 1 and 2 of 4 cues, 0 and 2


@pytest.mark.parametrize("paint", [figures.activity, figures.between, figures.readings])
def test_no_text_of_these_pictures_lies_upon_another(paint: Any) -> None:
    with matplotlib.rc_context(style.STYLE):
        assert not troubles(paint(read(), {}))


def test_a_raster_shows_the_busiest_stretch_of_what_was_heard() -> None:
    events = read()
    figure = figures.raster(events, {})
    title = figure._suptitle.get_text().replace("\n", " ")
    assert "the busiest 1,000 ms of the last 1,500 ms" in title
    (part,) = figure.subfigs
    assert part.axes[-1].get_xlim()[1] == 1000
    cycle = told_sleep.start().facts.cycle
    assert cycle is not None
    spikes = {"pyramidal": np.array([[100, 0], [5000, 1], [29000, 2], [29900, 3]])}
    found = busiest(spikes, cycle, 150)
    assert found["pyramidal"][:, 1].tolist() == [2, 3]
    assert (found["pyramidal"][:, 0] < 1000 / 0.05).all()
