"""Training by gradient descent, with what a learner adds to it."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, UInt32

from sleeprun import noise
from sleeprun.gradient.learners.descent import Descent
from sleeprun.gradient.learners.learner import Learner, Step
from sleeprun.gradient.perceptron import Batch, Layers, Perceptron
from sleeprun.noise import Purpose


class State(NamedTuple):
    """What training carries on from step to step and from task to task."""

    layers: Layers
    momentum: Any  # the optimiser's state
    memory: Any  # the learner's


def starting_state(learner: Learner, descent: Descent, layers: Layers) -> State:
    return State(layers, descent.init(layers), learner.init(layers))


def steps_an_epoch(images: int, size: int) -> int:
    """Batches of `size` that go through all images; the last one may be filled up."""
    return -(-images // size)


def order_of(words: UInt32[Array, "2"], epoch: Int[Array, ""], there: int) -> Int[Array, " image"]:
    """Each epoch goes through all images in an order of its own."""
    draws = noise.uniform(
        noise.stream(words, Purpose.ORDER_OF_IMAGES), epoch, jnp.arange(there, dtype=jnp.int32)
    )
    return jnp.argsort(draws)


def batch_of(
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
    size: int,
    order: Int[Array, " image"],
    place: Int[Array, ""],
) -> Batch:
    """The batch at a `place` in an epoch."""
    at = place * size + jnp.arange(size, dtype=jnp.int32)
    chosen = order[jnp.minimum(at, len(labels) - 1)]
    return Batch(images[chosen], labels[chosen], at < len(labels))


def descend(
    network: Perceptron,
    learner: Learner,
    descent: Descent,
    state: State,
    batch: Batch,
    words: UInt32[Array, "2"],
) -> tuple[State, Float[Array, ""]]:
    """One training step, and the loss before it; `words` are this step's own."""
    layers, momentum, memory = state
    loss, gradient = jax.value_and_grad(
        lambda layers: learner.loss(network, memory, layers, batch, words)
    )(layers)
    gradient = learner.direct(network, memory, layers, gradient, descent.rate, words)
    with jax.numpy_dtype_promotion("standard"):  # Adam raises its floats to a counter
        update, momentum = descent.update(gradient, momentum, layers)
    after = optax.apply_updates(layers, update)
    memory = learner.follow(network, memory, Step(batch, layers, gradient, after), words)
    return State(after, momentum, memory), loss


def train(
    network: Perceptron,
    learner: Learner,
    descent: Descent,
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
    state: State,
    words: UInt32[Array, "2"],
    first: Int[Array, ""],
    count: Int[Array, ""],
) -> tuple[State, Float[Array, ""]]:
    """`count` training steps of a task from its step `first` on, and their mean loss.

    `images` and `labels` are what the learner mixed; `words` are this task's own.
    """
    there, size = len(labels), descent.batch
    batches = steps_an_epoch(there, size)

    def one(step: Array, carry: tuple[State, Array, Array]) -> tuple[State, Array, Array]:
        state, order, total = carry
        epoch, place = step // batches, step % batches
        order = jax.lax.cond(place == 0, lambda: order_of(words, epoch, there), lambda: order)
        batch = batch_of(images, labels, size, order, place)
        dropped = noise.stream(noise.stream(words, Purpose.DROPOUT), step)
        state, loss = descend(network, learner, descent, state, batch, dropped)
        return state, order, total + loss

    start = (state, order_of(words, first // batches, there), jnp.float32(0.0))
    state, _, total = jax.lax.fori_loop(first, first + count, one, start)
    return state, total / jnp.maximum(count, 1).astype(jnp.float32)
