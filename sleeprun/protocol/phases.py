"""The phases of a protocol: plain data, which a run folds over a state.

A family of subjects derives phases of its own; whoever runs or tells of them knows these alone.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, NamedTuple

PLUS = "+"  # joins the tasks of a stage where they are shown or written as one text


def joined(tasks: Iterable[str]) -> str:
    return PLUS.join(tasks)


def parted(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(PLUS)) if text else ()


def misnamed(tasks: Iterable[str]) -> Iterator[str]:
    """A line for each name that would be read as several."""
    for name in tasks:
        if PLUS in name:
            yield f"tasks: the task '{name}': must have no {PLUS} in its name, which joins tasks"


class Kind(StrEnum):
    """The kinds of phases that all families have. Those of a family's own are spent awake."""

    START = "start"  # what a boundary follows where there is no phase before it
    INTERLEAVE = "interleave"
    SLEEP = "sleep"
    RIVAL = "rival"  # of sleep, in its place
    QUIET = "quiet wake"  # in its place, too
    SCORE = "score"


RESTS = (Kind.SLEEP, Kind.RIVAL, Kind.QUIET)  # what a stage has beside its training


class Vigilance(StrEnum):
    """How a phase is spent."""

    AWAKE = "awake"
    INTERLEAVED = "interleaved"
    ASLEEP = "asleep"
    RIVAL = "rival"  # neither: something else in the place of sleep
    QUIET = "quiet wake"  # awake, and nothing happens

    @staticmethod
    def of(kind: str) -> "Vigilance":
        match kind:
            case Kind.SLEEP:
                return Vigilance.ASLEEP
            case Kind.RIVAL:
                return Vigilance.RIVAL
            case Kind.QUIET:
                return Vigilance.QUIET
            case Kind.INTERLEAVE:
                return Vigilance.INTERLEAVED
        return Vigilance.AWAKE


class Stage(NamedTuple):
    """A stretch of training: one task, or several in turns or at once."""

    name: str
    tasks: tuple[str, ...]


@dataclass(frozen=True)
class Phase(ABC):
    cycles: int = field(default=0, kw_only=True)  # its length, in the unit of its family
    plastic: tuple[str, ...] = field(default=(), kw_only=True)  # what learns in it

    @property
    @abstractmethod
    def kind(self) -> str:
        """What sort of phase it is, in a word."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What people call it."""


@dataclass(frozen=True)
class Live(Phase):
    """A phase that takes time: training or sleep."""


@dataclass(frozen=True)
class Rest(Live):
    """What a stage has beside its training: sleep, or what is in its place."""

    past: ClassVar[str]  # what was done, in the name of the boundary behind it


@dataclass(frozen=True)
class Asleep(Rest):
    """Sleep, whatever it is made of; several are told apart by their titles."""

    kind = Kind.SLEEP
    past = "slept"

    def __init_subclass__(cls) -> None:
        if cls.kind != Kind.SLEEP:
            raise TypeError(f"{cls.__name__}.kind must be 'sleep', as of all; its title says more")

    @property
    def title(self) -> str:
        return "sleep" if self.plastic else "sleep without plasticity"


@dataclass(frozen=True)
class Decay(Rest):
    """Weights go a `share` of the way to where they started, each cycle; nothing else happens."""

    share: float
    kind = Kind.RIVAL
    past = "decayed"

    @property
    def title(self) -> str:
        return "decay" if self.plastic else "decay without plasticity"


@dataclass(frozen=True)
class Quiet(Rest):
    """Awake as long as others sleep, and nothing comes in."""

    kind = Kind.QUIET
    past = "awake"

    @property
    def title(self) -> str:
        return str(self.kind) if self.plastic else f"{self.kind} without plasticity"


@dataclass(frozen=True)
class Change(Phase):
    """An intervention, which takes none."""


@dataclass(frozen=True)
class Interleave(Live):
    """The given phases in turn, again and again."""

    phases: tuple[Live, ...]
    rounds: int
    kind = Kind.INTERLEAVE

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


def chunks(total: int, most: int) -> Iterator[int]:
    """Parts of at most so many, that add up to the total."""
    yield from (min(most, total - done) for done in range(0, total, most))


@dataclass(frozen=True)
class Boundary:
    """A place in the protocol where every task is scored: a row of R."""

    index: int
    name: str
    phase: str  # the kind of phase that it follows
    tasks: tuple[str, ...] = ()  # those of the stage that it closes

    @property
    def after_sleep(self) -> bool:
        return self.phase == Kind.SLEEP

    @property
    def after_rest(self) -> bool:
        """After the sleep of the stage before it, or what is in its place."""
        return self.phase in RESTS

    @property
    def task(self) -> str | None:
        """They as one text, which the record has; none where it closes no stage."""
        return joined(self.tasks) or None

    def __repr__(self) -> str:  # the signature of a checkpoint has it in
        place = f"index={self.index}, name={self.name!r}, phase={str(self.phase)!r}"
        return f"Boundary({place}, task={self.task!r})"


@dataclass(frozen=True)
class Score(Phase):
    """Test one task on a copy, which changes nothing."""

    boundary: Boundary
    task: str
    kind = Kind.SCORE

    @property
    def title(self) -> str:
        return f"{self.task} after {self.boundary.name}"


Protocol = tuple[Phase, ...]
