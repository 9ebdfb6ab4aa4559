"""A perceptron about to sleep, after each of its tasks: what formulations are timed with."""

from typing import NamedTuple

import numpy as np

from sleeprun.config import ImagesConfig
from sleeprun.protocol.phases import Score, Sleep
from sleeprun.subjects.classifier.classifier import Classifier
from sleeprun.subjects.classifier.life import PupilState
from sleeprun.subjects.classifier.plan import lessons
from sleeprun.tasks.images.cutting import mean_image
from speed.agents import configured
from speed.numpy_sleep import Rule

# 784-1200-1200-10 on MNIST's 5,000 images, with the parameters of sleep published for MNIST.
OVERRIDES = ("+experiment=src_quick", "arms=none", "~probes", "seeds=1")


class Sleeper(NamedTuple):
    """A perceptron at the beginning of a sleep."""

    phase: Sleep
    state: PupilState
    rule: Rule
    image: np.ndarray  # [row, column], the mean of what it has seen

    def copies(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Its weights and potentials, to be changed in place."""
        weights = [np.array(layer.weights[0]) for layer in self.state.layers]
        return weights, [np.array(potential[0]) for potential in self.state.membrane]


def pupil_of(engine: str, *overrides: str) -> Classifier:
    config = configured([*OVERRIDES, f"runtime.simulate={engine}", *overrides])
    assert isinstance(config, ImagesConfig)
    return Classifier(config, 1)


def sleepers(*overrides: str) -> list[Sleeper]:
    """One before each sleep of its life, which it has trained and slept through until then."""
    pupil, found = pupil_of("auto", *overrides), []
    numbers = pupil.config.sleep.model_dump(include=set(Rule._fields))
    state = pupil.birth()
    for phase in lessons(pupil.config):
        if isinstance(phase, Score):
            continue
        state = pupil.begin(phase, state)
        if isinstance(phase, Sleep):
            seen = pupil.sequence.tasks[: len(found) + 1]
            image = mean_image(seen).reshape(pupil.sequence.shape)
            rule = Rule(**numbers, alpha=np.asarray(state.alpha[0]).tolist())
            found.append(Sleeper(phase, state, rule, image))
        state, _ = pupil.advance(phase, phase.cycles, state)
        state = pupil.end(phase, state)
    return found
