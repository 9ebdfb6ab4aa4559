"""What an agent lives through."""

from dataclasses import dataclass

from sleeprun.config.declared import DeclaredSection
from sleeprun.protocol.phases import Asleep, Change, Live


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
class Sleep(Asleep):
    """No world; a population driven by noise for some cycles."""

    drive: DeclaredSection
    reward: float


@dataclass(frozen=True)
class Freeze(Change):
    """Lock the strongest `percent` of a projection's synapses; 100 freezes the projection."""

    projection: str
    percent: float
    kind = "freeze"

    @property
    def title(self) -> str:
        return f"{self.projection}, strongest {self.percent:g} %"


@dataclass(frozen=True)
class Lesion(Change):
    """Cut all synapses of a random `percent` of a population, those cut before among them."""

    population: str
    percent: float
    kind = "lesion"

    @property
    def title(self) -> str:
        return f"{self.population}, random {self.percent:g} %"
