"""What a config says of perceptrons that learn to classify images."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from sleeprun.config import Common, ConfigError, Role
from sleeprun.config.common import Engine, Footprint
from sleeprun.config.declared import section_of
from sleeprun.config.identity import content_hash
from sleeprun.config.messages import unknown_measures
from sleeprun.config.values import Count, FolderName, Positive, Section
from sleeprun.gradient.learners import LEARNERS, Descent
from sleeprun.gradient.probes.schema import ProbesConfig
from sleeprun.gradient.replay.schema import ReplayConfig
from sleeprun.spiking import native
from sleeprun.subjects.classifier import earlier
from sleeprun.tasks.images.sequence import ImageTasks, Sequence
from sleeprun.tasks.tasks import TASKS

if TYPE_CHECKING:
    from sleeprun.protocol.phases import Protocol
    from sleeprun.subjects.classifier.classifier import Classifier
    from sleeprun.subjects.seeds import Over


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
    sleep: ReplayConfig


class Config(Common):
    unit: ClassVar[str] = "steps"
    what: ClassVar[str] = "perceptrons on images"

    network: PerceptronConfig
    tasks: Annotated[Any, TASKS]
    training: section_of(Descent)  # type: ignore[valid-type]
    learner: Annotated[Any, LEARNERS]
    sleep: ReplayConfig
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
        return contents in (self.contents, self._contents(earlier.contents_hash(self)))

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

    def phases(self) -> "Protocol":
        from sleeprun.subjects.classifier.plan import ClassifierPlan

        return ClassifierPlan(self).phases()

    def expected_seconds(self, protocol: "Protocol") -> list[float]:
        from sleeprun.subjects.classifier.expected import Expected

        expected, speed = Expected(self), 1e9 * self.runtime.expected_gflops
        return [expected.operations(phase) / speed for phase in protocol]

    def engine(self) -> Engine:
        wanted = self.runtime.simulate
        if wanted == "native" and not native.available():
            raise ConfigError("runtime.simulate='native': the package was built without its kernel")
        if wanted == "fused":
            raise ConfigError("runtime.simulate='fused': is for spiking agents; must be auto here")
        if wanted != "auto":
            return wanted
        return "native" if native.available() else "by_layer"

    def footprint(self) -> Footprint:
        from sleeprun.subjects.classifier.footprint import footprint

        return footprint(self)

    def subject(self, devices: int, over: "Over") -> "Classifier":
        from sleeprun.subjects.classifier.classifier import Classifier

        return Classifier(self, devices, over)

    def contradictions(self) -> Iterator[str]:
        network = self.network
        if network.loss == "cross_entropy" and network.relu_output:
            yield "network.relu_output=true: cross_entropy needs it to be false"
        whole: dict[str, Config | ArmConfig] = {"": self}
        arms = {f"arms.{name}.": arm for name, arm in self.arms.items()}
        for where, one in (whole | arms).items():
            yield from one.tasks.contradictions(f"{where}tasks")
            yield from self._thresholds(f"{where}sleep", one.sleep)
        # The tasks' names are in the data, which are not read here.
        finals = [name for name in self.runtime.require if name.startswith("final/")]
        yield from unknown_measures(self, ["final/TASK", *finals])
        if self.origin:
            yield f"from='{self.origin}': is for spiking agents; must be null here"
        if self.interventions:
            yield "interventions: are for spiking agents; must be [] here"
        if self.runtime.spikes:
            yield f"runtime.spikes={self.runtime.spikes}: is for spiking agents; must be 0 here"
        if self.protocol.scale != 1:
            yield f"protocol.scale={self.protocol.scale:g}: is for spiking agents; must be 1 here"

    def cautions(self) -> Iterator[tuple[str, str]]:
        yield from super().cautions()
        ours = self.training.model_dump()
        for name, arm in self.arms.items():
            theirs = arm.training.model_dump()
            if self.arm(name).bound is Role.JOINT and theirs != ours:
                told = [f"{key}={theirs[key]}, not {ours.get(key)}" for key in theirs
                        if theirs[key] != ours.get(key)]  # fmt: skip
                differs = ", ".join(told)
                yield f"arms.{name}.training", f"the upper bound is trained otherwise: {differs}"

    def _thresholds(self, key: str, sleep: ReplayConfig) -> Iterator[str]:
        layers = len(self.network.hidden) + 1
        for place, one in enumerate(sleep.sleeps):
            given, here = len(one.threshold), f"{key}.also.{place - 1}" if place else key
            if one.schedule != "never" and given != layers:
                yield (
                    f"{here}.threshold: {given} thresholds; must be {layers}, "
                    "one for each hidden layer and one for the output"
                )
