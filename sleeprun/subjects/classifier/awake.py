"""What training makes of a perceptron's state, and how a test of it ends.

All functions are compiled, and run for the seeds of a run at once.
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from sleeprun import noise
from sleeprun.gradient.learners import Descent, Learner, training
from sleeprun.gradient.perceptron import Perceptron
from sleeprun.noise import Purpose
from sleeprun.subjects.classifier.state import ClassifierState, Report, report


def begin_task(network: Perceptron, learner: Learner, state: ClassifierState) -> ClassifierState:
    """What a learner does before a task."""
    return state._replace(memory=learner.begin(network, state.memory, state.layers))


def train(
    network: Perceptron,
    learner: Learner,
    descent: Descent,
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
    count: Int[Array, ""],
    state: ClassifierState,
) -> tuple[ClassifierState, Report]:
    """`count` training steps of a task."""
    words = noise.stream(noise.stream(state.key, Purpose.TRAINING), state.begun)
    mixed = learner.mix(state.memory, images, labels)
    start = training.State(state.layers, state.momentum, state.memory)
    after, loss = training.train(network, learner, descent, *mixed, start, words, state.step, count)
    state = state._replace(**after._asdict(), step=state.step + count)
    return state, report(loss=loss)


def end_task(
    network: Perceptron,
    learner: Learner,
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
    state: ClassifierState,
) -> ClassifierState:
    """What a learner does after a task, and before its sleep."""
    words = noise.stream(noise.stream(state.key, Purpose.MEMORY), state.begun)
    memory = learner.consolidate(network, state.memory, state.layers, images, labels, words)
    return state._replace(memory=memory)


def test(
    network: Perceptron,
    learner: Learner,
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
    allowed: Bool[Array, " output"],
    state: ClassifierState,
) -> Report:
    """How many images are classified rightly among the outputs that are `allowed`.

    A learner that knows none of the allowed classes (-inf) leaves the image to the network.
    """
    scores = learner.outputs(network, state.memory, state.layers, images)
    any_known = (allowed & (scores > -jnp.inf)).any(axis=1, keepdims=True)
    scores = jnp.where(any_known, scores, network.outputs(state.layers, images))
    chosen = jnp.argmax(jnp.where(allowed, scores, -jnp.inf), axis=1)
    right = (chosen == labels).sum().astype(jnp.int32)
    known = (labels >= 0).sum().astype(jnp.int32)  # a label of -1 only fills up
    return report(right=right, wrong=known - right)
