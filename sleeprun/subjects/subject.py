"""Who lives through a protocol: what a run's fold asks of an experiment's subjects.

Leaves of a state are [seed, ...], padded to a multiple of the devices; a report is what some
cycles of a phase did, of the true seeds alone.
"""

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from sleeprun.config.runtime import Engine
from sleeprun.protocol.events import Event, Scored
from sleeprun.protocol.family import Facts, Scores, Summary
from sleeprun.protocol.phases import Boundary, Phase, Score

State = TypeVar("State")  # a pytree
Report = TypeVar("Report")


@runtime_checkable
class Subject(Protocol[State, Report]):
    seeds: int
    engine: Engine

    def facts(self) -> Facts:
        """What a record says of it at its start."""
        ...

    def birth(self) -> State: ...

    def begin(self, phase: Any, state: State) -> State:
        """What comes before a phase's first cycle; for a test, of a copy.

        An intervention is nothing else.
        """
        ...

    def chunk(self, phase: Any) -> int:
        """How many of a phase's cycles lie between two lines of the record."""
        ...

    def advance(self, phase: Any, count: int, state: State) -> tuple[State, Report]:
        """`count` of a phase's cycles, or of its rounds: the state, and a report."""
        ...

    def heard(self, phase: Any) -> int:
        """How many of a phase's last cycles, or rounds, are to be listened to."""
        ...

    def listen(self, phase: Any, count: int, state: State) -> tuple[State, Report, Iterable[Event]]:
        """As `advance`; and the spikes of the last cycles of the phase, or of each in a round."""
        ...

    def end(self, phase: Any, state: State) -> State: ...

    def summary(self, report: Report) -> Summary:
        """A report for the record."""
        ...

    def marks(self, report: Report) -> Int[np.ndarray, "2 seed"]:
        """What went well and what did not, in the cycles of a test."""
        ...

    def score(self, phase: Score, marks: Int[np.ndarray, "2 seed"]) -> Scored: ...

    def seen_after(self, phase: Any, state: State) -> Iterable[Event]:
        """What the record tells of a phase that has ended, beside its progress."""
        ...

    def observed(self, phase: Any, told: Iterable[Event]) -> dict[str, Scores]:
        """What is found in what the record has told of a phase that has ended, by name, of every
        seed; nothing where it is not asked for. What is told is read when it is iterated over.
        """
        ...

    def seen_at(self, boundary: Boundary, state: State) -> Iterable[Event]:
        """What the record tells of a boundary, beside its scores."""
        ...

    def weights(self, state: State) -> dict[str, Float[np.ndarray, "seed pre post"]]:
        """By the name of a projection or layer."""
        ...

    def blamed(self, phase: Any, part: str) -> str:
        """The keys that a part of the state most depends on, by its dotted name."""
        ...

    def capacity(self, state: State) -> Any:
        """How much the lists of a state hold, ready for JSON."""
        ...

    def like(self, state: State, capacity: Any) -> State:
        """The shape of a saved state whose lists hold so much."""
        ...

    def padded(self, tree: Any) -> Any: ...

    def unpadded(self, tree: Any) -> Any: ...

    def steps(self, phase: Phase) -> int:
        """Simulated or trained steps of a seed in a whole phase."""
        ...
