"""What everyone does who listens to a run."""

from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

from sleeprun.protocol.events import Event
from sleeprun.protocol.told import Scores


@runtime_checkable
class Sink(Protocol):
    """Told every event, in order."""

    def write(self, event: Event) -> None: ...


@runtime_checkable
class Shown(Sink, AbstractContextManager["Shown"], Protocol):
    """A sink with a beginning and an end."""


def mean_of(per_seed: Scores) -> float | None:
    """Over the seeds that have a value."""
    known = [value for value in per_seed if value is not None and value == value]
    return sum(known) / len(known) if known else None
