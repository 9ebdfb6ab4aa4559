"""What a family of networks says within the events that all share, and what is said per seed.

A new family adds subclasses of `Facts`, `Told` and `Marks` in its own folder: frozen dataclasses,
whose fields are keys of the event's line in the record.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Scores = list[float | None]  # of every seed; None or NaN where there is none
Counts = list[int]  # of every seed


def per_seed() -> Any:
    """A field that is a list over seeds, or a dictionary of such."""
    return field(metadata={"per_seed": True})


def written_as(key: str) -> Any:
    """A field whose key in the record is no Python name."""
    return field(metadata={"key": key})


def if_any() -> Any:
    """A field that is left out of the record where there is nothing to say."""
    return field(default=(), metadata={"if_any": True})


@dataclass(frozen=True)
class Part:
    """What only one family says within an event. A subclass is a frozen dataclass."""


class Facts(Part):
    """What a run says of its network and its tasks as it starts."""

    tasks: list[str]
    chance: float  # what an untrained network scores on average
    scale: float
    shortened: bool
    refused: Sequence[str] = ()  # what the backend's kernel does not take

    @property
    def steps_a_cycle(self) -> int:
        return 1

    @property
    def contents(self) -> str | None:
        """What the data and their cutting into tasks are, in a line; none where tasks say it."""
        return None


class Told(Part):
    """What some cycles of a phase did."""

    spikes: dict[str, Counts]


class Marks(Part):
    """What went well and what did not in a test."""


@dataclass(frozen=True, kw_only=True)
class ForagingFacts(Facts):
    tasks: list[str]
    chance: float
    scale: float
    shortened: bool
    aeon: int = 100  # movement cycles
    step_ms: float = 0.5
    cycle_steps: int
    shape: dict[str, list[int]]  # of every population
    refused: Sequence[str] = if_any()

    @property
    def steps_a_cycle(self) -> int:
        return self.cycle_steps


@dataclass(frozen=True, kw_only=True)
class ImageFacts(Facts):
    data: str
    tasks: list[str]
    chance: float
    scale: float
    shortened: bool
    scenario: str
    classes: list[list[list[int]]]  # [sequence][task], of one sequence or of every seed's

    @property
    def contents(self) -> str | None:
        return self.data


@dataclass(frozen=True, kw_only=True)
class Foraged(Told):
    """Movement cycles awake and asleep, particles eaten, spikes of every population."""

    awake: int
    asleep: int
    rewarded: Counts = per_seed()
    punished: Counts = per_seed()
    neutral: Counts = per_seed()
    spikes: dict[str, Counts] = per_seed()


@dataclass(frozen=True, kw_only=True)
class Trained(Told):
    """The mean loss of some training steps; spikes of every layer asleep."""

    loss: Scores = per_seed()
    spikes: dict[str, Counts] = per_seed()


@dataclass(frozen=True, kw_only=True)
class Eaten(Marks):
    rewarded: Counts = per_seed()
    punished: Counts = per_seed()


@dataclass(frozen=True, kw_only=True)
class Answered(Marks):
    right: Counts = per_seed()
    wrong: Counts = per_seed()
