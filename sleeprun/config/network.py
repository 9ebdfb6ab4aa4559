"""The schema of the spiking network: neurons, populations, and the projections between them."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from sleeprun.config.kinds import (
    Count,
    Decay,
    Fraction,
    NonNegative,
    Positive,
    Room,
    Section,
    as_list,
)


class RulkovConfig(Section):
    model: Literal["rulkov"]
    alpha: Positive
    beta_e: Positive
    mu: Positive
    sigma: Annotated[float, Field(lt=1)]
    current_decay: Decay
    v_start: float
    u_start: float


class LIFConfig(Section):
    model: Literal["lif"]
    tau: Annotated[float, Field(ge=1)]
    gain: Positive
    current_decay: Decay
    refractory: NonNegative


class HomeostasisConfig(Section):
    regulates: Literal["resistance", "in_weights"]
    target: NonNegative
    step: Annotated[float, Field(ge=0, lt=1)]
    smoothing: Fraction


class PopulationConfig(Section):
    size: Annotated[list[Count], BeforeValidator(as_list), Field(min_length=1, max_length=2)]
    neuron: str
    homeostasis: HomeostasisConfig | None
    spike_room: Room

    @property
    def count(self) -> int:
        return self.size[0] * self.size[-1] if len(self.size) > 1 else self.size[0]


class AllToAll(Section):
    kind: Literal["all_to_all"]


class FixedFanIn(Section):
    kind: Literal["fixed_fan_in"]
    fan_in: Count


class RandomPairs(Section):
    kind: Literal["random"]
    probability: Fraction


class ConstantWeights(Section):
    kind: Literal["constant"]
    value: Positive


class NormalWeights(Section):
    kind: Literal["normal"]
    mean: Positive
    sd: NonNegative


class CoinWeights(Section):
    kind: Literal["coins"]
    floor: Positive
    coin: NonNegative
    coins_per_synapse: Annotated[int, Field(ge=0)]


class MirrorWeights(Section):
    kind: Literal["mirror"]
    of: str


class PlasticityConfig(Section):
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


class ProjectionConfig(Section):
    pre: Literal["input", "hidden", "output"]
    post: Literal["input", "hidden", "output"]
    wiring: Annotated[AllToAll | FixedFanIn | RandomPairs, Field(discriminator="kind")] | None
    weights: Annotated[
        ConstantWeights | NormalWeights | CoinWeights | MirrorWeights,
        Field(discriminator="kind"),
    ]
    jitter: Fraction
    plasticity: PlasticityConfig | None


class NetworkConfig(Section):
    cycle_steps: Annotated[int, Field(ge=2)]
    step_ms: Positive
    neurons: dict[str, Annotated[RulkovConfig | LIFConfig, Field(discriminator="model")]]
    input: PopulationConfig
    hidden: PopulationConfig
    output: PopulationConfig
    projections: dict[str, ProjectionConfig]
