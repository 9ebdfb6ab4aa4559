"""What a perceptron lives through."""

from dataclasses import dataclass

from sleeprun.config.declared import Part
from sleeprun.protocol.phases import Live


@dataclass(frozen=True)
class Wake(Live):
    """Training on the tasks of a stage, joined by +; a cycle is a step of it."""

    task: str

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(self.task.split("+"))

    @property
    def kind(self) -> str:
        return "wake"

    @property
    def title(self) -> str:
        return self.task


@dataclass(frozen=True)
class Sleep(Live):
    """Replay, as a spiking network that is shown what `drive` draws."""

    replay: Part
    drive: Part
    scale: str

    @property
    def kind(self) -> str:
        return "sleep"

    @property
    def title(self) -> str:
        return "sleep" if self.plastic else "sleep without plasticity"
