"""From stages of training and sleeps to a protocol: the order of all phases, whoever lives them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Generic, TypeVar

from sleeprun.config.sleep import SleepConfig
from sleeprun.protocol.phases import (
    Boundary,
    Kind,
    Live,
    Phase,
    Protocol,
    Rest,
    Score,
    Stage,
    joined,
)

Asleep = TypeVar("Asleep", bound=SleepConfig)
UNTRAINED = Stage("untrained", ())  # what comes before all stages


def numbered(stages: Sequence[Sequence[str]]) -> list[Stage]:
    """A name for each training stage: its tasks, numbered where they come again."""
    found: list[Stage] = []
    for tasks in stages:
        name = joined(tasks)
        again = sum(other.tasks == tuple(tasks) for other in found)
        found.append(Stage(f"{name}#{again + 1}" if again else name, tuple(tasks)))
    return found


class Plan(ABC, Generic[Asleep]):
    """Every stage, the sleeps that belong to it, and a test of all tasks after each of them."""

    def __init__(self, stages: Sequence[Stage], sleep: Asleep):
        self.stages = stages
        self.sleeps: Sequence[Asleep] = sleep.sleeps
        self.written: list[Phase] = []
        self.boundaries = count()
        self.slept = [0] * len(self.sleeps)  # how often each sleep came

    @abstractmethod
    def training(self, stage: Stage, sleeps: list[Live]) -> Live:
        """A stage, in turns with some sleeps."""

    @abstractmethod
    def sleeping(self, sleep: Asleep, length: int) -> Rest: ...

    @abstractmethod
    def tests(self, boundary: Boundary) -> Iterator[Score]: ...

    def opening(self) -> None:
        """Write what comes before the first stage."""

    def after_stage(self, stage: Stage) -> None:
        """Write what comes after a stage and its sleeps."""

    def phases(self) -> Protocol:
        self.score(UNTRAINED.name, Kind.START)
        self.opening()
        self._sleep(0, UNTRAINED)
        for number, stage in enumerate(self.stages, 1):
            training = self.training(stage, [*self._asleep("interleaved", number, stage)])
            self.written.append(training)
            self.score(stage.name, training.kind, stage)
            self._sleep(number, stage)
            self.after_stage(stage)
        return tuple(self.written)

    def _sleep(self, number: int, stage: Stage) -> None:
        """Write the sleeps behind a stage."""
        for place, asleep in enumerate(self._asleep("after", number, stage)):
            again = f" {place + 1}" if place else ""
            self.written.append(asleep)
            self.score(f"{stage.name}, {asleep.past}{again}", asleep.kind, stage)

    def score(self, name: str, phase: str, stage: Stage | None = None) -> None:
        """Write the tests of a boundary."""
        tasks = stage.tasks if stage else ()
        boundary = Boundary(next(self.boundaries), name, phase, tasks)
        self.written.extend(self.tests(boundary))

    def _asleep(self, schedule: str, number: int, stage: Stage) -> Iterator[Rest]:
        """A stage's sleeps of one schedule."""
        for place, sleep in enumerate(self.sleeps):
            if sleep.schedule == schedule and sleep.happens_in(number, stage.name):
                length = sleep.length + self.slept[place] * sleep.longer
                self.slept[place] += 1
                yield self.sleeping(sleep, length)
