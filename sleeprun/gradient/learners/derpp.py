"""Dark experience replay ++ (Buzzega et al. 2020).

A reservoir (Vitter 1985) of images that were trained on, each with its label and with the
network's outputs at that step. A batch of them keeps the outputs, and a second one the labels.
An image enters the lottery each time it is shown, as in the authors' program.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sleeprun import noise
from sleeprun.config.declared import count, number
from sleeprun.gradient import perceptron
from sleeprun.gradient.learners.learner import THERE, Learner, Scalar, Step, Words
from sleeprun.gradient.perceptron import Batch, Layers, Perceptron
from sleeprun.noise import Purpose


class Reservoir(NamedTuple):
    images: Float[Array, "slot pixel"]
    labels: Int[Array, " slot"]
    outputs: Float[Array, "slot class"]
    shown: Int[Array, ""]  # images that have entered the lottery


class DER(Learner):
    """A reservoir of images replayed with their labels, and with what was answered to them."""

    capacity: int = count("images that are kept")
    size: int = count("of those, replayed a step for their outputs, and for their labels")
    alpha: Scalar = number("weight of the stored outputs", ge=0)
    beta: Scalar = number("weight of the stored labels", ge=0)

    def passes(self, batch: int) -> float:
        return 1 + THERE + 2 * self.size / batch

    def init(self, layers: Layers) -> Reservoir:
        return empty(self.capacity, layers)

    def loss(
        self, network: Perceptron, memory: Reservoir, layers: Layers, batch: Batch, words: Words
    ) -> Scalar:
        for_outputs, for_labels = (
            noise.stream(words, Purpose.REPLAYED_OUTPUTS),
            noise.stream(words, Purpose.REPLAYED_LABELS),
        )
        one = drawn(memory, self.size, for_outputs)
        outputs = network.outputs_with_dropout(layers, memory.images[one], for_outputs)
        dark = jnp.square(outputs - memory.outputs[one]).mean()
        two = drawn(memory, self.size, for_labels)
        labelled = Batch(memory.images[two], memory.labels[two], jnp.ones(self.size, bool))
        replayed = perceptron.batch_loss(network, layers, labelled, for_labels)
        replay = self.alpha * dark + self.beta * replayed
        task = perceptron.batch_loss(network, layers, batch, words)
        return task + jnp.where(memory.shown > 0, replay, 0.0)

    def follow(self, network: Perceptron, memory: Reservoir, step: Step, words: Words) -> Reservoir:
        outputs = network.outputs_with_dropout(step.before, step.batch.images, words)
        return added(memory, step.batch, outputs, noise.stream(words, Purpose.RESERVOIR))


def empty(capacity: int, layers: Layers) -> Reservoir:
    pixels, classes = len(layers[0].weights), layers[-1].weights.shape[1]
    return Reservoir(
        jnp.zeros((capacity, pixels)),
        jnp.zeros(capacity, jnp.int32),
        jnp.zeros((capacity, classes)),
        jnp.int32(0),
    )


def slots(memory: Reservoir, batch: Batch, words: Words) -> Int[Array, " image"]:
    """The slot that each image of a batch takes; beyond the last slot: none.

    Of two images of a batch with one slot the later takes it.
    """
    capacity, there = len(memory.labels), len(batch.labels)
    place = jnp.arange(there, dtype=jnp.int32)
    shown = memory.shown + jnp.cumsum(batch.counts.astype(jnp.int32)) - 1
    drawn = noise.below(shown + 1, noise.uniform(words, place))
    slot = jnp.where(shown < capacity, shown, drawn)
    slot = jnp.where(batch.counts, jnp.minimum(slot, capacity), capacity)
    last = jnp.full(capacity + 1, -1, jnp.int32).at[slot].max(place)
    return jnp.where(last[slot] == place, slot, capacity)


def added(
    memory: Reservoir, batch: Batch, outputs: Float[Array, "image class"], words: Words
) -> Reservoir:
    """The reservoir after a batch: each image shown so far is in it with equal probability."""
    slot = slots(memory, batch, words)
    return Reservoir(
        memory.images.at[slot].set(batch.images, mode="drop"),
        memory.labels.at[slot].set(batch.labels, mode="drop"),
        memory.outputs.at[slot].set(outputs, mode="drop"),
        memory.shown + batch.counts.sum().astype(jnp.int32),
    )


def drawn(memory: Reservoir, size: int, words: Words) -> Int[Array, " image"]:
    """Filled slots, drawn with replacement (slot 0 while none is)."""
    filled = jnp.minimum(memory.shown, len(memory.labels))
    draws = noise.uniform(words, jnp.arange(size, dtype=jnp.int32))
    return noise.below(filled, draws)
