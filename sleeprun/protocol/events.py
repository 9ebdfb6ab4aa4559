"""What happens in a run, a small type for each kind of event.

The record, the terminal, the tracker and the pictures read them; `lines.py` writes an event as a
line of JSON. What is seen of a network beside its scores is in `seen.py`. A family of networks adds
its own in its own folder: a frozen dataclass that names the tag of its line, `class
Replayed(Event, tag="replayed")`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, TypedDict

from sleeprun.protocol.family import (
    Counts,
    Facts,
    Marks,
    Scores,
    Summary,
    per_seed,
    spikes_per_seed,
    written_as,
)
from sleeprun.protocol.phases import Boundary, Vigilance

SHARED = ("sleeprun.protocol.events", "sleeprun.protocol.seen")  # whose kinds all families have


class Of(Enum):
    """Whose an event is, beside what its fields say of every seed."""

    RUN = "the run, whatever its seeds"
    ALL_SEEDS = "all seeds together"
    FIRST_SEED = "the first seed"


@dataclass(frozen=True)
class Event:
    """Something that happened. A subclass is a frozen dataclass, its `tag` the key of its line."""

    kinds: ClassVar[dict[tuple[str, str], type["Event"]]] = {}  # by module and tag
    tag: ClassVar[str]
    of: ClassVar[Of]
    recorded: ClassVar[bool]

    def __init_subclass__(cls, *, tag: str, of: Of = Of.RUN, recorded: bool = True) -> None:
        if there := Event.tagged(tag, [cls.__module__]):
            raise TypeError(f"the tag '{tag}' is that of {there.__name__}")
        cls.tag, cls.of, cls.recorded = tag, of, recorded
        if tag:
            Event.kinds[cls.__module__, tag] = cls

    @staticmethod
    def tagged(tag: str, modules: Sequence[str]) -> type["Event"] | None:
        """What a tag stands for in the records of a family, whose events are in some modules."""
        homes = (home for home in (*SHARED, *modules) if (home, tag) in Event.kinds)
        return next((Event.kinds[home, tag] for home in homes), None)


class InPhase:
    """Something that happened in a phase, of which it says the kind."""

    kind: str

    @property
    def vigilance(self) -> Vigilance:
        return Vigilance.of(self.kind)


class Origin(TypedDict):
    """The boundary of another run at which one begins."""

    path: str
    boundary: str
    phases: int
    wall_seconds: float


@dataclass(frozen=True, kw_only=True)
class Start(Event, tag="start"):
    """A process takes the run up, at its beginning or to go on with it."""

    resumed: bool
    branched_from: Origin | None = None
    time: str
    name: str
    variant: str | None
    seeds: list[int] = per_seed()
    facts: Facts
    engine: str | None = None
    device: str
    versions: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Begun(InPhase, Event, tag="phase"):
    """A phase begins, at `cycle` of the protocol's clock."""

    index: int
    kind: str
    name: str
    cycle: int


@dataclass(frozen=True, kw_only=True)
class Resumed(Begun, tag="resumed"):
    """A phase is gone on with after an interruption."""


@dataclass(frozen=True, kw_only=True)
class Progress(InPhase, Event, tag="progress"):
    """What happened in a phase between two cycles of the protocol's clock."""

    phase: int
    kind: str
    name: str
    begin: int = written_as("from")
    end: int = written_as("to")
    summary: Summary

    @property
    def cycles(self) -> int:
        return self.end - self.begin

    @property
    def slept(self) -> int:
        """How many of the cycles."""
        return self.summary.slept(self.cycles, self.vigilance)

    @property
    def trained(self) -> int:
        return self.summary.trained(self.cycles, self.vigilance)


@dataclass(frozen=True, kw_only=True)
class Tested(Event, tag="tested", recorded=False):
    """A test came so far: for the eyes only."""

    phase: int
    cycles: int


@dataclass(frozen=True, kw_only=True)
class Scored(Event, tag="score"):
    """A task was tested at a boundary."""

    boundary: Boundary
    task: str
    score: Scores = per_seed()
    marks: Marks
    spikes: dict[str, Counts] = spikes_per_seed()


@dataclass(frozen=True, kw_only=True)
class Curve(InPhase, Event, tag="curve"):
    """A task was tested within a phase, at `cycle` of the protocol's clock."""

    phase: int
    kind: str
    name: str
    cycle: int
    task: str
    score: Scores = per_seed()


@dataclass(frozen=True, kw_only=True)
class Warned(Event, tag="warning"):
    message: str


@dataclass(frozen=True, kw_only=True)
class End(Event, tag="end"):
    wall_seconds: float
    steps_per_second: float


@dataclass(frozen=True)
class Other(Event, tag=""):
    """An event of a kind that is not known here, as its line says it."""

    line: Mapping[str, object]
