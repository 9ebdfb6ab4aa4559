"""The typed schema of everything under `conf/`; a key that is not here is refused."""

import os
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from sleeprun.config.kinds import (
    Count,
    Name,
    NonNegative,
    Percent,
    Positive,
    Section,
    Seeds,
    as_list,
)
from sleeprun.config.network import NetworkConfig


def _stages(value: object) -> object:
    return [as_list(entry) for entry in value] if isinstance(value, list) else value


class TaskConfig(Section):
    rewarded: str
    punished: str


class RewardConfig(Section):
    rewarded: float
    punished: float
    otherwise: float


class ParticlesConfig(Section):
    unsupervised: Count
    task: Count


class WorldConfig(Section):
    size: Annotated[int, Field(ge=4)]
    kinds: dict[str, Annotated[list[int], Field(min_length=2, max_length=2)]]
    particles: ParticlesConfig
    tasks: dict[str, TaskConfig]
    reward: RewardConfig
    food_kick: NonNegative
    hunger_per_percent: Positive


class SleepConfig(Section):
    schedule: Literal["never", "interleaved", "after"]
    first_stage: Count
    cycles: Count
    aeons: Positive
    drive: Literal["rate_matched", "uniform", "poisson", "none"]
    kick: NonNegative
    reward: float
    plasticity: bool


class InterventionConfig(Section):
    after: str
    freeze: str | None = None
    lesion: str | None = None
    percent: Percent = 100.0

    @model_validator(mode="after")
    def _one_of_two(self) -> "InterventionConfig":
        if (self.freeze is None) == (self.lesion is None):
            raise ValueError("give either 'freeze' (a projection) or 'lesion' (a population)")
        return self


class LengthsConfig(Section):
    unsupervised: NonNegative
    train: Positive
    test: Positive


class ProtocolConfig(Section):
    scale: Positive
    published: LengthsConfig
    aeon: Count
    unsupervised: NonNegative
    train: Positive
    test: Positive
    alternate: Count
    freeze: list[str]
    interventions: list[InterventionConfig]

    @property
    def shortened(self) -> bool:
        """Whether any phase is shorter than it was in the publication."""
        full = self.published.model_dump()
        return any(getattr(self, name) * self.scale < length for name, length in full.items())


class RuntimeConfig(Section):
    simulate: Literal["auto", "native", "fused", "by_layer", "by_step"]
    skip_quiet: bool
    chunk_cycles: Count
    chunk_batches: Count
    chunk_steps: Count
    checkpoint_minutes: Positive
    keep_boundaries: bool
    cores: Annotated[int, Field(ge=0)]
    expected_cycles_per_second: Positive
    progress: bool
    figures: bool
    require: dict[str, float]


class TrackingConfig(Section):
    mode: Literal["offline", "online", "disabled"]
    project: str
    entity: str | None
    group: str | None
    tags: list[str]


def available_cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


class Common(Section):
    """What every experiment has, whatever learns in it."""

    name: Name
    variant: str | None
    seeds: Seeds
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


class Config(Common):
    unit: ClassVar[str] = "cycles"  # of a phase's length

    network: NetworkConfig
    world: WorldConfig
    tasks: Annotated[
        list[Annotated[list[str], Field(min_length=1)]],
        BeforeValidator(_stages),
        Field(min_length=1),
    ]
    sleep: SleepConfig
    protocol: ProtocolConfig
    arms: dict[str, SleepConfig]

    @property
    def shortening(self) -> tuple[bool, float]:
        """Whether the protocol is shorter than the published one, and its scale."""
        return self.protocol.shortened, self.protocol.scale

    @property
    def bound(self) -> str | None:
        """Which of the bounds it is that others lie between."""
        return "naive" if self.sleep.schedule == "never" else None

    def arm(self, name: str) -> "Config":
        """The experiment as one of its arms has it."""
        if not self.arms:
            return self
        update = {"sleep": self.arms[name], "name": f"{self.name}:{name}", "arms": {}}
        return self.model_copy(update=update)


def stage_names(stages: list[list[str]]) -> list[str]:
    """A name for each training stage: its tasks, numbered where they come again."""
    names: list[str] = []
    for stage in stages:
        name = "+".join(stage)
        again = sum(other.split("#")[0] == name for other in names)
        names.append(f"{name}#{again + 1}" if again else name)
    return names
