"""What a perceptron's parts promise, whoever wrote them: shapes of what their functions give."""

import jax.numpy as jnp

from sleeprun.config.promise import keeps
from sleeprun.gradient.learners import Learner, Step
from sleeprun.gradient.perceptron import Batch, Layers, Perceptron
from sleeprun.gradient.replay import Drive

WORDS = jnp.zeros(2, jnp.uint32)
FEW = 4  # images, or steps


def check_learner(learner: Learner, network: Perceptron, layers: Layers) -> None:
    """Raises ConfigError where a learner of a user's own gives another thing than it must."""
    images, labels = jnp.zeros((FEW, len(layers[0].weights))), jnp.zeros(FEW, jnp.int32)
    batch = Batch(images, labels, jnp.ones(FEW, bool))
    one = jnp.float32(1)
    memory = learner.begin(network, learner.init(layers), layers)
    keeps(learner, "loss", (network, memory, layers, batch, WORDS), one)
    keeps(learner, "direct", (network, memory, layers, layers, one, WORDS), layers)
    step = Step(batch, layers, layers, layers)
    keeps(learner, "follow", (network, memory, step, WORDS), memory)
    scores = jnp.zeros((FEW, layers[-1].weights.shape[1]))
    keeps(learner, "outputs", (network, memory, layers, images), scores)


def check_drive(drive: Drive, pixels: int, shape: tuple[int, int] | None) -> None:
    """Raises ConfigError where a drive of a user's own draws other inputs than there are."""
    told = jnp.zeros(pixels), shape, WORDS, jnp.int32(0), FEW
    keeps(drive, "draw", told, jnp.zeros((FEW, pixels), bool))
