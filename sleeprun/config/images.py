"""The schema of an experiment on images: a perceptron, data, tasks, training, and SRC's sleep."""

import hashlib
import json
from typing import Annotated, ClassVar, Literal

from pydantic import Field, NonNegativeInt

from sleeprun.config.kinds import Count, Decay, Fraction, NonNegative, Positive, Section
from sleeprun.config.learner import LearnerConfig
from sleeprun.config.schema import Common


class PerceptronConfig(Section):
    model: Literal["perceptron"]
    hidden: Annotated[list[Count], Field(min_length=1)]
    biases: bool
    relu_output: bool
    loss: Literal["squared_error", "cross_entropy"]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    weight_spread: Positive


class ShippedData(Section):
    kind: Literal["mnist_5000", "digits"]


class IdxData(Section):
    kind: Literal["mnist", "fashion_mnist"]
    folder: str | None


class FeatureData(Section):
    kind: Literal["features"]
    file: str | None


OneDataSet = Annotated[ShippedData | IdxData | FeatureData, Field(discriminator="kind")]


class SeriesData(Section):
    kind: Literal["series"]
    sets: Annotated[dict[str, OneDataSet], Field(min_length=1)]


DataConfig = Annotated[
    ShippedData | IdxData | FeatureData | SeriesData, Field(discriminator="kind")
]


class SequenceConfig(Section):
    kind: Literal["classes", "permuted", "data_sets"]
    count: Count
    groups: Annotated[list[list[NonNegativeInt]], Field(min_length=1)] | None
    order_seed: Annotated[int, Field(ge=0)] | Literal["by_seed"] | None
    scenario: Literal["class", "domain", "task"]
    samples: Count | None
    samples_per_class: Count | None
    validation: Count | None
    together: bool


class TrainingConfig(Section):
    optimiser: Literal["sgd", "adam"]
    rate: Positive
    momentum: Annotated[float, Field(ge=0, lt=1)]
    batch: Count
    epochs: Count


class ReplayConfig(Section):
    schedule: Literal["never", "after"]
    first: Annotated[int, Field(ge=0)]
    more: Annotated[int, Field(ge=0)]
    max_rate: Positive
    dt: Positive
    inc: NonNegative
    dec: NonNegative
    slope: Positive
    decay: Decay
    threshold: Annotated[list[Positive], Field(min_length=2)]
    alpha_scale: Positive
    patch: Count | None
    input: Literal["seen", "last"]
    scale: Literal["every_sleep", "carried", "first_sleep"]
    plasticity: bool


class ProbesConfig(Section):
    images: Count
    gaussian: NonNegative | None
    blur: NonNegative | None
    salt_and_pepper: Fraction | None
    overlap: bool


class ArmConfig(Section):
    """In what an arm may differ."""

    sequence: SequenceConfig
    training: TrainingConfig
    learner: LearnerConfig
    sleep: ReplayConfig


class ImagesConfig(Common):
    unit: ClassVar[str] = "steps"

    network: PerceptronConfig
    data: DataConfig
    sequence: SequenceConfig
    training: TrainingConfig
    learner: LearnerConfig
    sleep: ReplayConfig
    arms: dict[str, ArmConfig]
    probes: ProbesConfig | None = None
    world: None = None
    protocol: None = None
    tasks: None = None

    @property
    def shortening(self) -> tuple[bool, float]:
        return False, 1.0

    @property
    def contents(self) -> str:
        """Who learns what, so that runs are compared only where it is the same."""
        parts = [self.network.model_dump(), self.data.model_dump()]
        parts.append(self.sequence.model_dump(exclude={"together", "samples"}))
        content = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
        return f"{self.data.kind}, {self.sequence.scenario}-incremental, {content[:10]}"

    @property
    def bound(self) -> str | None:
        """Which of the bounds it is that others lie between."""
        if self.learner.kind != "naive" or self.sleep.schedule != "never":
            return None
        return "joint" if self.sequence.together else "naive"

    def arm(self, name: str) -> "ImagesConfig":
        """The experiment as one of its arms has it."""
        if not self.arms:
            return self
        update = {part: getattr(self.arms[name], part) for part in ARM_SECTIONS}
        return self.model_copy(update={**update, "name": f"{self.name}:{name}", "arms": {}})


ARM_SECTIONS = tuple(ArmConfig.model_fields)
