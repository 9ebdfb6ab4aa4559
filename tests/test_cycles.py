"""What must not matter does not, and what must change nothing changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import asleep, of_kind
from folded import carry_out, run_of, start_of

from sleeprun.config import ConfigError
from sleeprun.directory.results import results_of
from sleeprun.protocol.events import Curve, Event, Progress, Scored
from sleeprun.protocol.phases import Score
from sleeprun.protocol.seen import Spiked
from sleeprun.spiking import capacity
from sleeprun.spiking.network import NetworkState
from sleeprun.subjects.forager import cycles
from sleeprun.subjects.forager.build import newborns
from sleeprun.subjects.forager.experiment import AgentExperiment
from sleeprun.subjects.forager.forager import leg_of
from sleeprun.subjects.forager.phases import Freeze, Lesion, Wake

pytestmark = pytest.mark.slow

Tiny = Callable[..., AgentExperiment]
PLASTIC = ("input_hidden", "hidden_output")


def scores(events: list[Event]) -> list[Any]:
    return [(e.boundary.index, e.task, e.marks, e.spikes) for e in of_kind(events, Scored)]


def hidden_spikes(events: list[Event], name: str = "") -> int:
    """Of the first seed, over all progress events of phases whose name begins so."""
    progress = (event for event in of_kind(events, Progress) if event.name.startswith(name))
    return sum(event.summary.spikes["hidden"][0] for event in progress)


def assert_same(ours: Any, theirs: Any) -> None:
    """Bit for bit."""
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, list[dict[str, Any]]]:
    """An uninterrupted run of two seeds."""
    from conftest import configured

    config = configured(*OVERRIDES)
    run = run_of(config, tmp_path_factory.mktemp("whole"))
    return run, carry_out(run)


OVERRIDES = (
    "name=tiny", "network.populations.hidden.size=[6,6]", "tasks.stages=[task1, task2]",
    "sleep=interleaved", "seeds=2", "tasks.unsupervised=0.1", "tasks.train=0.2", "tasks.test=0.1",
    "tasks.alternate=4", "sleep.length=3", "runtime.chunk_cycles=5",
    "runtime.progress=false", "tracking.mode=disabled",
)  # fmt: skip


@pytest.mark.parametrize("chunk", [1, 1000])
def test_the_chunk_size_does_not_matter(whole: Any, tmp_path: Path, chunk: int) -> None:
    from conftest import configured

    run = run_of(configured(*OVERRIDES, f"runtime.chunk_cycles={chunk}"), tmp_path)
    assert scores(carry_out(run)) == scores(whole[1])
    assert_same(run.state, whole[0].state)


def test_a_phase_has_a_thousand_lines_of_progress_or_as_many_as_its_chunks_make(
    whole: Any,
) -> None:
    lengths = {300: 5, 10_000: 10, 5_000_000: 5000}  # of a phase, and of a chunk where 5 is asked
    subject = whole[0].subject
    assert {n: subject.chunk(Wake("task1", cycles=n)) for n in lengths} == lengths


def test_seeds_over_devices_are_the_seeds_one_at_a_time(whole: Any, tmp_path: Path) -> None:
    from conftest import configured

    both = run_of(configured(*OVERRIDES), tmp_path / "both", devices=2)
    carry_out(both)
    assert_same(both.state, whole[0].state)


@pytest.mark.long
def test_a_seed_is_the_same_in_company(whole: Any, tmp_path: Path) -> None:
    from conftest import configured

    alone = run_of(configured(*OVERRIDES, "seeds=[1]"), tmp_path / "alone")
    carry_out(alone)
    assert_same(
        jax.tree.map(lambda leaf: leaf[0], alone.state),
        jax.tree.map(lambda leaf: leaf[1], whole[0].state),
    )


def test_vmapped_seeds_are_the_seeds_one_at_a_time(whole: Any) -> None:
    """What an accelerator does; the order of sums may differ there, the spikes may not."""
    run = whole[0]
    leg = leg_of(run.subject.loop, Wake("task1", cycles=5, plastic=PLASTIC))
    state = newborns(run.config, run.subject.loop, run.config.seeds)

    def five(state: Any) -> Any:
        state = cycles.begin(run.subject.loop, leg, state)
        return cycles.advance(run.subject.loop, leg, jnp.int32(5), state)

    together, tally = jax.jit(jax.vmap(five))(state)
    apart, tally_apart = jax.jit(lambda s: jax.lax.map(five, s))(state)
    assert_same(tally, tally_apart)
    for name, weights in together.network.weights.items():
        np.testing.assert_allclose(weights, apart.network.weights[name], rtol=1e-6)


@pytest.mark.parametrize(
    "stop_after", [2, 9, 17, *(pytest.param(more, marks=pytest.mark.long) for more in (5, 14))]
)
def test_resumed_is_uninterrupted(whole: Any, tmp_path: Path, stop_after: int) -> None:
    from conftest import configured

    config = configured(*OVERRIDES, "runtime.checkpoint_minutes=1e-9")
    broken = run_of(config, tmp_path)
    carry_out(broken, stop_after)
    resumed = run_of(config, tmp_path)
    assert list(resumed.resume()) == []
    carry_out(resumed)
    assert_same(resumed.state, whole[0].state)
    recorded = list(resumed.folder.events())
    assert scores(recorded) == scores(whole[1])
    assert len(of_kind(recorded, Progress)) == len(of_kind(whole[1], Progress))


def test_scoring_changes_nothing(whole: Any, tmp_path: Path) -> None:
    """The same protocol without its tests ends in the same state."""
    from conftest import configured

    run = run_of(configured(*OVERRIDES), tmp_path)
    run.protocol = tuple(phase for phase in run.protocol if not isinstance(phase, Score))
    carry_out(run)
    assert_same(run.state, whole[0].state)


def test_curves_change_nothing_and_are_gone_on_with(whole: Any, tmp_path: Path) -> None:
    from conftest import configured

    config = configured(*OVERRIDES, "runtime.curve_every=7")
    run = run_of(config, tmp_path / "whole")
    carry_out(run)
    told = of_kind(run.folder.events(), Curve)
    assert_same(run.state, whole[0].state)
    assert {curve.kind for curve in told} == {"unsupervised", "wake", "interleave"}
    broken = run_of(config, tmp_path / "broken")
    broken.folder.write(start_of(broken))
    for event in broken.events():
        broken.folder.write(event)
        if isinstance(event, Progress) and len(of_kind(broken.folder.events(), Curve)) >= 4:
            broken.save()
            break
    again = run_of(config, tmp_path / "broken")
    assert list(again.resume()) == []
    carry_out(again)
    assert of_kind(again.folder.events(), Curve) == told


@pytest.mark.parametrize("wanted", [2, 7])
def test_listening_changes_nothing_and_hears_every_spike(
    whole: Any, tmp_path: Path, wanted: int
) -> None:
    """Of all seeds, in the very cycles that progress events tell of."""
    from conftest import configured

    config = configured(*OVERRIDES, f"runtime.spikes={wanted}", "runtime.chunk_cycles=100")
    run = run_of(config, tmp_path, devices=2)
    events = carry_out(run)
    assert_same(run.state, whole[0].state)
    assert scores(events) == scores(whole[1])
    heard, progress = of_kind(events, Spiked), of_kind(events, Progress)
    legs = {"unsupervised": wanted, "task1": wanted}
    legs |= {"task2": min(wanted, 4), "sleep": min(wanted, 3)}  # as long as each turn is
    assert [each.name for each in heard] == [name for name in legs for _ in range(legs[name])]
    kinds = {"unsupervised": "unsupervised", "task1": "wake", "task2": "wake", "sleep": "sleep"}
    assert {each.name: each.kind for each in heard} == kinds
    told = {"unsupervised": ["unsupervised"], "task1": ["task1"]}
    if wanted == 7:
        told["task2 / sleep"] = ["task2", "sleep"]
    for title, names in told.items():
        listened = [each.spikes for each in heard if each.name in names]
        last = [each for each in progress if each.name == title][-1]
        assert last.cycles == len(listened)
        for name, counts in last.summary.spikes.items():
            assert [sum(len(each[name][seed]) for each in listened) for seed in (0, 1)] == counts
        assert min(last.summary.spikes["hidden"]) > 0


def test_scores_differ_between_boundaries_of_an_unchanged_network(whole: Any) -> None:
    """Tests draw new worlds at every boundary; they are not one lucky world."""
    worlds = [
        cycles.copy_for_test(
            whole[0].subject.loop,
            leg_of(whole[0].subject.loop, Wake("task1", cycles=1)),
            jnp.int32(boundary),
            jax.tree.map(lambda leaf: leaf[0], whole[0].state),
        ).world.board
        for boundary in (0, 1)
    ]
    assert (worlds[0] != worlds[1]).any()


@pytest.mark.parametrize("drive", ["rate_matched", "uniform", "poisson", "none"])
def test_sleep_without_plasticity_changes_no_weight(tiny: Tiny, tmp_path: Path, drive: str) -> None:
    run = run_of(tiny(), tmp_path)
    run.protocol = (Wake("task1", cycles=20, plastic=PLASTIC), asleep(1, drive="none"))
    carry_out(run)
    lively = {name: jnp.full_like(rates, 0.8) for name, rates in run.state.rates.items()}
    run.state = run.state._replace(rates=lively)
    before = run.state.network
    run.protocol, run.phase = (asleep(12, (), drive),), 0
    assert (hidden_spikes(carry_out(run)) > 0) == (drive != "none")
    after = run.state.network
    for part in ("weights", "resistance", "rate"):
        assert_same(getattr(after, part), getattr(before, part))
    for name in PLASTIC:
        assert_same(after.plastic[name].own.mean, before.plastic[name].own.mean)
        assert_same(after.plastic[name].target, before.plastic[name].target)

    run.protocol, run.phase = (asleep(12, PLASTIC[1:], drive),), 0
    carry_out(run)
    awakened = run.state.network
    assert (awakened.resistance["output"] != before.resistance["output"]).all()
    if drive in ("rate_matched", "uniform"):
        assert (awakened.weights["hidden_output"] != before.weights["hidden_output"]).any()


def test_rate_matched_sleep_follows_the_rates_of_the_trained_tasks(
    tiny: Tiny, tmp_path: Path
) -> None:
    run = run_of(tiny("network.populations.hidden.size=[10,10]"), tmp_path)
    hidden = jnp.stack([jnp.linspace(0, 1, 100), jnp.zeros(100)])[None]
    rates = run.state.rates | {"hidden": hidden}
    run.state = run.state._replace(rates=rates, trained=jnp.array([[True, True]]))
    run.protocol = (asleep(400),)
    events = carry_out(run)
    assert hidden_spikes(events) / 400 == pytest.approx(25, abs=1.0), (
        "the mean of both tasks' rates"
    )


def test_a_waking_phase_records_the_mean_rates_of_its_task(tiny: Tiny, tmp_path: Path) -> None:
    run = run_of(tiny(), tmp_path)
    run.protocol = (
        Wake(None, cycles=7, plastic=PLASTIC),
        Wake("task2", cycles=30, plastic=PLASTIC),
    )
    events = carry_out(run)
    spikes = hidden_spikes(events, "task2")
    assert run.state.trained[0].tolist() == [False, True]
    assert float(run.state.rates["hidden"][0, 1].sum()) == pytest.approx(spikes / 30, rel=1e-5)


def test_sleeps_of_two_lengths_in_a_row(tiny: Tiny, tmp_path: Path) -> None:
    """Each drives the population that it names, and takes its own number of cycles."""
    config = tiny(
        *("sleep=after", "sleep.length=3", "sleep.longer=4", "tasks.stages=[task1,task2]"),
        "sleep.also=[{length: 6, stages: later, drive: {population: output, kick: 0.05}}]",
    )
    run = run_of(config, tmp_path)
    events = carry_out(run)
    cycles_of: dict[int, int] = {}
    for event in of_kind(events, Progress):
        if event.kind == "sleep":
            assert (event.summary.awake, event.summary.asleep) == (0, event.cycles)
            cycles_of[event.phase] = cycles_of.get(event.phase, 0) + event.cycles
    assert list(cycles_of.values()) == [3, 7, 6]
    names = dict.fromkeys(event.boundary.name for event in of_kind(events, Scored))
    assert list(names)[2:] == ["task1", "task1, slept", "task2", "task2, slept", "task2, slept 2"]


def test_the_population_that_a_sleep_names_is_driven(tiny: Tiny, tmp_path: Path) -> None:
    """Without drive there are no spikes; with it there are those of whoever is kicked."""
    run = run_of(tiny(), tmp_path)
    lively = {name: jnp.ones_like(rates) for name, rates in run.state.rates.items()}
    run.state = run.state._replace(rates=lively, trained=jnp.array([[True, True]]))
    slept = asleep(10)
    driven = slept.drive.model_copy(update={"population": "output"})
    run.protocol = (replace(slept, drive=driven),)
    spikes = [event.summary.spikes for event in of_kind(carry_out(run), Progress)]
    assert sum(event["output"][0] for event in spikes) >= 8 * 10
    assert sum(event["hidden"][0] + event["input"][0] for event in spikes) == 0


@pytest.mark.parametrize("engine", ["native", "by_layer"])
def test_freezing_and_lesioning(tiny: Tiny, tmp_path: Path, engine: str) -> None:
    run = run_of(tiny(f"runtime.simulate={engine}"), tmp_path)
    run.protocol = (
        Wake("task1", cycles=30, plastic=PLASTIC),
        Freeze("hidden_output", 10.0),
        Lesion("hidden", 25.0),
    )
    carry_out(run)
    network = jax.tree.map(lambda leaf: leaf[0], run.state.network)
    locked = np.asarray(network.plastic["hidden_output"].locked)
    assert locked.sum() == round(0.1 * 36 * 8)
    weights = np.asarray(network.weights["hidden_output"])
    cut = ~weights.any(axis=1)
    assert cut.sum() == 9
    assert not np.asarray(network.weights["input_hidden"])[:, cut].any()
    traces = network.plastic["input_hidden"].own.traces
    live = np.asarray(traces.synapse[: int(traces.groups.sum())])
    assert cut[live % 36].any(), "a cut synapse was to have live traces"
    rules = run.state.network.plastic
    scaled = rules["hidden_output"]._replace(target=1.5 * rules["hidden_output"].target)
    network = run.state.network._replace(plastic=rules | {"hidden_output": scaled})
    run.state = run.state._replace(network=network)
    run.protocol, run.phase = (Wake("task1", cycles=30, plastic=PLASTIC),), 0
    carry_out(run)
    for name in ("hidden_output", "hidden_output_inhibition"):
        assert not np.asarray(run.state.network.weights[name][0])[cut].any()
    assert not np.asarray(run.state.network.weights["input_hidden"][0])[:, cut].any()
    later = np.asarray(run.state.network.weights["hidden_output"][0])
    kept = locked & ~cut[:, None]
    np.testing.assert_array_equal(later[kept], weights[kept])
    assert (later[~locked & ~cut[:, None]] != weights[~locked & ~cut[:, None]]).any()
    assert not later[cut].any()
    assert np.isfinite(later).all()


@pytest.mark.parametrize("engine", ["native", "by_layer"])
def test_plasticity_does_not_make_up_for_a_lesion(tiny: Tiny, tmp_path: Path, engine: str) -> None:
    run = run_of(tiny(f"runtime.simulate={engine}"), tmp_path)

    def lived(*phases: Any) -> NetworkState:
        run.protocol, run.phase = phases, 0
        carry_out(run)
        return jax.tree.map(lambda leaf: np.asarray(leaf[0]), run.state.network)

    whole = lived(Wake("task1", cycles=5, plastic=PLASTIC))
    cut = lived(Lesion("hidden", 50.0))
    later = lived(Wake("task1", cycles=5, plastic=PLASTIC))
    into, into_cut, into_later = (
        one.weights["hidden_output"].sum(0) for one in (whole, cut, later)
    )
    assert (into_cut < 0.7 * into).all()
    np.testing.assert_allclose(into_later, into_cut, rtol=1e-3)
    out, out_cut = (one.weights["hidden_output"].sum(1) for one in (whole, cut))
    assert (out_cut == 0).sum() == 18
    steps = (cut.out_start["hidden"] * out, whole.out_start["hidden"] * out_cut)
    np.testing.assert_allclose(*steps, rtol=1e-5)


def test_a_later_lesion_has_the_cells_of_an_earlier_one(tiny: Tiny, tmp_path: Path) -> None:
    run = run_of(tiny("seeds=2"), tmp_path)
    found = []
    for percent in (25.0, 50.0):
        run.protocol, run.phase = (Wake("task1", cycles=3), Lesion("hidden", percent)), 0
        carry_out(run)
        found.append(~np.asarray(run.state.network.weights["hidden_output"]).any(axis=2))
    fewer, more = found
    assert fewer.sum(axis=1).tolist() == [9, 9]
    assert more.sum(axis=1).tolist() == [18, 18]
    assert (fewer <= more).all()
    assert (fewer[0] != fewer[1]).any()


@pytest.mark.long
def test_lists_grow_and_their_capacity_does_not_matter(whole: Any, tmp_path: Path) -> None:
    from conftest import configured

    narrow = configured(
        *OVERRIDES,
        "network.populations.input.spike_capacity=1",
        "network.rules.unsupervised.trace_capacity=2",
    )
    run = run_of(narrow, tmp_path)
    events = carry_out(run, stop_after=12)
    run.save()
    grown = run.subject.capacity(run.state)
    assert grown["input"] > 1
    assert grown["input_hidden"] > 2
    again = run_of(narrow, tmp_path)
    list(again.resume())
    assert again.subject.capacity(again.state) == grown
    events += carry_out(again)
    assert scores(events) == scores(whole[1])
    assert_same(again.state.network.weights, whole[0].state.network.weights)


def test_activity_that_runs_away_ends_the_run(tmp_path: Path) -> None:
    from conftest import configured

    run = run_of(configured(*OVERRIDES, "sleep.drive.kick=1e6"), tmp_path)
    with pytest.raises(ConfigError, match=r"^network\.populations\.\w+: its neurons spike in more"):
        carry_out(run)


def test_activity_that_no_list_can_hold_is_told(whole: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(capacity, "MOST", 1000)
    with pytest.raises(ConfigError, match="hidden at a time"):
        capacity.doubled(whole[0].subject.loop.network, whole[0].state.network, ["hidden"])


def test_results_come_from_the_events_alone(whole: Any) -> None:
    run, events = whole
    results = results_of([start_of(run), *events])
    R = np.array(results["R"], float)
    assert R.shape == (2, len(results["boundaries"]), 2)
    marks = next(event.marks for event in of_kind(events, Scored) if event.task == "task2")
    expected = [
        r / (r + p) if r + p else np.nan
        for r, p in zip(marks.rewarded, marks.punished, strict=True)
    ]
    np.testing.assert_allclose(R[:, 0, 1], expected)
