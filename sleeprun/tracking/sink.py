"""What everyone does who listens to a run."""

from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

from sleeprun.protocol.events import Event


@runtime_checkable
class Sink(Protocol):
    """Told every event, in order."""

    def write(self, event: Event) -> None: ...


@runtime_checkable
class Shown(Sink, AbstractContextManager["Shown"], Protocol):
    """A sink with a beginning and an end."""
