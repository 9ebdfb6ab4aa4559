"""What networks that learn sequences say within the events of a record that all share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sleeprun.protocol.family import (
    Clock,
    Counts,
    Cycle,
    Facts,
    Marks,
    Packed,
    Scores,
    Summary,
    added,
    if_any,
    packed_per_seed,
    per_seed,
)
from sleeprun.protocol.packed import joined
from sleeprun.protocol.phases import Vigilance
from sleeprun.protocol.seen import Found

SHOWN_MS = 1000.0  # of a raster


@dataclass(frozen=True, kw_only=True)
class Lived(Summary):
    """Spikes of every population, and in each cycle; what those do in it that are read."""

    spikes: dict[str, Counts] = per_seed()
    activity: Packed = packed_per_seed()
    groups: Packed = packed_per_seed()
    potential: Packed = packed_per_seed()

    def plus(self, later: "Lived") -> "Lived":
        return Lived(
            spikes=added(self.spikes, later.spikes),
            activity=_joined(self.activity, later.activity),
            groups=_joined(self.groups, later.groups),
            potential=_joined(self.potential, later.potential),
        )


def _joined(first: Packed, then: Packed) -> Packed:
    return {name: [*map(joined, of_all, then[name])] for name, of_all in first.items()}


@dataclass(frozen=True, kw_only=True)
class Recalled(Marks):
    """How often, by both readings of the kernel's width, of so many cues."""

    sd: Counts = per_seed()
    full_width: Counts = per_seed()
    cues: int

    @property
    def readings(self) -> dict[str, Scores]:
        told = {"kernel as SD": self.sd, "kernel as full width": self.full_width}
        return {name: [each / self.cues for each in of_all] for name, of_all in told.items()}


@dataclass(frozen=True, kw_only=True)
class Directions(Found, tag="directions"):
    """Mean weight, as a share of the starting weight, between groups that follow one another in a
    sequence, in its direction, and within its groups.
    """

    title: ClassVar[str] = "Weight along a sequence or within it, of that at birth"
    row: ClassVar[str] = "weights, {}"


@dataclass(frozen=True, kw_only=True)
class SequenceFacts(Facts):
    summary = Lived
    marks = Recalled

    tasks: list[str]
    chance: float
    scale: float
    shortened: bool
    step_ms: float
    cycle_steps: int
    sizes: dict[str, int]
    data: str
    width: str  # of the kernel: by what scores are
    population: str | None = if_any(None)  # that is stimulated and read; older records lack it
    refused: Sequence[str] = if_any()
    slower: int | None = if_any(None)
    untaught: ClassVar[tuple[str, ...]] = ("settle",)

    def fired_by(self, population: str, vigilance: Vigilance) -> str | None:
        """Others may be silent, as relay cells are awake; in a rival of sleep all are."""
        silent = vigilance in (Vigilance.RIVAL, Vigilance.QUIET)
        read = population == self.population and not silent
        return f"network.populations.{population}" if read else None

    @property
    def contents(self) -> str:
        return self.data

    @property
    def steps_a_cycle(self) -> int:
        return self.cycle_steps

    @property
    def clock(self) -> Clock:
        return Clock(max(1, round(1000 / (self.step_ms * self.cycle_steps))), "s")

    @property
    def cycle(self) -> Cycle:
        return Cycle(self.cycle_steps, self.step_ms, self.sizes, SHOWN_MS)
