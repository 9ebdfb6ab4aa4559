"""The phases of a protocol: plain data, which a run folds over a state.

A family of subjects derives phases of its own; whoever runs or tells of them knows these alone.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Stage(NamedTuple):
    """A stretch of training: one task, or several in turns or at once."""

    name: str
    tasks: tuple[str, ...]


@dataclass(frozen=True)
class Phase:
    cycles: int = field(default=0, kw_only=True)  # its length, in the unit of its family
    plastic: tuple[str, ...] = field(default=(), kw_only=True)  # what learns in it

    @property
    def kind(self) -> str:
        """What sort of phase it is, in a word."""
        raise NotImplementedError

    @property
    def title(self) -> str:
        """What people call it."""
        raise NotImplementedError


@dataclass(frozen=True)
class Live(Phase):
    """A phase that takes time: training or sleep."""


@dataclass(frozen=True)
class Change(Phase):
    """An intervention, which takes none."""


@dataclass(frozen=True)
class Interleave(Live):
    """The given phases in turn, again and again."""

    phases: tuple[Live, ...]
    rounds: int

    @property
    def kind(self) -> str:
        return "interleave"

    @property
    def title(self) -> str:
        return " / ".join(phase.title for phase in self.phases)

    @property
    def cycles_a_round(self) -> int:
        return sum(phase.cycles for phase in self.phases)


def interleaved(phases: tuple[Live, ...], rounds: int) -> Interleave:
    cycles = rounds * sum(phase.cycles for phase in phases)
    plastic = tuple(dict.fromkeys(name for phase in phases for name in phase.plastic))
    return Interleave(phases, rounds, cycles=cycles, plastic=plastic)


class BoundaryKind(StrEnum):
    """What a boundary follows."""

    START = "start"
    UNSUPERVISED = "unsupervised"
    WAKE = "wake"
    INTERLEAVE = "interleave"
    SLEEP = "sleep"
    LESION = "lesion"

    __repr__ = str.__repr__  # as a plain string has: the signature of a checkpoint has it in


@dataclass(frozen=True)
class Boundary:
    """A place in the protocol where every task is scored: a row of R."""

    index: int
    name: str
    phase: BoundaryKind
    task: str | None  # those of the stage that it closes, joined by +

    @property
    def tasks(self) -> tuple[str, ...]:
        """Those of the stage that it closes; none where it closes none."""
        return tuple(self.task.split("+")) if self.task else ()


@dataclass(frozen=True)
class Score(Phase):
    """Test one task on a copy, which changes nothing."""

    boundary: Boundary
    task: str

    @property
    def kind(self) -> str:
        return "score"

    @property
    def title(self) -> str:
        return f"{self.task} after {self.boundary.name}"


Protocol = tuple[Phase, ...]
