"""What everyone does who listens to a run."""

from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol, runtime_checkable

from sleeprun.protocol.events import Event


@runtime_checkable
class Sink(Protocol):
    """Told every event, in order."""

    def write(self, event: Event) -> None: ...


class Ahead(NamedTuple):
    """A protocol that is about to be carried out, or gone on with."""

    name: str  # of the experiment or the arm
    a_cycle: list[float]  # about how many seconds one takes of each phase, all seeds together
    behind: float  # seconds' worth of it that is done already


@runtime_checkable
class Shown(Sink, AbstractContextManager["Shown"], Protocol):
    """A sink with a beginning and an end, for all protocols of a run, one after another."""

    def begin(self, ahead: Ahead) -> None: ...
