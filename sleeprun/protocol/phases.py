"""The phases of a protocol: plain data, which `run.py` folds over the agents' state."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Wake:
    """Forage in a freshly laid world for some cycles; `task` None is the unsupervised world."""

    task: str | None
    cycles: int
    plastic: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sleep:
    """No world; the hidden neurons driven by noise for some cycles."""

    cycles: int
    plastic: tuple[str, ...] = ()
    drive: str = "rate_matched"
    kick: float = 0.025
    reward: float = 0.5


@dataclass(frozen=True)
class Interleave:
    """The given phases in turn, again and again."""

    phases: tuple[Wake | Sleep, ...]
    rounds: int

    @property
    def cycles_a_round(self) -> int:
        return sum(phase.cycles for phase in self.phases)


@dataclass(frozen=True)
class Freeze:
    """Lock the strongest `percent` of a projection's synapses; 100 freezes the projection."""

    projection: str
    percent: float


@dataclass(frozen=True)
class Lesion:
    """Cut all synapses of a random `percent` of a population."""

    population: str
    percent: float


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
    task: str | None


@dataclass(frozen=True)
class Score:
    """Test one task on a copy of the agent, plasticity and homeostasis off."""

    boundary: Boundary
    task: str
    cycles: int


Phase = Wake | Sleep | Interleave | Freeze | Lesion | Score
