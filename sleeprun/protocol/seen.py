"""What is seen of a network beside its scores, a small type for each kind of event."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypedDict

from sleeprun.protocol.events import Event, InPhase, Of
from sleeprun.protocol.family import Facts, Scores, per_seed
from sleeprun.protocol.phases import Boundary


class Histogram(TypedDict):
    edges: list[float]
    counts: list[int]


@dataclass(frozen=True, kw_only=True)
class Observed(InPhase, Event, tag="observed"):
    """What was seen of a whole phase, by the name of a measure."""

    phase: int
    kind: str
    name: str
    values: dict[str, Scores] = per_seed()


@dataclass(frozen=True, kw_only=True)
class Kept(InPhase, Event, tag="kept"):
    """The weights at `cycle` of the protocol's clock are in a file of the run's directory."""

    phase: int
    kind: str
    name: str
    cycle: int
    file: str


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
