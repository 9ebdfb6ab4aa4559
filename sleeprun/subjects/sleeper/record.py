"""What networks that learn sequences say within the events of a record that all share."""

from dataclasses import dataclass
from typing import ClassVar

from sleeprun.protocol.events import Found
from sleeprun.protocol.family import Clock, Counts, Cycle, Facts, Marks, Summary, if_any, per_seed


@dataclass(frozen=True, kw_only=True)
class Lived(Summary):
    """Spikes of every population."""

    spikes: dict[str, Counts] = per_seed()

    def plus(self, later: "Lived") -> "Lived":
        both = {
            name: [x + y for x, y in zip(each, later.spikes[name], strict=True)]
            for name, each in self.spikes.items()
        }
        return Lived(spikes=both)


@dataclass(frozen=True, kw_only=True)
class Recalled(Marks):
    """How often, by both readings of the kernel's width, of so many cues."""

    sd: Counts = per_seed()
    full_width: Counts = per_seed()
    cues: int


@dataclass(frozen=True, kw_only=True)
class Directions(Found, tag="directions"):
    """Mean weight, as a share of the starting weight, between groups that follow one another in a
    sequence, in its direction.
    """

    title: ClassVar[str] = "Weight along a sequence, of that at birth"
    row: ClassVar[str] = "weights along {}"


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
    refused: list[str] = if_any()
    slower: int | None = if_any(None)
    untaught: ClassVar[tuple[str, ...]] = ("settle",)

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
        return Cycle(self.cycle_steps, self.step_ms, self.sizes)
