"""What perceptrons on images say within the events of a record that all share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sleeprun.protocol.family import (
    Clock,
    Counts,
    Facts,
    Marks,
    Scores,
    Summary,
    if_any,
    mean_of,
    per_seed,
)
from sleeprun.protocol.phases import Vigilance
from sleeprun.protocol.seen import Found


@dataclass(frozen=True, kw_only=True)
class Trained(Summary):
    """The mean loss of some training steps; spikes of every layer asleep."""

    loss: Scores = per_seed()
    spikes: dict[str, Counts] = per_seed()

    def measures(self, before: Sequence["Trained"] = ()) -> dict[str, float]:
        mean = mean_of(self.loss)
        return {} if mean is None else {"loss": mean}


@dataclass(frozen=True, kw_only=True)
class Answered(Marks):
    right: Counts = per_seed()
    wrong: Counts = per_seed()


@dataclass(frozen=True, kw_only=True)
class ImageFacts(Facts):
    summary = Trained
    marks = Answered

    data: str
    tasks: list[str]
    chance: float
    scale: float
    shortened: bool
    scenario: str
    classes: list[list[list[int]]]  # [sequence][task], of one sequence or of every seed's
    units: dict[str, int] | None = if_any(None)  # of every layer; older records lack it
    trained_by: ClassVar[str] = "training.epochs"

    def fired_by(self, population: str, vigilance: Vigilance) -> str | None:
        """Awake, its units have no spikes."""
        return "sleep.threshold" if vigilance is Vigilance.ASLEEP else None

    @property
    def neurons(self) -> dict[str, int]:
        return self.units or {}

    @property
    def clock(self) -> Clock:
        return Clock(unit="steps")

    @property
    def contents(self) -> str | None:
        return self.data


@dataclass(frozen=True, kw_only=True)
class Robustness(Found, tag="robustness"):
    """The accuracy under every kind of noise."""

    title = "Accuracy under noise"
    row = "accuracy, {}"
    of_chance = True

    values: dict[str, Scores] = per_seed("accuracy")


@dataclass(frozen=True, kw_only=True)
class Overlap(Found, tag="overlap"):
    """How alike the tasks are in every hidden layer: a correlation."""

    title = "Overlap of the tasks (r)"
    row = "overlap of tasks, {}"
    missing = "silent units"

    values: dict[str, Scores] = per_seed("layers")


@dataclass(frozen=True, kw_only=True)
class Moved(Found, tag="moved"):
    """What the last sleep did to the weights of every layer, by measure."""

    title = "Share of weights moved"
    row = "weights moved, {}"
    of_sleep = True

    values: dict[str, dict[str, Scores]] = per_seed("layers")


@dataclass(frozen=True, kw_only=True)
class Measured(Found, tag="measured"):
    """What a user's own probes found."""

    title = "Own measures"
    row = "{}"
    wanted_by = "probes.own.{}"

    values: dict[str, Scores] = per_seed()
