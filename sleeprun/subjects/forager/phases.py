"""What an agent lives through."""

from dataclasses import dataclass

from sleeprun.config.declared import Part
from sleeprun.protocol.phases import Change, Live


@dataclass(frozen=True)
class Wake(Live):
    """Forage in a freshly laid world for some cycles; `task` None is the unsupervised world."""

    task: str | None

    @property
    def kind(self) -> str:
        return "wake" if self.task else "unsupervised"

    @property
    def title(self) -> str:
        return self.task or "unsupervised"


@dataclass(frozen=True)
class Sleep(Live):
    """No world; a population driven by noise for some cycles."""

    drive: Part
    reward: float

    @property
    def kind(self) -> str:
        return "sleep"

    @property
    def title(self) -> str:
        return "sleep" if self.plastic else "sleep without plasticity"


@dataclass(frozen=True)
class Freeze(Change):
    """Lock the strongest `percent` of a projection's synapses; 100 freezes the projection."""

    projection: str
    percent: float

    @property
    def kind(self) -> str:
        return "freeze"

    @property
    def title(self) -> str:
        return f"{self.projection}, strongest {self.percent:g} %"


@dataclass(frozen=True)
class Lesion(Change):
    """Cut all synapses of a random `percent` of a population."""

    population: str
    percent: float

    @property
    def kind(self) -> str:
        return "lesion"

    @property
    def title(self) -> str:
        return f"{self.population}, random {self.percent:g} %"
