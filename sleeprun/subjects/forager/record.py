"""What foraging agents say within the events of a record that all share."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sleeprun.protocol.family import (
    Clock,
    Counts,
    Cycle,
    Facts,
    Marks,
    Summary,
    added,
    if_any,
    per_seed,
)
from sleeprun.protocol.phases import Vigilance


@dataclass(frozen=True, kw_only=True)
class Foraged(Summary):
    """Movement cycles awake and asleep, particles eaten, spikes of every population."""

    awake: int
    asleep: int
    rewarded: Counts = per_seed()
    punished: Counts = per_seed()
    neutral: Counts = per_seed()
    spikes: dict[str, Counts] = per_seed()

    @property
    def marks(self) -> tuple[Counts, Counts]:
        return self.rewarded, self.punished

    def slept(self, cycles: int, vigilance: Vigilance) -> int:
        return self.asleep

    def trained(self, cycles: int, vigilance: Vigilance) -> int:
        return self.awake

    def plus(self, later: "Foraged") -> "Foraged":
        return Foraged(
            awake=self.awake + later.awake,
            asleep=self.asleep + later.asleep,
            rewarded=_added(self.rewarded, later.rewarded),
            punished=_added(self.punished, later.punished),
            neutral=_added(self.neutral, later.neutral),
            spikes=added(self.spikes, later.spikes),
        )


@dataclass(frozen=True, kw_only=True)
class Eaten(Marks):
    rewarded: Counts = per_seed()
    punished: Counts = per_seed()


@dataclass(frozen=True, kw_only=True)
class ForagingFacts(Facts):
    summary = Foraged
    marks = Eaten

    tasks: list[str]
    chance: float
    scale: float
    shortened: bool
    aeon: int = 100  # movement cycles
    step_ms: float = 0.5
    cycle_steps: int
    shape: dict[str, list[int]]  # of every population
    data: str | None = if_any(None)  # the world and the network
    refused: Sequence[str] = if_any()
    slower: int | None = if_any(None)
    trained_by: ClassVar[str] = "tasks.train"
    untaught: ClassVar[Sequence[str]] = ("unsupervised",)

    def fired_by(self, population: str, vigilance: Vigilance) -> str | None:
        """Asleep, what its drive does not reach is silent, and in a rival of sleep all is."""
        awake = vigilance in (Vigilance.AWAKE, Vigilance.INTERLEAVED)
        return f"network.populations.{population}" if awake else None

    @property
    def contents(self) -> str | None:
        return self.data

    @property
    def steps_a_cycle(self) -> int:
        return self.cycle_steps

    @property
    def clock(self) -> Clock:
        return Clock(self.aeon, f"aeons of {self.aeon} movement cycles")

    @property
    def cycle(self) -> Cycle:
        sizes = {name: math.prod(shape) for name, shape in self.shape.items()}
        return Cycle(self.cycle_steps, self.step_ms, sizes)

    @property
    def performance(self) -> str:
        return "rewarded / (rewarded + punished)"


def _added(a: Counts, b: Counts) -> Counts:
    return [x + y for x, y in zip(a, b, strict=True)]
