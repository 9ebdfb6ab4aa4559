"""What a perceptron lives through."""

from dataclasses import dataclass

from sleeprun.config.declared import DeclaredSection
from sleeprun.protocol.phases import Asleep, Live, joined


@dataclass(frozen=True)
class Wake(Live):
    """Training on the tasks of a stage at once; a cycle is a step of it."""

    tasks: tuple[str, ...]
    kind = "wake"

    @property
    def title(self) -> str:
        return joined(self.tasks)

    def __repr__(self) -> str:  # the signature of a checkpoint has it in
        return f"Wake(cycles={self.cycles}, plastic={self.plastic}, task={self.title!r})"


@dataclass(frozen=True)
class Sleep(Asleep):
    """Replay, as a spiking network that is shown what `drive` draws."""

    replay: DeclaredSection
    drive: DeclaredSection
    scale: str
