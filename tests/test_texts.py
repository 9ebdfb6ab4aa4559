"""No text of a picture leaves the canvas or lies upon another, however awkward the run."""

from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from sweep_folders import job, listing
from texts import corners_of, drawn, overlap, troubles
from told_run import run_of

from sleeprun.measures.statistics import describe
from sleeprun.protocol.events import Begun, Curve, Event, Progress, Scored
from sleeprun.protocol.lines import row_of
from sleeprun.protocol.phases import Boundary
from sleeprun.protocol.seen import Fields, Histogram, Raster, Weights
from sleeprun.report import arms, figures, matrices, probes, style
from sleeprun.subjects.classifier.record import ImageFacts
from sleeprun.subjects.forager.record import Eaten, Foraged
from sleeprun.sweeps import outcomes, picture

LONG = "a_name_of_an_arm_or_task_which_does_not_end_where_one_would_wish_it_to_end_"


@pytest.fixture(autouse=True)
def styled():
    with matplotlib.rc_context(style.STYLE):
        yield


def start(name: str = "small", variant: str | None = None) -> list[Event]:
    return [replace(run_of()[0], name=name, variant=variant)]


def ran(tasks: list[str], sleeps: int = 1, seeds: int = 2, together: bool = False, **more) -> dict:
    """The results of an arm; the scores of its seeds are much alike."""
    told = [("untrained", "start", None)]
    for stage in ["+".join(tasks)] if together else tasks:
        told.append((stage, more.get("kind", "wake"), stage))
        for again in range(sleeps):
            told.append((f"{stage}, slept{again or ''}", "sleep", stage))
    rows = [
        {"index": index, "name": name, "phase": phase, "task": task}
        for index, (name, phase, task) in enumerate(told)
    ]
    R = np.random.default_rng(sleeps).uniform(0.45, 0.55, (seeds, len(rows), len(tasks)))
    known = {"tasks": tasks, "seeds": list(range(seeds)), "sleep_steps": 1}
    return known | {"boundaries": rows, "R": (R + more.get("above", 0)).tolist()}


def named(count: int, name: str = "task") -> list[str]:
    return [f"{name}{k}" for k in range(count)]


ARMS = {
    "two tasks": {"awake": ran(named(2), 0), "asleep": ran(named(2))},
    "one task": {"awake": ran(named(1), 0)},
    "one seed, at the top": {"asleep": ran(named(2), seeds=1, above=0.45)},
    "many seeds, interleaved": {"control": ran(named(3), 0, 8, kind="interleave")},
    "three tasks of long names": {
        LONG + str(k): ran(named(3, LONG), sleeps=k, seeds=6) for k in range(3)
    },
    "five tasks, two sleeps each": {
        "naive": ran(named(5), 0), "joint": ran(named(5), 0, together=True), "src": ran(named(5), 2)
    },
    "thirteen arms": {name: ran(named(5), k % 3) for k, name in enumerate(named(13, "rehearsal_"))},
    "twenty tasks": {"naive": ran(named(20), 0), "src": ran(named(20), 1)},
    "twenty tasks of long names": {LONG: ran(named(20, LONG), 1)},
}  # fmt: skip


@pytest.mark.parametrize("case", ARMS)
def test_arms(case: str) -> None:
    events, compared = start(*[LONG] * ("long" in case)), ARMS[case]
    assert troubles(arms.course(events, compared)) == []
    assert troubles(matrices.of_arms(events, compared)) == []
    assert troubles(matrices.r_matrix(events, list(compared.values())[-1])) == []


@pytest.mark.parametrize(
    ("values", "others"),
    [
        (["0.001", "0.003", "0.01", "0.03"], []),
        ([f"{k / 1000}" for k in range(1, 61)], []),
        ([LONG + str(k) for k in range(7)], []),
        (["1", "2"], ["a", "b", "c"]),
        ([f"0.{k:04d}" for k in range(1, 12)], [LONG + str(k) for k in range(9)]),
    ],
)
def test_sweeps(values: list[str], others: list[str], tmp_path: Path) -> None:
    jobs = []
    for value in values:
        for other in others or [""]:
            given = [f"sleep.reward={value}", *([f"learner={other}"] if other else [])]
            path = tmp_path / f"{len(jobs)}"
            jobs.append(job(path, given, [0, 1, 2], [0.5, 0.52, 0.6]))
    found = outcomes.read(listing(tmp_path / "sweep", jobs, list(range(len(jobs)))))
    keys = ["sleep.reward", "learner"][: 1 + bool(others)]
    assert troubles(picture.picture(found, keys)) == []


SPIKES = {"input": [], "hidden": [[3, 1]], "output": []}


