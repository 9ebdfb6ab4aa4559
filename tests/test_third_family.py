"""A family of networks that no shared file has heard of: it is run and told of as all are."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from conftest import configured, of_kind
from rich.console import Console

from sleeprun.directory.results import results_of
from sleeprun.directory.thinning import thinned
from sleeprun.protocol.events import Begun, Curve, Event, Progress, Scored, Start
from sleeprun.protocol.family import Clock, Counts, Cycle, Facts, Marks, Summary, per_seed
from sleeprun.protocol.lines import as_line, events_of
from sleeprun.protocol.phases import Asleep, Boundary, Vigilance
from sleeprun.protocol.seen import Raster
from sleeprun.report import figures, style
from sleeprun.tracking.history import History
from sleeprun.tracking.sink import Ahead
from sleeprun.tracking.terminal import Terminal


@dataclass(frozen=True, kw_only=True)
class Recited(Summary):
    recited: Counts = per_seed()
    stuck: Counts = per_seed()

    @property
    def marks(self) -> tuple[Counts, Counts]:
        return self.recited, self.stuck

    def slept(self, cycles: int, vigilance: Vigilance) -> int:
        return cycles // 2

    def plus(self, later: "Recited") -> "Recited":
        return Recited(
            recited=np.add(self.recited, later.recited).tolist(),
            stuck=np.add(self.stuck, later.stuck).tolist(),
        )


@dataclass(frozen=True, kw_only=True)
class Letters(Marks):
    recalled: Counts = per_seed()


@dataclass(frozen=True, kw_only=True)
class Sequences(Facts):
    summary = Recited
    marks = Letters

    tasks: list[str]
    chance: float
    scale: float
    shortened: bool
    letters: int

    untaught = ("babble",)

    @property
    def clock(self) -> Clock:
        return Clock(10, "trials")

    @property
    def cycle(self) -> Cycle:
        return Cycle(steps=5, step_ms=1.0, sizes={"cells": 3})


@pytest.fixture
def events() -> list[Event]:
    """What a run said, as it is read back from its record."""
    facts = Sequences(tasks=["ABC"], chance=0.25, scale=1.0, shortened=False, letters=3)
    boundary = Boundary(0, "ABC", "wake", ("ABC",))
    told: list[Event] = [
        Start(
            resumed=False, time="", name="recall", variant=None, seeds=[0, 1], facts=facts,
            device="", versions={},
        ),
        *(
            Progress(
                phase=0, kind="wake", name="ABC", begin=begin, end=begin + 10,
                summary=Recited(recited=[3, 2], stuck=[1, right]),
            )
            for begin, right in ((0, 2), (10, 0))
        ),
        Scored(boundary=boundary, task="ABC", score=[1.0, 0.5], marks=Letters(recalled=[3, 1])),
    ]  # fmt: skip
    read = list(events_of(map(as_line, told)))
    assert read == told
    return read


def test_it_is_counted_thinned_and_tracked(events: list[Event]) -> None:
    results = results_of(events)
    assert (results["training_steps"], results["sleep_steps"]) == (10, 10)
    assert (results["R"], results["chance"]) == ([[[1.0]], [[0.5]]], 0.25)
    history = History()
    (_, first), _ = (row for event in events for row in history.write(event))
    assert first == {"cycle": 10, "awake/performance": 5 / 8}
    both, *_ = of_kind(thinned([*events, *events], most=1), Progress)
    assert (both.end, both.summary) == (20, Recited(recited=[6, 4], stuck=[2, 2]))


def test_it_is_shown(events: list[Event]) -> None:
    terminal = Terminal(Console(width=200), configured("seeds=2"), 20.0, shown=False)
    terminal.begin(Ahead("recall", [1.0], 0.0))
    for event in events:
        terminal.write(event)
    told = terminal.bar.tasks[0].fields["performance"]
    assert told.startswith("performance 0.714, ")  # 10 / 14


def test_it_is_drawn(events: list[Event], tmp_path: Path) -> None:
    drawn = figures.draw(events, results_of(events), tmp_path)
    assert {path.stem for path in drawn} == {"performance"}
    axes = figures.performance(events, results_of(events)).axes[0]
    assert axes.get_xlabel() == "Protocol time (trials)"
    assert axes.patches[0].get_width() == 2  # units of ten cycles


def test_phases_of_its_own_kinds_are_spent_awake(events: list[Event]) -> None:
    rasters: list[Event] = []
    phases = (("babble", "first"), ("recite", "ABC"), ("sleep", "rem"))
    for index, (kind, name) in enumerate(phases):
        rasters.append(Begun(index=index, kind=kind, name=name, cycle=index))
        rasters.append(Raster(kind=kind, name=name, spikes={"cells": [[2, 1]]}))
    shown = figures.raster([*events, *rasters], results_of(events))
    assert shown is not None
    assert [part._suptitle.get_text() for part in shown.subfigs if part.axes] == [
        "awake: first", "awake: ABC", "asleep (rem) after ABC"
    ]  # fmt: skip
    told = [
        Curve(phase=place, kind=kind, name=kind, cycle=10 + place, task="ABC", score=[0.5, 0.5])
        for place, kind in enumerate(("babble", "recite", "sleep", "interleave"))
    ]
    grounds = [style.ground_of(each.kind, style.start_of(events)) for each in told]
    spent = [Vigilance.AWAKE, Vigilance.ASLEEP, Vigilance.INTERLEAVED]
    assert grounds == [style.UNTAUGHT, *map(style.GROUNDS.__getitem__, spent)]
    drawn = figures.curves([*events, *told], results_of(events))
    assert drawn is not None
    assert drawn.axes[0].get_xlabel() == "Protocol time (trials)"
    assert drawn.axes[0].lines[0].get_xdata()[0] == 1  # units of ten cycles
    history = History()
    rows = [row for event in [*events[:1], *told] for _, row in history.write(event)]
    assert [next(key for key in row if "score" in key) for row in rows] == [
        "awake/score/ABC", "awake/score/ABC", "asleep/score/ABC"
    ]  # fmt: skip


def test_a_sleep_is_of_the_kind_that_all_sleeps_are() -> None:
    with pytest.raises(TypeError, match=r"Rem\.kind must be 'sleep'"):
        type("Rem", (Asleep,), {"kind": "rem"})


OUTSIDE = Path(__file__).parent / "outside"
R = [[0.0, 0.0], [0.8, 0.0], [1.0, 0.0], [0.2, 0.8], [0.5, 1.0]]  # [boundary][task]
READ = """
import sys
import sleeprun
run = sleeprun.load(sys.argv[1])
print(run.R.tolist())
print(run.weights("a")["known"].tolist(), run.config.what)
print([row["measured"]["b"]["per_seed"] for row in run.results["probes"]])
told = [getattr(event, "summary", getattr(event, "marks", None)) for event in run.record()]
print(*{f"{type(each).__module__}.{type(each).__name__}" for each in told if each})
"""


def called(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command leaves of an experiment whose family is a module beside it."""
    folder = tmp_path_factory.mktemp("own") / "outside"
    shutil.copytree(OUTSIDE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    call = called(folder, "-m", "sleeprun", "--config-dir", "conf", "+experiment=counting")
    assert call.returncode == 0, call.stderr
    (found,) = (folder / "runs" / "counting").iterdir()
    return found


def test_it_is_read_in_a_new_process(run: Path) -> None:
    (run / "DONE").unlink()  # so that its results come from its record
    home = run.parents[2]
    call = called(home, "-c", f"import sys; sys.path.insert(0, {str(home)!r}){READ}", str(run))
    (run / "DONE").touch()
    assert call.returncode == 0, call.stderr
    scores, weights, found, told = call.stdout.splitlines()
    assert scores == str([R, R])
    assert weights == "[[[8.0, 0.0]], [[8.0, 0.0]]] counters"
    assert found == str([[10 - 10 * b] * 2 for _, b in R])
    assert set(told.split()) == {"counting.Counted", "counting.Answered"}
    assert {path.stem for path in (run / "figures").iterdir()} == {"r_matrix", "probes"}


def test_it_is_gone_on_with_from_anywhere(run: Path, tmp_path: Path) -> None:
    for name in ("DONE", "results.json", "checkpoints/boundary-04.ckpt"):
        (run / name).unlink()
    call = called(tmp_path, "-m", "sleeprun", f"resume={run}")
    assert call.returncode == 0, call.stderr
    assert "b, slept" in call.stdout
    assert "room for b" in call.stdout
    assert (run / "DONE").exists()


def test_it_is_not_read_where_it_is_not_to_be_found(run: Path, tmp_path: Path) -> None:
    code = "import sys, sleeprun; sleeprun.load(sys.argv[1]).record()"
    call = called(tmp_path, "-c", code, str(run))
    assert "a run of the family counting.CounterFacts cannot be read: no module" in call.stderr
