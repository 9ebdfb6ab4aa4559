"""What every experiment has, whatever learns in it."""

import os
from abc import abstractmethod
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator

from sleeprun.config.values import Count, FolderName, Name, Percent, Positive, Section, Seeds

if TYPE_CHECKING:
    from sleeprun.protocol.phases import Protocol
    from sleeprun.subjects.seeds import Over
    from sleeprun.subjects.subject import Subject


class Role(StrEnum):
    """What a run is beside others."""

    NAIVE = "naive"  # the lower bound: one stage after another, and nothing else
    JOINT = "joint"  # the upper bound: all tasks at once
    AWAKE = "awake"  # in another way
    SLEEP = "sleep"
    CONTROL = "control"  # a sleep that changes nothing


Engine = Literal["native", "fused", "by_layer", "by_step"]


class Footprint(NamedTuple):
    """Bytes, of all seeds together, by the keys that they depend on; of what is known."""

    states: dict[str, int]  # of one state, of which a run holds several
    data: dict[str, int]  # that lie there once

    @property
    def least(self) -> int:
        """A state before and after a step, and the data."""
        return 2 * sum(self.states.values()) + sum(self.data.values())


class InterventionConfig(Section):
    """What is done to a network after one of the stages."""

    after: str
    freeze: str | None = None  # a projection
    lesion: str | None = None  # a population
    percent: Percent = 100.0

    @model_validator(mode="after")
    def _one_of_two(self) -> "InterventionConfig":
        if (self.freeze is None) == (self.lesion is None):
            raise ValueError("give either 'freeze' (a projection) or 'lesion' (a population)")
        return self


class ProtocolConfig(Section):
    scale: Positive  # of all lengths alike


class RuntimeConfig(Section):
    simulate: Literal["auto", "native", "fused", "by_layer", "by_step"]
    skip_quiet: bool
    chunk_cycles: Count
    chunk_batches: Count
    chunk_steps: Count
    curve_every: Annotated[int, Field(ge=0)] = 0  # which records of older versions lack,
    spikes: Annotated[int, Field(ge=0)] = 0  # as this
    checkpoint_minutes: Positive
    keep_boundaries: bool
    cores: Annotated[int, Field(ge=0)]
    expected_cycles_per_second: Positive
    expected_gflops: Positive = 80.0  # which older records lack, too
    progress: bool
    figures: bool
    require: dict[str, float]


class TrackingConfig(Section):
    mode: Literal["offline", "online", "disabled"] | None
    project: str | None
    entity: str | None
    group: str | None
    name: str | None = None  # which records of older versions lack,
    job_type: str | None = None  # as this
    tags: list[str]


class Common(Section):
    """An experiment. A family of subjects derives its own, which says what differs."""

    unit: ClassVar[str]  # of a phase's length
    what: ClassVar[str]  # in words, who learns

    name: Name
    variant: str | None
    seeds: Seeds
    network: Any
    tasks: Any
    sleep: Any
    arms: dict[FolderName, Any]
    interventions: list[InterventionConfig]
    protocol: ProtocolConfig
    runtime: RuntimeConfig
    tracking: TrackingConfig
    joint: str | None
    naive: str | None
    origin: Annotated[str, Field(min_length=1)] | None = Field(None, alias="from")
    dry_run: bool
    resume: Annotated[str, Field(min_length=1)] | None

    @property
    def cores(self) -> int:
        return self.runtime.cores or available_cores()

    @property
    def devices(self) -> int:
        """Over how many devices the seeds are spread."""
        return min(self.cores, len(self.seeds))

    def arm(self, name: str) -> "Common":
        """The experiment as one of its arms has it; as a whole without a name."""
        if not name:
            return self
        changed = {part: getattr(self.arms[name], part) for part in self.arm_sections()}
        return self.model_copy(update={**changed, "name": f"{self.name}:{name}", "arms": {}})

    @classmethod
    def arm_sections(cls) -> tuple[str, ...]:
        """The sections in which an arm may differ."""
        return ("sleep",)

    @property
    def shortened(self) -> bool:
        """Whether any phase is shorter than it was in the publication."""
        return False

    @property
    def notes(self) -> str | None:
        """What a record must say beside the name."""
        return self.variant

    @property
    @abstractmethod
    def bound(self) -> Role | None:
        """Which of the bounds it is that others lie between: naive, joint, or none."""

    @property
    def role(self) -> Role:
        if self.bound or not (sleeps := self.sleep.scheduled):
            return self.bound or Role.AWAKE
        return Role.SLEEP if any(sleep.plasticity for sleep in sleeps) else Role.CONTROL

    @property
    @abstractmethod
    def contents(self) -> str | None:
        """Who learns what, so that runs are compared only where it is the same."""

    def learns(self, contents: str | None) -> bool:
        """Whether it is what a run recorded as its contents."""
        return contents == self.contents

    @property
    @abstractmethod
    def task_names(self) -> list[str]:
        """All tasks that are scored."""

    @property
    @abstractmethod
    def trained_tasks(self) -> list[str]:
        """Those that are trained, in order."""

    @abstractmethod
    def lived(self) -> dict[str, Any]:
        """What a state depends on beside its phases and seeds: sections, by their keys."""

    @property
    @abstractmethod
    def arms_share_training(self) -> bool:
        """Whether what arms have in common is run once, up to where they part."""

    @abstractmethod
    def contradictions(self) -> Iterator[str]:
        """Values that are fine alone and impossible together, a line each."""

    def cautions(self) -> Iterator[tuple[str, str]]:
        """What can be run and yet may mislead: a key, and why."""
        lives = [self.arm(name).sleep for name in self.arms] or [self.sleep]
        if self.sleep.also and not any(life.scheduled for life in lives):
            told = "lists sleeps that never come: sleep.schedule=never is theirs as well, unless"
            yield "sleep.also", f"{told} they say schedule: after, or interleaved"

    @abstractmethod
    def phases(self) -> "Protocol":
        """The protocol. Raises ConfigError where the data don't fit it."""

    def expected_seconds(self, protocol: "Protocol") -> list[float]:
        """About how long each phase takes, of one network on a core, where nobody knows better."""
        return [phase.cycles / self.runtime.expected_cycles_per_second for phase in protocol]

    @property
    def timed(self) -> bool:
        """Whether that was measured; else it may well take longer."""
        return True

    def footprint(self) -> Footprint:
        """How much memory it takes. Raises ConfigError where the data don't fit."""
        return Footprint({}, {})

    @abstractmethod
    def engine(self) -> Engine:
        """By what means it is simulated here. Raises ConfigError where that is impossible."""

    @abstractmethod
    def subject(self, devices: int, over: "Over") -> "Subject[Any, Any]":
        """Who lives through the protocol."""


def available_cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
