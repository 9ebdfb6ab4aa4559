"""What is reported of a search's trial, and when it is stopped."""

from math import nan
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from sleeprun.directory.store import RunDirectory
from sleeprun.protocol.events import Event, Scored, Start
from sleeprun.protocol.phases import Boundary
from sleeprun.subjects.classifier.record import Answered, ImageFacts
from sleeprun.sweeps.pruning import PRUNED, Judge

FACTS = {"tasks": ["a", "b"], "chance": 0.5, "scale": 1.0, "shortened": False}
IMAGES = ImageFacts(**FACTS, data="digits", scenario="class", classes=[])
START = Start(
    resumed=False, time="", name="x", variant=None, seeds=[0], facts=IMAGES, device="", versions={}
)


class Trial(NamedTuple):
    """In place of Optuna's: one that is bad from a boundary on."""

    reported: list[tuple[float, int]]
    bad_from: int

    def report(self, value: float, step: int) -> None:
        self.reported.append((value, step))

    def should_prune(self) -> bool:
        return self.reported[-1][1] >= self.bad_from


def judge(bad_from: int = 99) -> Judge:
    return Judge(Trial([], bad_from))


def a_run() -> SimpleNamespace:
    return SimpleNamespace(stopped=False)


def scores(boundary: int, *of_tasks: list[float | None]) -> list[Event]:
    at = Boundary(boundary, "end", "wake", ("b",))
    marks = Answered(right=[], wrong=[])
    pairs = zip("ab", of_tasks, strict=True)
    return [Scored(boundary=at, task=task, score=score, marks=marks) for task, score in pairs]


def test_the_mean_over_tasks_and_seeds_is_reported_once_a_boundary() -> None:
    one = judge()
    for event in [START, *scores(0, [0.5, 0.7], [0.1, 0.3]), *scores(1, [1.0, nan], [None, 0.5])]:
        one.write(event)
    assert one.trial.reported == [(pytest.approx(0.4), 0), (pytest.approx(0.75), 1)]
    assert one.bad is None


def test_a_run_is_stopped_at_the_boundary_where_it_is_bad() -> None:
    one, run = judge(bad_from=1), a_run()
    with one.judging(run):
        for event in [START, *scores(0, [0.5], [0.5]), *scores(1, [0.25], [0.5])[:1]]:
            one.write(event)
        assert not run.stopped
        one.write(scores(1, [0.25], [0.5])[1])
        assert run.stopped
        for event in scores(2, [0.5], [0.5]):
            one.write(event)
    assert [step for _, step in one.trial.reported] == [0, 1]
    assert one.bad == "0.3750 at boundary 'end'"


def test_what_a_record_says_already_is_judged_before_the_run_goes_on(tmp_path: Path) -> None:
    """A boundary that was not saved yet comes once more."""
    record = RunDirectory(tmp_path)
    for event in [START, *scores(0, [0.5], [0.5]), *scores(1, [0.25], [0.5])]:
        record.write(event)
    bad, good = judge(bad_from=1), judge()
    bad.read(tmp_path)
    with pytest.raises(KeyboardInterrupt), bad.judging(a_run()):
        raise AssertionError("it goes on")
    good.read(tmp_path)
    with good.judging(a_run()):
        for event in [START, *scores(1, [0.25], [0.5]), *scores(2, [1.0], [1.0])]:
            good.write(event)
    assert [step for _, step in good.trial.reported] == [0, 1, 2]


def test_a_pruned_run_says_so_and_how_it_is_gone_on_with(tmp_path: Path) -> None:
    one = judge(bad_from=0)
    for event in [START, *scores(0, [0.25], [0.25])]:
        one.write(event)
    one.mark(tmp_path)
    told = "pruned, with a mean score of 0.2500 at boundary 'end'; go on with: sleeprun resume="
    assert (tmp_path / PRUNED).read_text() == f"{told}{tmp_path}\n"
