"""What a family of networks says within the events that all share, and what is said per seed.

A new family has its own `Facts`, `Summary` and `Marks`: frozen dataclasses, whose fields are keys
of the event's line in the record. The start's line names the `Facts`, which say what the others
are, so that whoever reads the record finds them. Whoever counts, shows or draws them asks what is
declared here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, TypeVar

from sleeprun.protocol.phases import Vigilance

Scores = list[float | None]  # of every seed; None or NaN where there is none
Counts = list[int]  # of every seed
Packed = Mapping[str, Sequence[str]]  # by population, of every seed
T = TypeVar("T", bound="Summary")


def mean_of(per_seed: Scores) -> float | None:
    """Over the seeds that have a value."""
    known = [value for value in per_seed if value is not None and value == value]
    return sum(known) / len(known) if known else None


def added(first: Mapping[str, Counts], later: Mapping[str, Counts]) -> dict[str, Counts]:
    """The spikes of every population that either tells of."""
    told = {
        name: [each[name] for each in (first, later) if name in each] for name in {**first, **later}
    }
    return {name: [*map(sum, zip(*both, strict=True))] for name, both in told.items()}


def per_seed(key: str | None = None) -> Any:
    """A field that is a list over seeds, or a dictionary of such; its key where it is no name."""
    return field(metadata={"per_seed": True} | ({"key": key} if key else {}))


def packed_per_seed() -> Any:
    """A dictionary of lists over seeds of what `protocol/packed.py` packs, if there is any."""
    told = {"per_seed": True, "packed": True, "if_any": True}
    return field(default_factory=dict, metadata=told)


def spikes_per_seed() -> Any:
    """A dictionary of lists over seeds by population, of networks that spike."""
    return field(default_factory=dict, metadata={"per_seed": True, "if_any": True})


def written_as(key: str) -> Any:
    """A field whose key in the record is no Python name."""
    return field(metadata={"key": key})


def if_any(default: Any = ()) -> Any:
    """A field that is left out of the record where there is nothing to say."""
    return field(default=default, metadata={"if_any": True})


@dataclass(frozen=True)
class EventPart:
    """What only one family says within an event. A subclass is a frozen dataclass."""


class Clock(NamedTuple):
    """What the time of a protocol is shown in."""

    cycles: int = 1  # of a unit
    unit: str = "cycles"


class Cycle(NamedTuple):
    """A cycle of spiking, as a raster shows it."""

    steps: int
    step_ms: float
    sizes: dict[str, int]  # of every population
    shown_ms: float | None = None  # the busiest so long; None: all, cycle by cycle

    @property
    def ms(self) -> float:
        return self.steps * self.step_ms


class Facts(EventPart):
    """What a run says of its network and its tasks as it starts.

    The events of a family's own are in the module of its facts, and those of what they derive from.
    """

    summary: ClassVar[type["Summary"]]  # what its progress says
    marks: ClassVar[type["Marks"]]  # what its tests say

    tasks: list[str]
    chance: float  # what an untrained network scores on average
    scale: float
    shortened: bool
    refused: Sequence[str] = ()  # what the backend's kernel does not take
    slower: int | None = None  # times, than that kernel; None: not known

    trained_by: ClassVar[str] = "tasks"  # the key that says how long a task is trained
    untaught: ClassVar[Sequence[str]] = ()  # the kinds of phases awake that train no task

    def __init_subclass__(cls) -> None:
        for name, base in (("summary", Summary), ("marks", Marks)):
            if not issubclass(getattr(cls, name, object), base):
                raise TypeError(f"{cls.__name__}.{name} must be a class derived from {base}")

    @classmethod
    def path(cls) -> str:
        """Where a record's reader finds it."""
        return f"{cls.__module__}.{cls.__qualname__}"

    @classmethod
    def modules(cls) -> list[str]:
        """Where its events are, its own first."""
        return [kind.__module__ for kind in cls.__mro__]

    def fired_by(self, population: str, vigilance: Vigilance) -> str | None:
        """The key that makes it spike in a phase; none where it need not."""
        return None

    @property
    def steps_a_cycle(self) -> int:
        return 1

    @property
    def neurons(self) -> Mapping[str, int]:
        """How many each population has, where that is known."""
        return self.cycle.sizes if self.cycle else {}

    @property
    def contents(self) -> str | None:
        """What the data and their cutting into tasks are, in a line; none where tasks say it."""
        return None

    @property
    def clock(self) -> Clock:
        return Clock()

    @property
    def cycle(self) -> Cycle | None:
        """Where the spikes of one are recorded."""
        return None

    @property
    def performance(self) -> str:
        """What the share of `Summary.marks` is that went well, in words."""
        return "right / all"


class Summary(EventPart):
    """What some cycles of a phase did."""

    spikes: Mapping[str, Counts] = MappingProxyType({})
    activity: Packed = MappingProxyType({})  # spikes of a population in each cycle
    groups: Packed = MappingProxyType({})  # spikes of a group of cells in each of some bins a cycle
    potential: Packed = MappingProxyType({})  # of its cells at its end, their mean in 0.01 mV

    @property
    def marks(self) -> tuple[Counts, Counts] | None:
        """What went well and what did not, where that is counted within a phase."""
        return None

    def slept(self, cycles: int, vigilance: Vigilance) -> int:
        """How many of these cycles were asleep, in a phase that is spent so."""
        return cycles if vigilance is Vigilance.ASLEEP else 0

    def trained(self, cycles: int, vigilance: Vigilance) -> int:
        """How many were training."""
        untaught = vigilance in (Vigilance.RIVAL, Vigilance.QUIET)
        return 0 if untaught else cycles - self.slept(cycles, vigilance)

    def measures(self: T, before: Sequence[T] = ()) -> dict[str, float]:
        """How well it goes, over all seeds; marks together with those told `before`."""
        marks = [told.marks for told in (*before, self) if told.marks]
        good, bad = (sum(sum(each[place]) for each in marks) for place in (0, 1))
        return {"performance": good / (good + bad)} if good + bad else {}

    def plus(self: T, later: T) -> T | None:
        """Both as one; none where they cannot be added up."""
        return None


class Marks(EventPart):
    """What went well and what did not in a test."""

    @property
    def readings(self) -> dict[str, Scores]:
        """The score by each way in which these can be read, where there are several."""
        return {}