def lived(stages: list[str], sleep: int = 500, train: int = 500) -> list[Event]:
    """The whole record of an agent that sleeps after each stage, with curves."""
    events, cycle, index = start(), 0, 0
    bins: Histogram = {"edges": [0.0, 0.1, 0.2], "counts": [5, 100]}
    wires = [f"{name}_{LONG if 'end' in stages[0] else 'output'}" for name in "abcde"]
    nothing = Eaten(rewarded=[0, 0], punished=[0, 0])
    for stage in stages:
        for kind, name, cycles in (("wake", stage, train), ("sleep", "sleep", sleep)):
            asleep = cycles if kind == "sleep" else 0
            eaten = Foraged(
                awake=cycles - asleep, asleep=asleep, rewarded=[300, 310], punished=[200, 220],
                neutral=[0, 0], spikes={},
            )  # fmt: skip
            phase = {"phase": index, "kind": kind, "name": name}
            events += [
                Begun(index=index, kind=kind, name=name, cycle=cycle),
                Raster(
                    kind=kind, name=name, spikes={"input": [], "hidden": [[3, 1]], "output": []}
                ),
                Progress(**phase, begin=cycle, end=cycle + cycles, summary=eaten),
            ]
            index, cycle = index + 1, cycle + cycles
            boundary = Boundary(index, f"{stage}{', slept' if asleep else ''}", kind, (stage,))
            for task in dict.fromkeys(stages):
                score = {"task": task, "score": [0.5, 0.6]}
                events.append(Curve(**phase, cycle=cycle, **score))
                events.append(Scored(boundary=boundary, marks=nothing, **score))
            seen = {"neurons": [*range(48)], "shape": [7, 7], "weights": [[0.1] * 49] * 48}
            events.append(Weights(boundary=boundary, histograms={wire: bins for wire in wires}))
            events.append(Fields(boundary=boundary, **seen))
    return events


@pytest.mark.parametrize(
    "events",
    [
        lived(["task1", "task2"]),
        lived(["task1"], sleep=2),
        lived(["task1", "task2"], sleep=2000, train=40),
        lived([LONG + "1", LONG + "2", LONG + "1"]),
        lived(named(20)),
        run_of(),
    ],
    ids=["two", "short sleep", "short training", "long names", "twenty", "small"],
)
def test_the_pictures_of_a_record(events: list[Event]) -> None:
    paints = [figures.performance, figures.curves, figures.weights]
    for paint in (*paints, figures.raster, figures.receptive_fields):
        if figure := paint(events, {}):
            assert troubles(figure) == []


def perceptrons() -> list[Event]:
    facts = ImageFacts(
        data="", tasks=[], chance=0.1, scale=1.0, shortened=False, scenario="class", classes=[]
    )
    return [replace(each, facts=facts) for each in start()]


@pytest.mark.parametrize(("boundaries", "names"), [(3, 2), (41, 20), (6, 6)])
def test_the_pictures_of_probes(boundaries: int, names: int) -> None:
    rows = [
        {"boundary": row_of(Boundary(k, f"{LONG}{k}", ("wake", "sleep")[k % 2]))}
        | {
            tag: {f"{LONG}{name}": describe([0.1, 0.2]) for name in range(names)}
            for tag in ("robustness", "overlap", "moved", "measured")
        }
        for k in range(boundaries)
    ]
    assert troubles(probes.probes(perceptrons(), {"probes": rows, "seeds": [0, 1]})) == []


def test_what_is_looked_for_is_found() -> None:
    """Texts upon one another, and outside; slanted ones by their own boxes."""
    figure = Figure((2, 2))
    figure.text(0.1, 0.5, "one")
    figure.text(0.15, 0.52, "two")
    figure.text(0.9, 0.9, "outside")
    assert troubles(figure) == ["'outside' leaves the canvas", "'one' lies upon 'two'"]
    slanted = Figure((2, 2))
    for x in (0.5, 0.65):
        slanted.text(x, 0.5, "slanted", rotation=45, rotation_mode="anchor", ha="right")
    assert troubles(slanted) == []
    (_, a), (_, b) = drawn(slanted)
    assert not overlap(a, b)
    boxes = [text.get_window_extent(slanted.canvas.get_renderer()) for text in slanted.texts]
    assert boxes[0].overlaps(boxes[1])
    np.testing.assert_allclose(corners_of(slanted.texts[0], slanted.canvas), a)


def test_silent_units_are_said() -> None:
    """Where a seed has no value, rather than a line that stops."""
    found = [[0.5, 0.6], [None, 0.4], [None, None]]
    rows = [
        {
            "boundary": row_of(Boundary(k, f"task{k}", "wake")),
            "overlap": {"hidden 1": describe(scores), "hidden 2": describe([0.1, 0.2])},
        }
        for k, scores in enumerate(found)
    ]
    (axes,) = probes.probes(perceptrons(), {"probes": rows, "seeds": [0, 1]}).axes
    (cross,) = [line for line in axes.lines if line.get_marker() == "x"]
    assert np.round(cross.get_xdata()).tolist() == [1, 2]
    assert cross.get_color() == style.look_of(0)["color"]
    assert "silent units" in [text.get_text() for text in axes.get_legend().get_texts()]
