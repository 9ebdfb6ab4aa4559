"""What a config says of perceptrons that learn to classify images."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from sleeprun.config import ExperimentConfig, Role
from sleeprun.config.declared import section_of
from sleeprun.config.identity import content_hash
from sleeprun.config.values import Count, FolderName, Positive, Section
from sleeprun.gradient.learners import LEARNERS, Descent
from sleeprun.gradient.probes.schema import ProbesConfig
from sleeprun.gradient.replay.schema import PerceptronSleep, ReplayConfig
from sleeprun.subjects.classifier import earlier
from sleeprun.tasks.images.sequence import ImageTasks, Sequence
from sleeprun.tasks.tasks import TASKS


class PerceptronConfig(Section):
    kind: Literal["perceptron"]
    hidden: Annotated[list[Count], Field(min_length=1)]
    biases: bool
    relu_output: bool
    loss: Literal["squared_error", "cross_entropy"]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    weight_spread: Positive


class ArmConfig(Section):
    """In what an arm may differ."""

    tasks: Annotated[Any, TASKS]
    training: section_of(Descent)  # type: ignore[valid-type]
    learner: Annotated[Any, LEARNERS]
    sleep: PerceptronSleep


class Config(ExperimentConfig):
    unit: ClassVar[str] = "steps"
    what: ClassVar[str] = "perceptrons on images"

    network: PerceptronConfig
    tasks: Annotated[Any, TASKS]
    training: section_of(Descent)  # type: ignore[valid-type]
    learner: Annotated[Any, LEARNERS]
    sleep: PerceptronSleep
    arms: dict[FolderName, ArmConfig]
    probes: ProbesConfig | None = None

    @classmethod
    def arm_sections(cls) -> tuple[str, ...]:
        return tuple(ArmConfig.model_fields)

    @property
    def image_tasks(self) -> ImageTasks:
        assert isinstance(self.tasks, ImageTasks)
        return self.tasks

    @property
    def sequence(self) -> Sequence:
        """The tasks of the first seed."""
        return self.image_tasks.sequence(self.seeds)

    @property
    def sizes(self) -> list[int]:
        """Of all layers: inputs and outputs are as many as the data have."""
        sequence = self.sequence
        return [sequence.tasks[0].images.shape[1], *self.network.hidden, sequence.outputs]

    @property
    def bound(self) -> Role | None:
        if self.learner.kind != "naive" or self.sleep.scheduled:
            return None
        return Role.JOINT if self.image_tasks.together else Role.NAIVE

    @property
    def contents(self) -> str:
        cut = self.image_tasks.model_dump(exclude={"data", "together", "samples"})
        data = [self.image_tasks.data, self.sequence.loaded]
        return self._contents(content_hash([self.network, *data, cut]))

    def learns(self, contents: str | None) -> bool:
        return contents in (
            self.contents,
            self._contents(earlier.contents_hash(self.image_tasks, self.network.model_dump())),
        )

    def _contents(self, hashed: str) -> str:
        tasks = self.image_tasks
        return f"{tasks.data.kind}, {tasks.scenario}-incremental, {hashed[:10]}"

    @property
    def task_names(self) -> list[str]:
        return self.sequence.names

    @property
    def trained_tasks(self) -> list[str]:
        return self.sequence.names

    def lived(self) -> dict[str, Any]:
        parts = ("network", "tasks", "training", "learner")
        return {part: getattr(self, part).model_dump() for part in parts}

    @property
    def arms_share_training(self) -> bool:
        return False  # they may differ in training from the start

    def replays(self) -> list[tuple[str, ReplayConfig]]:
        """The sleeps that are ever slept and replay, each with its key."""
        return [(key, one) for key, one in self.sleep.by_key() if isinstance(one, ReplayConfig)]
