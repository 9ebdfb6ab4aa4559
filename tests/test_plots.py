"""The pictures of a run: what is drawn, from what, and how chunks become points."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image
from told_run import BOUNDARIES, PHASES, ROWS, R, progress, run_of, scored

from sleeprun.protocol.events import Begun, Curve, Event, Progress, Scored, Start
from sleeprun.protocol.seen import Fields, Histogram, Raster, Spiked, Weights
from sleeprun.reading.rasters import of_phase
from sleeprun.report import arms, figures, matrices, performance, stages, style

ALL = {"performance", "r_matrix", "weights", "raster", "receptive_fields"}


def results() -> dict:
    return {"tasks": ["task1", "task2"], "seeds": [0, 1], "boundaries": ROWS, "R": R}


def names(paths: list[Path]) -> set[str]:
    return {path.stem for path in paths}


def test_every_figure_is_a_png_of_sensible_size(tmp_path):
    folder = tmp_path / "figures"
    paths = figures.draw(run_of(), results(), folder)
    assert names(paths) == ALL
    assert set(folder.iterdir()) == set(paths)  # no temporary file is left
    for path in paths:
        with Image.open(path) as image:
            image.load()
            assert image.format == "PNG"
            assert all(400 <= side <= 2000 for side in image.size)
            assert np.asarray(image.convert("L")).std() > 5  # not blank


def test_drawing_again_replaces(tmp_path):
    (tmp_path / "r_matrix.png").write_text("stale")
    (path,) = figures.draw([], results(), tmp_path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes().startswith(b"\x89PNG")


def test_curves_are_drawn_where_they_were_asked_for(tmp_path):
    told = [
        Curve(phase=phase, kind=kind, name=name, cycle=100 * phase + step, task=task, score=score)
        for phase, (kind, name) in enumerate(PHASES)
        for step in (20, 40, 60)
        for task, score in (("task1", [0.5, 0.6]), ("task2", [None, 0.4]))
    ]
    assert names(figures.draw([*run_of()[:1], *told], {}, tmp_path)) == {"curves"}
    (axes,) = figures.curves([*run_of()[:1], *told], {}).axes
    line = next(line for line in axes.lines if line.get_label() == "task2")
    course = [0.4, 0.4, 0.4]
    np.testing.assert_allclose(line.get_ydata(), [*course, np.nan, *course, np.nan, *course])


@pytest.mark.parametrize(
    ("event", "figure"),
    [
        (Progress, "performance"),
        (Weights, "weights"),
        (Raster, "raster"),
        (Fields, "receptive_fields"),
    ],
)
def test_a_figure_needs_its_own_events_only(tmp_path, event, figure):
    told = [each for each in run_of() if isinstance(each, Start | event)]
    assert names(figures.draw(told, {}, tmp_path)) == {figure}


def test_unknown_scores_and_empty_histograms_are_drawn(tmp_path):
    nothing = {"hidden_output": {"edges": [0.0, 0.1, 0.2], "counts": [0, 0]}}
    events = [
        progress(1, 0, 100, [0, 0], [0, 0]),
        scored(BOUNDARIES[1], "task1", [None, None]),
        Weights(boundary=BOUNDARIES[1], histograms=nothing),
    ]
    assert names(figures.draw(events, {}, tmp_path)) == {"performance", "weights"}


def test_an_empty_run_draws_nothing(tmp_path):
    assert figures.draw([], {}, tmp_path) == []
    unknown = {"R": [[[None, None]] * 3], "tasks": ["task1", "task2"], "boundaries": ROWS}
    assert figures.draw(run_of()[:1], unknown, tmp_path) == []
    fasting = [progress(0, 0, 100, [0, 0], [0, 0])]
    assert figures.draw(fasting, {}, tmp_path) == []


def test_one_seed_and_one_boundary(tmp_path):
    events = [progress(1, 0, 100, [3], [1])]
    told = {"R": [[[0.75, None]]], "tasks": ["task1", "task2"], "boundaries": ROWS[1:2]}
    assert names(figures.draw(events, told, tmp_path)) == {"performance"}  # a matrix needs two


def test_runs_are_compared_along_one_axis_of_time(tmp_path):
    runs = {"this": run_of(), "that": run_of(chunks=8)}
    path = performance.compare_performance("both", runs, tmp_path / "new" / "both.png")
    assert list(path.parent.iterdir()) == [path]
    with Image.open(path) as image:
        assert image.size[1] > 700
        assert np.asarray(image.convert("L")).std() > 5


def test_the_legend_of_compared_runs_is_of_all_of_them(tmp_path, monkeypatch):
    """A task has one look, whatever else a run was tested on."""
    both = run_of()
    later = [e for e in both if not (isinstance(e, Scored) and e.task == "task1")]
    drawn = []
    monkeypatch.setattr(performance, "save", lambda figure, path: drawn.append(figure) or path)
    performance.compare_performance("runs", {"one": both, "other": later}, tmp_path / "a.png")
    (figure,) = drawn
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {"test of task1", "test of task2"} < set(told)
    assert len(told) == len(set(told))
    first, second = (
        {line.get_color() for line in axes.lines if line.get_marker() == style.look_of(1)["marker"]}
        for axes in figure.axes
    )
    assert first == second == {style.look_of(1)["color"]}
    assert [axes.get_title("left") for axes in figure.axes] == [
        "one, n = 1 to 2",
        "other, n = 1 to 2",
    ]


def test_a_shortened_protocol_says_so():
    def notes(shortened: bool) -> str:
        figure = figures.raster(run_of(shortened=shortened), {})
        return " ".join(text.get_text() for text in figure.texts)

    assert "shortened protocol (scale 0.02)" in notes(True)
    assert "shortened" not in notes(False)


def spiking(*phases: tuple[str, ...], cycles: int = 3) -> list[Event]:
    """Each phase with its parts, which spike once a cycle, in step 10 times its number."""
    events = run_of()[:1]
    for index, parts in enumerate(phases):
        title = " / ".join(parts)
        events.append(Begun(index=index, kind="wake", name=title, cycle=0))
        for name in parts:
            kind = "sleep" if name == "sleep" else "wake"
            for cycle in range(cycles):
                spikes = {"input": [], "hidden": [[10 * cycle, 3]], "output": [[1, 2], [2, 0]]}
                events.append(Raster(kind=kind, name=name, spikes=spikes))
    return events


def test_a_raster_has_every_task_awake_and_every_sleep_over_several_cycles():
    told = spiking(("task1",), ("sleep",), ("sleep",), ("task2", "sleep"), ("sleep",), ("task1",))
    figure = figures.raster(told, {})
    panels = {part._suptitle.get_text(): part.axes for part in figure.subfigs if part.axes}
    assert list(panels) == [
        "asleep after task1", "asleep after task1, 2", "awake: task2",
        "asleep in turns with task2", "asleep after task2", "awake: task1",
    ]  # fmt: skip
    assert "last 3 cycles" in figure._suptitle.get_text()
    cycle = 600 * 0.5  # ms
    for axes in panels.values():
        first, hidden, _ = (line for each in axes for line in each.lines[:1])
        np.testing.assert_allclose(hidden.get_xdata(), [0, cycle + 5, 2 * cycle + 10])
        assert len(first.get_xdata()) == 0
        assert [text.get_text() for text in axes[0].texts] == ["no spikes"]
        assert axes[2].get_xlim()[1] == 3 * cycle
    grounds = [axes[0].get_facecolor() for axes in panels.values()]
    assert grounds[0] == grounds[1] == grounds[3] == grounds[4] != grounds[2] == grounds[5]


def test_the_last_panels_of_a_raster_are_those_that_came_last():
    told = spiking(*((f"task{k}",) for k in range(10)), ("task0",), cycles=1)
    figure = figures.raster(told, {})
    panels = [part._suptitle.get_text() for part in figure.subfigs if part.axes]
    assert panels == [*(f"awake: task{k}" for k in range(2, 10)), "awake: task0"]
    assert "the last 9 of 10" in figure._suptitle.get_text().replace("\n", " ")


def test_a_raster_of_every_seed_shows_the_first_and_an_old_one_its_cycle():
    whole = spiking(("task1",))[:2]
    for step in (5, 7):
        spikes = {"input": [[], []], "hidden": [[[step, 1]], [[99, 9]]], "output": [[], []]}
        whole.append(Spiked(kind="wake", name="task1", spikes=spikes))
    last = {"input": [], "hidden": [[7, 1]], "output": []}
    old = [*whole, Raster(kind="wake", name="task1", spikes=last)]  # told beside them until 0.2
    for told, expected in ((whole, [2.5, 303.5]), (old, [2.5, 303.5]), (old[:2] + old[4:], [3.5])):
        (part,) = figures.raster(told, {}).subfigs
        np.testing.assert_allclose(part.axes[1].lines[0].get_xdata(), expected)


@pytest.mark.parametrize(
    ("kind", "ground"),
    [("unsupervised", style.UNTAUGHT), ("wake", style.GROUNDS["awake"])],  # the latter until 0.2
)
def test_a_raster_stands_on_the_ground_of_its_phase(kind: str, ground: str):
    events = run_of()[:1]
    events.append(Raster(kind=kind, name="unsupervised", spikes={"hidden": []}))
    events[0] = replace(events[0], facts=replace(events[0].facts, shape={"hidden": [5, 5]}))
    (part,) = figures.raster(events, {}).subfigs
    assert to_hex(part.axes[0].get_facecolor()) == ground
    assert of_phase(events, "unsupervised")["hidden"].shape == (0, 2)


def test_points_hold_enough_cycles_and_food_and_the_rest_joins_the_last():
    span = np.array([[0, 10], [10, 20], [20, 30], [30, 40], [40, 50]])
    rewarded = np.array([[3, 0], [1, 0], [6, 0], [0, 2], [1, 1]])
    punished = np.array([[1, 0], [3, 0], [2, 0], [4, 2], [2, 0]])
    # The mean seed eats 2, 2, 4, 4, 2: 4 within two chunks, 8 within the next two, 2 left over.
    cycle, score = performance.running_performance(span, rewarded, punished, cycles=20, marks=4)
    np.testing.assert_array_equal(cycle, [10, 35])
    np.testing.assert_allclose(score, [[4 / 8, np.nan], [7 / 15, 3 / 5]])
    cycle, score = performance.running_performance(span, rewarded, punished, cycles=10, marks=4)
    np.testing.assert_array_equal(cycle, [10, 25, 40])
    np.testing.assert_allclose(score, [[4 / 8, np.nan], [6 / 8, np.nan], [1 / 7, 3 / 5]])
    cycle, score = performance.running_performance(span, rewarded, punished, cycles=1, marks=1000)
    np.testing.assert_array_equal(cycle, [25])
    np.testing.assert_allclose(score, [[11 / 23, 3 / 5]])


def test_spread_leaves_out_what_is_unknown():
    mean, sd = style.spread(np.array([[1.0, 3.0, np.nan], [2.0, np.nan, np.nan], [np.nan] * 3]))
    np.testing.assert_allclose(mean, [2, 2, np.nan])
    np.testing.assert_allclose(sd, [np.sqrt(2), np.nan, np.nan])


def test_a_resumed_run_is_told_once():
    first, second = progress(1, 0, 100, [1], [1]), progress(1, 100, 200, [9], [0])
    again = progress(1, 100, 150, [2], [1])
    untrained = scored(BOUNDARIES[0], "task1", [0.5])
    score, better = (scored(BOUNDARIES[1], "task1", [known]) for known in (0.6, 0.7))
    chunks, tests = performance.timeline([untrained, first, second, score, again, better])
    assert [chunk.event for chunk in chunks] == [first, again]
    assert tests == {"task1": {0: (0, [0.5]), 1: (150, [0.7])}}


def test_a_density_takes_in_empty_bins():
    bins: Histogram = {"counts": [0, 2, 0, 6, 0], "edges": [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]}
    density, bounds = figures._density(bins)
    np.testing.assert_array_equal(bounds, [0.5, 1.0, 2.0])
    np.testing.assert_array_equal(density, [0.5, 0.75])


def test_a_long_run_draws_in_seconds(tmp_path):
    told = [each for each in run_of(chunks=7000) if isinstance(each, Start | Progress | Scored)]
    begun = time.process_time()
    assert names(figures.draw(told, {}, tmp_path)) == {"performance"}
    assert time.process_time() - begun < 5


STAGES = ("a", "b", "c", "d")


def arm(sleeps: int, together: bool = False, seeds: int = 2, tasks: int = 4) -> dict:
    """The results of an arm over some tasks, with sleeps after each, or with all at once."""
    told = [("untrained", "start", None)]
    trained = STAGES[:tasks]
    for stage in ["+".join(trained)] if together else trained:
        told.append((stage, "wake", stage))
        for again in ("", " 2")[:sleeps]:
            told.append((f"{stage}, slept{again}", "sleep", stage))
    rows = [
        {"index": index, "name": name, "phase": phase, "task": task}
        for index, (name, phase, task) in enumerate(told)
    ]
    R = np.random.default_rng(0).uniform(size=(seeds, len(rows), tasks))
    known = {"tasks": list(trained), "seeds": list(range(seeds))}
    return known | {"boundaries": rows, "R": R.tolist()}


@pytest.mark.parametrize("seeds", [1, 2, 6])
def test_arms_of_many_tasks_have_a_course_and_matrices(tmp_path, seeds):
    compared = {
        "naive": arm(0, seeds=seeds),
        "joint": arm(0, True, seeds),
        **{f"asleep{k}": arm(1 + k % 2, seeds=seeds) for k in range(6)},
    }
    paths = arms.compare_arms(run_of()[:1], compared, tmp_path)
    assert names(paths) == {"arms", "arms_r"}
    for path in paths:
        with Image.open(path) as image:
            assert np.asarray(image.convert("L")).std() > 5


@pytest.mark.parametrize("tasks", [1, 2, 3])
def test_arms_of_few_tasks_are_shown_over_time_task_by_task(tmp_path, tasks):
    compared = {"naive": arm(0, tasks=tasks), "asleep": arm(1, tasks=tasks)}
    assert names(arms.compare_arms(run_of()[:1], compared, tmp_path)) == {"arms"}
    panels = arms.course(run_of()[:1], compared).axes
    assert [axes.get_title("left") for axes in panels] == [
        title for task in STAGES[:tasks] for title in (task, "")
    ]
    for task, axes in enumerate(panels[::2]):
        for result, line in zip(compared.values(), lines_of(axes), strict=True):
            means = np.array(result["R"])[:, :, task].mean(axis=0)
            np.testing.assert_allclose(line.get_ydata(), means)
    for task, axes in enumerate(panels[1::2]):
        dots = [line.get_ydata() for line in axes.lines if line.get_gid() == style.SEEDS]
        np.testing.assert_allclose(dots, [np.array(r["R"])[:, -1, task] for r in compared.values()])


def test_means_say_of_how_many_seeds_they_are():
    """Of seven, three have no score after the last stage."""
    compared = {"naive": arm(0, seeds=7), "asleep": arm(1, seeds=7)}
    for seed in compared["naive"]["R"][4:]:
        seed[-1] = [None] * 4

    def title(paint, told):
        return paint(run_of()[:1], told)._suptitle.get_text().replace("\n", " ")

    assert "mean, 95 % interval (± sd below n = 5), n = 4 to 7;" in title(arms.course, compared)
    assert "mean, n = 4 to 7;" in title(matrices.of_arms, compared)
    assert title(figures.r_matrix, compared["naive"]).endswith("mean ± sd, n = 4 to 7")
    assert "mean, 95 % interval, n = 7;" in title(arms.course, {"asleep": compared["asleep"]})


def test_no_line_strikes_a_mean_through():
    """A level that runs behind the number looks there as one that runs elsewhere: not at all."""
    told = {}
    for level in (0.5, 0.9):
        figure = Figure((2, 2), dpi=100)
        axes = figure.add_axes((0, 0, 1, 1), ylim=(0.42, 1))
        axes.set_axis_off()
        style.draw_seeds(axes, 0, np.array([0.45, 0.47]), style.look_of(0))
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        (number,) = axes.texts
        box = number.get_window_extent()
        middle = axes.transData.inverted().transform((0, (box.y0 + box.y1) / 2))[1]
        style.draw_level(axes, middle if level == 0.5 else level)
        axes.lines[-1].set_ls("-")
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())[::-1]
        told[level] = pixels[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
    between = np.abs(told[0.5].astype(int) - told[0.9]).max(axis=2)
    assert (between > 100).mean() < 0.01


def lines_of(axes):
    return [line for line in axes.lines if line.get_ls() == "-" and line.get_lw() == 1.4]


def test_what_follows_sleep_is_filled_and_sleep_is_shaded():
    compared = {"naive": arm(0), "asleep": arm(1)}
    time, end = arms.course(run_of()[:1], compared).axes
    faces = {"white": [], "filled": []}
    for line in time.lines:
        if line.get_marker() == "s" and len(line.get_xdata()):  # those of the second arm
            face = line.get_markerfacecolor()
            faces["white" if face == "white" else "filled"] += [*line.get_xdata()]
    assert np.round(faces["white"]).tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(np.array(faces["filled"]) % 1, stages.ASIDE, atol=0.05)
    shades = [patch.get_x() for patch in time.patches]
    assert sorted(shades) == [1, 2, 3, 4]
    np.testing.assert_allclose([patch.get_width() for patch in time.patches], stages.ASIDE)
    ends = [line for line in end.lines if line.get_marker() in "os" and line.get_ms() == 6]
    assert [line.get_markerfacecolor() == "white" for line in ends] == [True, False]


def test_training_in_turns_with_sleep_follows_it():
    turns = {"index": 1, "name": "a", "phase": "interleave", "task": "a"}
    told = {
        "boundaries": [{"index": 0, "name": "untrained", "phase": "start", "task": None}, turns]
    }
    training = ["training", "training"]
    for more, wanted in (
        ({"sleep_steps": 5}, ["training", "sleep"]),
        ({"sleep_steps": 0}, training),
        ({}, training),  # an old record
        ({"sleep_steps": 0, "role": "rival"}, ["training", "rival"]),
    ):
        assert stages.along(told | more).behind.tolist() == wanted


def test_stages_lie_at_whole_numbers_and_what_follows_them_behind():
    def cut(result: dict, boundaries: int) -> dict:
        return {"boundaries": result["boundaries"][:boundaries]}

    one, half = stages.along(cut(arm(1), 5)), stages.ASIDE
    np.testing.assert_allclose(one.at, [0, 1, 1 + half, 2, 2 + half])
    assert one.names == {0: "untrained", 1: "a", 2: "b"}
    assert one.rests == [("sleep", 1, 1 + half), ("sleep", 2, 2 + half)]
    two = stages.along(cut(arm(2), 5))
    np.testing.assert_allclose(two.at, [0, 1, 1 + half / 2, 1 + half, 2])
    untrained = {"index": 0, "name": "untrained", "phase": "start", "task": None}
    foraging = stages.along({"boundaries": [untrained, *ROWS]})
    np.testing.assert_allclose(foraging.at, [-1, 0, 1, 1 + half])
    assert foraging.names == {-1: "untrained", 0: "unsupervised", 1: "task1"}


def test_a_title_tells_of_sleeps_where_there_are_any():
    awake = results() | {"boundaries": ROWS[:2], "R": [rows[:2] for rows in R]}
    for result, slept in ((results(), True), (awake, False)):
        for drawn, told in (
            (matrices.r_matrix(run_of(), result), "bars: after sleep"),
            (matrices.of_arms(run_of(), {"a": result, "b": awake}), "cut by its sleeps"),
        ):
            assert (told in drawn._suptitle.get_text().replace("\n", " ")) is slept


def test_every_boundary_of_a_matrix_has_its_own_place():
    result = arm(2)
    first, axes, *_ = matrices.of_arms(run_of()[:1], {"naive": arm(0), "asleep": result}).axes
    assert [label.get_text() for label in first.get_yticklabels()] == ["untrained", *STAGES]
    means, shown = np.array(result["R"]).mean(axis=0), {}
    for text in axes.texts:
        column, middle = text.get_position()
        shown[round(middle, 3), int(column)] = text.get_text()
    middles = [0.5, *(1 + stage + (part + 0.5) / 3 for stage in range(4) for part in range(3))]
    assert shown == {
        (round(middle, 3), column): f"{means[row, column]:.2f}".removeprefix("0")
        for row, middle in enumerate(middles)
        for column in range(4)
    }
    bars = [line.get_ydata().mean() for line in axes.lines]
    np.testing.assert_allclose(bars, [1 + k + p for k in range(4) for p in (1 / 2, 5 / 6)])


def test_the_interval_is_the_sd_of_few_seeds_and_else_the_bootstrap():
    mean, low, high = style.interval(np.array([[0.2, 0.4]]))
    np.testing.assert_allclose([mean[0], high[0] - mean[0]], [0.3, np.sqrt(0.02)])
    mean, low, high = style.interval(np.array([[0.1, 0.2, 0.3, 0.4, 0.9, 0.5]]))
    assert 0.1 < low[0] < mean[0] < high[0] < 0.9
    assert mean[0] - low[0] < np.std([0.1, 0.2, 0.3, 0.4, 0.9, 0.5], ddof=1)


def test_text_is_legible_on_every_shade():
    for chance in (0.5, 0.1):
        image = ScalarMappable(style.around_chance(chance), style.shades())
        assert style.ink_on(image, 1.0) == "white"
        assert style.ink_on(image, 0.45) == style.INK
