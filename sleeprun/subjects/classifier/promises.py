"""That the parts of a perceptron's config do what they must, whoever wrote them."""

import jax.numpy as jnp

from sleeprun.config.promise import part_of
from sleeprun.gradient import promises
from sleeprun.gradient.perceptron import LOSSES, Layers, Perceptron
from sleeprun.subjects.classifier.schema import Config, PerceptronConfig


def perceptron(network: PerceptronConfig) -> Perceptron:
    return Perceptron(jnp.float32(network.dropout), LOSSES[network.loss], network.relu_output)


def check(config: Config, layers: Layers) -> None:
    """Of `layers` the shapes count alone. Raises ConfigError where a part breaks its promise."""
    with part_of("learner"):
        promises.check_learner(config.learner.make(), perceptron(config.network), layers)
    for key, sleep in config.replays():
        with part_of(f"{key}.drive"):
            promises.check_drive(sleep.drive.make(), len(layers[0].weights), config.sequence.shape)
