"""What perceptrons on images say within the events of a record that all share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sleeprun.protocol.told import Counts, Facts, Marks, Scores, Told, mean_of, per_seed


@dataclass(frozen=True, kw_only=True)
class ImageFacts(Facts):
    data: str
    tasks: list[str]
    chance: float
    scale: float
    shortened: bool
    scenario: str
    classes: list[list[list[int]]]  # [sequence][task], of one sequence or of every seed's
    trained_by: ClassVar[str] = "training.epochs"

    def fired_by(self, population: str, kind: str) -> str | None:
        """Awake, its units have no spikes."""
        return "sleep.threshold" if kind == "sleep" else None

    @property
    def contents(self) -> str | None:
        return self.data


@dataclass(frozen=True, kw_only=True)
class Trained(Told):
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
