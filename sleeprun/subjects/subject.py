"""Who lives through a protocol: what a run's fold asks of an experiment's subjects.

Leaves of a state are [seed, ...], padded to a multiple of the devices; a report is what some
cycles of a phase did, of the true seeds alone.
"""

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from sleeprun.protocol.events import Event, Scored
from sleeprun.protocol.phases import Boundary, Phase, Score
from sleeprun.protocol.told import Facts, Told


@runtime_checkable
class Subject(Protocol):
    seeds: int
    engine: Any

    def facts(self) -> Facts:
        """What a record says of it at its start."""
        ...

    def birth(self) -> Any: ...

    def begin(self, phase: Any, state: Any) -> Any:
        """What comes before a phase's first cycle; for a test, of a copy.

        An intervention is nothing else.
        """
        ...

    def chunk(self, phase: Any) -> int:
        """How many of a phase's cycles lie between two lines of the record."""
        ...

    def advance(self, phase: Any, count: int, state: Any) -> tuple[Any, Any]:
        """`count` of a phase's cycles, or of its rounds: the state, and a report."""
        ...

    def end(self, phase: Any, state: Any) -> Any: ...

    def told(self, report: Any) -> Told:
        """A report for the record."""
        ...

    def marks(self, report: Any) -> Int[np.ndarray, "2 seed"]:
        """What went well and what did not, in the cycles of a test."""
        ...

    def score(self, phase: Score, marks: Int[np.ndarray, "2 seed"]) -> Scored: ...

    def seen_after(self, phase: Any, state: Any) -> Iterable[Event]:
        """What the record tells of a phase that has ended, beside its progress."""
        ...

    def seen_at(self, boundary: Boundary, state: Any) -> Iterable[Event]:
        """What the record tells of a boundary, beside its scores."""
        ...

    def weights(self, state: Any) -> dict[str, Float[np.ndarray, "seed pre post"]]:
        """By the name of a projection or layer."""
        ...

    def capacity(self, state: Any) -> Any:
        """How much the lists of a state hold, ready for JSON."""
        ...

    def like(self, state: Any, capacity: Any) -> Any:
        """The shape of a saved state whose lists hold so much."""
        ...

    def padded(self, tree: Any) -> Any: ...

    def unpadded(self, tree: Any) -> Any: ...

    def steps(self, phase: Phase) -> int:
        """Simulated or trained steps of a seed in a whole phase."""
        ...
