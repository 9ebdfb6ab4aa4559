"""Experiments on perceptrons that learn to classify images."""

from collections.abc import Iterator

from sleeprun.config.runtime import Engine
from sleeprun.protocol.phases import Protocol
from sleeprun.subjects.classifier import contradictions, engine
from sleeprun.subjects.classifier.classifier import Classifier
from sleeprun.subjects.classifier.expected import Expected
from sleeprun.subjects.classifier.footprint import footprint
from sleeprun.subjects.classifier.plan import ClassifierPlan
from sleeprun.subjects.classifier.schema import Config
from sleeprun.subjects.experiment import Experiment
from sleeprun.subjects.footprint import Footprint
from sleeprun.subjects.seeds import Over
from sleeprun.subjects.sight import Sight


class ImageExperiment(Config, Experiment):
    def contradictions(self) -> Iterator[str]:
        return contradictions.contradictions(self)

    def cautions(self) -> Iterator[tuple[str, str]]:
        yield from super().cautions()
        yield from contradictions.cautions(self)

    def phases(self) -> Protocol:
        return ClassifierPlan(self).phases()

    def expected_seconds(self, protocol: Protocol) -> list[float]:
        expected, speed = Expected(self), 1e9 * self.runtime.expected_gflops
        return [expected.operations(phase) / speed for phase in protocol]

    def footprint(self) -> Footprint:
        return footprint(self)

    @property
    def sight(self) -> Sight:
        layers = [f"hidden {depth}" for depth, _ in enumerate(self.network.hidden, 1)]
        names = (*layers, "output")
        through = {name: names[: depth + 1] for depth, name in enumerate(names)}
        return Sight(self.sequence.shape or (self.sizes[0],), through, "output")

    def engine(self) -> Engine:
        return engine.chosen(self)

    def subject(self, devices: int, over: Over) -> Classifier:
        return Classifier(self, devices, over)
