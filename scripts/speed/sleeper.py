"""A perceptron about to sleep, after each of its tasks: what formulations are timed with."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

import sleeprun
from sleeprun.protocol.phases import Live
from sleeprun.subjects.classifier.classifier import Classifier
from sleeprun.subjects.classifier.experiment import ImageExperiment
from sleeprun.subjects.classifier.phases import Sleep
from sleeprun.subjects.classifier.state import ClassifierState
from sleeprun.tasks.images.cutting import mean_image
from speed.numpy_sleep import Drive, Rule

# 784-1200-1200-10 on MNIST's 5,000 images, with the parameters of sleep published for MNIST.
OVERRIDES = ("arms=none", "~probes", "seeds=1")


class Sleeper(NamedTuple):
    """A perceptron at the beginning of a sleep."""

    phase: Sleep
    state: ClassifierState
    rule: Rule
    drive: Drive
    image: np.ndarray  # [row, column], the mean of what it has seen

    def copies(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Its weights and potentials, to be changed in place."""
        weights = [np.array(layer.weights[0]) for layer in self.state.layers]
        return weights, [np.array(potential[0]) for potential in self.state.membrane]


def classifier_of(engine: str, *overrides: str) -> Classifier:
    config = sleeprun.compose("src_quick", *OVERRIDES, f"runtime.simulate={engine}", *overrides)
    assert isinstance(config, ImageExperiment)
    return Classifier(config, 1)


def before_sleeps(classifier: Classifier) -> Iterator[tuple[Sleep, ClassifierState]]:
    """Each of its sleeps, and the state at its beginning, trained and slept until then."""
    state = classifier.birth()
    for phase in classifier.config.phases():
        if not isinstance(phase, Live):
            continue
        state = classifier.begin(phase, state)
        if isinstance(phase, Sleep):
            yield phase, state
        state, _ = classifier.advance(phase, phase.cycles, state)
        state = classifier.end(phase, state)


def sleepers(*overrides: str) -> list[Sleeper]:
    """One before each of its sleeps."""
    classifier, found = classifier_of("auto", *overrides), []
    for phase, state in before_sleeps(classifier):
        seen = classifier.sequence.tasks[: len(found) + 1]
        image = mean_image(seen).reshape(classifier.sequence.shape)
        found.append(Sleeper(phase, state, *_told(phase, state), image))
    return found


def _told(phase: Sleep, state: ClassifierState) -> tuple[Rule, Drive]:
    """What the plain program is told of a sleep."""
    rule, drive = phase.replay.numbers, phase.drive.numbers
    alpha = np.asarray(phase.replay.make().alpha(state.factors[0])).tolist()
    numbers = {name: rule[name] for name in Rule._fields if name != "alpha"}
    return Rule(**numbers, alpha=alpha), Drive(*(drive[name] for name in Drive._fields))
