"""What happens in a run, a small type for each kind of event.

The record, the terminal, the tracker and the pictures read them; `lines.py` writes an event as a
line of JSON. A family of networks adds its own in its own folder: a frozen dataclass that names
the tag of its line, `class Replayed(Event, tag="replayed")`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, TypedDict

from sleeprun.protocol.family import Facts, Marks, Scores, Summary, per_seed, written_as
from sleeprun.protocol.phases import Boundary, Vigilance


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
        homes = (home for home in (__name__, *modules) if (home, tag) in Event.kinds)
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


class Histogram(TypedDict):
    edges: list[float]
    counts: list[int]


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
class Observed(InPhase, Event, tag="observed"):
    """What was seen of a whole phase, by the name of a measure."""

    phase: int
    kind: str
    name: str
    values: dict[str, Scores] = per_seed()


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
class Weights(Event, tag="weights", of=Of.ALL_SEEDS):
    """How the weights of every plastic projection are spread."""

    boundary: Boundary
    histograms: dict[str, Histogram]


@dataclass(frozen=True, kw_only=True)
class Between(Event, tag="between"):
    """The mean weight of the synapses from one group of neurons to another, as a share of what it
    was at birth; none where there are no synapses.
    """

    boundary: Boundary
    groups: list[str]
    shares: list[list[Scores]] = per_seed()  # [from][to]


@dataclass(frozen=True, kw_only=True)
class Fields(Event, tag="fields", of=Of.FIRST_SEED):
    """The receptive fields of some neurons."""

    boundary: Boundary
    shape: list[int]
    neurons: list[int]
    weights: list[Scores]  # [neuron][square seen]


@dataclass(frozen=True, kw_only=True)
class Raster(InPhase, Event, tag="raster", of=Of.FIRST_SEED):
    """The spikes of one of a phase's last cycles, as [step, neuron] pairs of every population."""

    kind: str
    name: str
    spikes: dict[str, list[list[int]]]


@dataclass(frozen=True, kw_only=True)
class Spiked(InPhase, Event, tag="spikes"):
    """The same, of every seed."""

    kind: str
    name: str
    spikes: dict[str, list[list[list[int]]]] = per_seed()


@dataclass(frozen=True, kw_only=True)
class Carried(Event, tag="carried"):
    """What a network keeps beside its weights, in bytes."""

    boundary: Boundary
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Found(Event, tag=""):
    """What was found at a boundary beside the scores, by name. A family derives its own kinds.

    Several measures of one name are a dictionary, of which tables and pictures show the first.
    """

    title: ClassVar[str]  # of its panel in a picture
    row: ClassVar[str]  # of a table, for a name
    of_sleep: ClassVar[bool] = False  # what a sleep did, rather than what is there before and after
    of_chance: ClassVar[bool] = False  # a score, which there is by chance alone
    missing: ClassVar[str] = "no value"  # why a seed has none
    wanted_by: ClassVar[str | None] = None  # the key of a config that asks for a name, if it does

    boundary: Boundary
    values: Mapping[str, Any] = per_seed()

    def shown(self) -> dict[str, Scores]:
        return {name: first_of(one) for name, one in self.values.items()}

    @staticmethod
    def of_family(facts: type[Facts]) -> list[type["Found"]]:
        tags = dict.fromkeys(tag for home, tag in Event.kinds if home in facts.modules())
        kinds = [Event.tagged(tag, facts.modules()) for tag in tags]
        return [kind for kind in kinds if kind and issubclass(kind, Found)]


def first_of(measured: Any) -> Any:
    """The first of several measures; what is only one itself."""
    return next(iter(measured.values())) if isinstance(measured, Mapping) else measured


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
