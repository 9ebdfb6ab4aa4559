"""What a network that learns sequences lives through."""

from dataclasses import dataclass

from sleeprun.protocol.phases import Asleep, Live, Quiet
from sleeprun.subjects.sleeper.sleeps import ModulatedSleep


@dataclass(frozen=True)
class Settle(Live):
    """Nothing happens, and nothing is learned."""

    kind = "settle"
    title = "settle"


@dataclass(frozen=True)
class Train(Live):
    """A sequence is stimulated again and again."""

    task: str
    kind = "train"

    @property
    def title(self) -> str:
        return self.task


@dataclass(frozen=True)
class Sleep(Asleep):
    """Nothing comes in; neuromodulators go through the levels of a sleep."""

    sleep: ModulatedSleep

    @property
    def title(self) -> str:
        levels = " ".join(self.sleep.course)
        return levels if self.plastic else f"{levels} without plasticity"


@dataclass(frozen=True)
class QuietWake(Quiet):
    """A course of levels in which all is as it is awake."""

    sleep: ModulatedSleep
