"""The typed schema of everything under `conf/`; a key that is not here is refused."""

import os
import re
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(gt=0, le=100)]
Decay = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
MOST_ROOM = 2**24
Room = Annotated[int, Field(ge=1, le=MOST_ROOM)]


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _seeds(value: object) -> object:
    """`seeds: 4` means the seeds 0, 1, 2, 3."""
    if type(value) is not int:
        return _as_list(value)
    if value < 1:
        raise ValueError("must be at least 1, or a list of seeds")
    return list(range(value))


def _distinct(values: list[int]) -> list[int]:
    if len(set(values)) < len(values):
        raise ValueError("the same seed twice")
    return values


def _path(name: str) -> str:
    """The name becomes a folder under `runs/`."""
    if not re.fullmatch(r"[\w+-][\w.+ -]*(/[\w+-][\w.+ -]*)*", name):
        raise ValueError("must be letters, digits, - and _, with / between folders")
    return name


def _stages(value: object) -> object:
    return [_as_list(entry) for entry in value] if isinstance(value, list) else value


class RulkovConfig(_Section):
    model: Literal["rulkov"]
    alpha: Positive
    beta_e: Positive
    mu: Positive
    sigma: Annotated[float, Field(lt=1)]
    current_decay: Decay
    v_start: float
    u_start: float


class LIFConfig(_Section):
    model: Literal["lif"]
    tau: Annotated[float, Field(ge=1)]
    gain: Positive
    current_decay: Decay
    refractory: NonNegative


class HomeostasisConfig(_Section):
    regulates: Literal["resistance", "in_weights"]
    target: NonNegative
    step: Annotated[float, Field(ge=0, lt=1)]
    smoothing: Fraction


class PopulationConfig(_Section):
    size: Annotated[list[Count], BeforeValidator(_as_list), Field(min_length=1, max_length=2)]
    neuron: str
    homeostasis: HomeostasisConfig | None
    spike_room: Room

    @property
    def count(self) -> int:
        return self.size[0] * self.size[-1] if len(self.size) > 1 else self.size[0]


class AllToAll(_Section):
    kind: Literal["all_to_all"]


class FixedFanIn(_Section):
    kind: Literal["fixed_fan_in"]
    fan_in: Count


class RandomPairs(_Section):
    kind: Literal["random"]
    probability: Fraction


class ConstantWeights(_Section):
    kind: Literal["constant"]
    value: Positive


class NormalWeights(_Section):
    kind: Literal["normal"]
    mean: Positive
    sd: NonNegative


class CoinWeights(_Section):
    kind: Literal["coins"]
    floor: Positive
    coin: NonNegative
    coins_per_synapse: Annotated[int, Field(ge=0)]


class MirrorWeights(_Section):
    kind: Literal["mirror"]
    of: str


class PlasticityConfig(_Section):
    rewarded: bool
    amplitude: NonNegative
    tau: Positive
    reach: Count
    lifetime: Count
    age_offset: Positive
    gain: NonNegative
    clip: NonNegative
    weight_min: Positive
    weight_max: Positive
    mean_smoothing: Fraction
    mean_floor: Positive
    trace_room: Room

    @model_validator(mode="after")
    def _bounds_in_order(self) -> "PlasticityConfig":
        if self.weight_min > self.weight_max:
            raise ValueError(f"weight_min={self.weight_min} is above weight_max={self.weight_max}")
        return self


class ProjectionConfig(_Section):
    pre: Literal["input", "hidden", "output"]
    post: Literal["input", "hidden", "output"]
    wiring: Annotated[AllToAll | FixedFanIn | RandomPairs, Field(discriminator="kind")] | None
    weights: Annotated[
        ConstantWeights | NormalWeights | CoinWeights | MirrorWeights,
        Field(discriminator="kind"),
    ]
    jitter: Fraction
    plasticity: PlasticityConfig | None


class NetworkConfig(_Section):
    cycle_steps: Annotated[int, Field(ge=2)]
    step_ms: Positive
    neurons: dict[str, Annotated[RulkovConfig | LIFConfig, Field(discriminator="model")]]
    input: PopulationConfig
    hidden: PopulationConfig
    output: PopulationConfig
    projections: dict[str, ProjectionConfig]


class TaskConfig(_Section):
    rewarded: str
    punished: str


class RewardConfig(_Section):
    rewarded: float
    punished: float
    otherwise: float


class ParticlesConfig(_Section):
    unsupervised: Count
    task: Count


class WorldConfig(_Section):
    size: Annotated[int, Field(ge=4)]
    kinds: dict[str, Annotated[list[int], Field(min_length=2, max_length=2)]]
    particles: ParticlesConfig
    tasks: dict[str, TaskConfig]
    reward: RewardConfig
    food_kick: NonNegative
    hunger_per_percent: Positive


class SleepConfig(_Section):
    schedule: Literal["never", "interleaved", "after"]
    first_stage: Count
    cycles: Count
    aeons: Positive
    drive: Literal["rate_matched", "uniform", "poisson", "none"]
    kick: NonNegative
    reward: float
    plasticity: bool


class InterventionConfig(_Section):
    after: str
    freeze: str | None = None
    lesion: str | None = None
    percent: Percent = 100.0

    @model_validator(mode="after")
    def _one_of_two(self) -> "InterventionConfig":
        if (self.freeze is None) == (self.lesion is None):
            raise ValueError("give either 'freeze' (a projection) or 'lesion' (a population)")
        return self


class LengthsConfig(_Section):
    unsupervised: NonNegative
    train: Positive
    test: Positive


class ProtocolConfig(_Section):
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


class RuntimeConfig(_Section):
    simulate: Literal["auto", "native", "fused", "by_layer", "by_step"]
    skip_quiet: bool
    chunk_cycles: Count
    checkpoint_minutes: Positive
    cores: Annotated[int, Field(ge=0)]
    expected_cycles_per_second: Positive
    progress: bool
    figures: bool
    require: dict[str, float]


class TrackingConfig(_Section):
    mode: Literal["offline", "online", "disabled"]
    project: str
    entity: str | None
    group: str | None
    tags: list[str]


class Config(_Section):
    name: Annotated[str, AfterValidator(_path)]
    variant: str | None
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
    seeds: Annotated[
        list[Annotated[int, Field(ge=0, lt=2**31)]],
        BeforeValidator(_seeds),
        Field(min_length=1),
        AfterValidator(_distinct),
    ]
    runtime: RuntimeConfig
    tracking: TrackingConfig
    joint: str | None
    origin: Annotated[str, Field(min_length=1)] | None = Field(None, alias="from")
    dry_run: bool
    resume: Annotated[str, Field(min_length=1)] | None

    @property
    def devices(self) -> int:
        """Over how many devices the seeds are spread."""
        affinity = getattr(os, "sched_getaffinity", None)
        there = len(affinity(0)) if affinity else os.cpu_count() or 1
        return min(self.runtime.cores or there, len(self.seeds))


def stage_names(stages: list[list[str]]) -> list[str]:
    """A name for each training stage: its tasks, numbered where they come again."""
    names: list[str] = []
    for stage in stages:
        name = "+".join(stage)
        again = sum(other.split("#")[0] == name for other in names)
        names.append(f"{name}#{again + 1}" if again else name)
    return names
