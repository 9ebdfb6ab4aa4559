"""A ReLU perceptron and its training by gradient descent (Tadros et al. 2022, "Awake").

Every function carries one network; training maps over seeds from outside.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int, UInt32

from sleeprun import noise

_WEIGHTS_PURPOSE, _DROPOUT, _ORDER = 4, 41, 42


class Layer(NamedTuple):
    weights: Float[Array, "pre post"]
    bias: Float[Array, " post"] | None


Layers = tuple[Layer, ...]


class Perceptron(eqx.Module):
    """What all seeds share: how activity flows, and what training wants of it."""

    dropout: Float[Array, ""]  # share of hidden activations that are dropped while training
    loss: Callable[[Array, Array], Array] = eqx.field(static=True)
    relu_output: bool = eqx.field(static=True)

    def activations(
        self, layers: Layers, images: Float[Array, "image pixel"]
    ) -> list[Float[Array, "image _"]]:
        """Of every layer in turn, as in a test: hidden ones times (1 - dropout)."""
        return self._forward(layers, images, lambda hidden, _: hidden * (1 - self.dropout))

    def outputs(
        self, layers: Layers, images: Float[Array, "image pixel"]
    ) -> Float[Array, "image class"]:
        return self.activations(layers, images)[-1]

    def outputs_with_dropout(
        self, layers: Layers, images: Float[Array, "image pixel"], words: noise.Stream
    ) -> Float[Array, "image class"]:
        """As in training; `words` is a noise stream of this batch alone."""

        def drop(hidden: Array, depth: int) -> Array:
            image = jnp.arange(hidden.shape[0], dtype=jnp.int32)[:, None]
            neuron = jnp.arange(hidden.shape[1], dtype=jnp.int32)[None, :]
            kept = noise.uniform(words, depth, image, neuron) >= self.dropout
            return jnp.where(kept, hidden, 0.0)

        return self._forward(layers, images, drop)[-1]

    def _forward(
        self, layers: Layers, images: Array, thin: Callable[[Array, int], Array]
    ) -> list[Array]:
        activity, told = images, []
        for depth, layer in enumerate(layers):
            activity = activity @ layer.weights
            if layer.bias is not None:
                activity = activity + layer.bias
            if depth < len(layers) - 1:
                activity = thin(jax.nn.relu(activity), depth)
            elif self.relu_output:
                activity = jax.nn.relu(activity)
            told.append(activity)
        return told


def squared_error(
    outputs: Float[Array, "image class"], wanted: Float[Array, "image class"]
) -> Float[Array, " image"]:
    """Half the summed squared error of each image."""
    return jnp.square(wanted - outputs).sum(axis=1) / 2


def cross_entropy(
    outputs: Float[Array, "image class"], wanted: Float[Array, "image class"]
) -> Float[Array, " image"]:
    return optax.softmax_cross_entropy(outputs, wanted)


LOSSES = {"squared_error": squared_error, "cross_entropy": cross_entropy}


def starting_layers(sizes: Sequence[int], spread: float, biases: bool, seed: int) -> Layers:
    """A seed's weights, uniform in [-spread, spread]; biases begin at 0."""
    layers = []
    for depth, (pre, post) in enumerate(pairwise(sizes)):
        rng = np.random.default_rng([seed, _WEIGHTS_PURPOSE, depth])
        weights = jnp.asarray(rng.uniform(-spread, spread, (pre, post)), jnp.float32)
        layers.append(Layer(weights, jnp.zeros(post) if biases else None))
    return tuple(layers)


class Batch(NamedTuple):
    """Some training images; `counts` is 0 where a last batch was filled up."""

    images: Float[Array, "image pixel"]
    labels: Int[Array, " image"]
    counts: Bool[Array, " image"]


def batch_loss(
    network: Perceptron, layers: Layers, batch: Batch, words: noise.Stream
) -> Float[Array, ""]:
    """The loss averaged over a batch, with dropout."""
    outputs = network.outputs_with_dropout(layers, batch.images, words)
    wanted = jax.nn.one_hot(batch.labels, outputs.shape[1])
    losses = jnp.where(batch.counts, network.loss(outputs, wanted), 0.0)
    return losses.sum() / batch.counts.sum().astype(jnp.float32)


def batch_of(
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
    size: int,
    words: UInt32[Array, "2"],
    step: Int[Array, ""],
) -> Batch:
    """The batch of a training step: each epoch goes through all images in an order of its own."""
    there = len(labels)
    batches = -(-there // size)
    epoch, place = step // batches, step % batches
    draws = noise.uniform(noise.stream(words, _ORDER), epoch, jnp.arange(there, dtype=jnp.int32))
    at = place * size + jnp.arange(size, dtype=jnp.int32)
    chosen = jnp.argsort(draws)[jnp.minimum(at, there - 1)]
    return Batch(images[chosen], labels[chosen], at < there)


def train(
    network: Perceptron,
    optimiser: optax.GradientTransformation,
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
    size: int,
    layers: Layers,
    momentum: Any,
    words: UInt32[Array, "2"],
    first: Int[Array, ""],
    count: Int[Array, ""],
) -> tuple[Layers, Any, Float[Array, ""]]:
    """`count` training steps of a task from its step `first` on: layers, momentum, mean loss.

    `words` are this task's own; `momentum` is the optimiser's state, carried from task to task.
    """

    def one(step: Array, carry: Any) -> Any:
        layers, momentum, total = carry
        batch = batch_of(images, labels, size, words, step)
        dropped = noise.stream(noise.stream(words, _DROPOUT), step)
        loss, gradient = jax.value_and_grad(
            lambda layers: batch_loss(network, layers, batch, dropped)
        )(layers)
        with jax.numpy_dtype_promotion("standard"):  # Adam raises its floats to a counter
            update, momentum = optimiser.update(gradient, momentum, layers)
        return optax.apply_updates(layers, update), momentum, total + loss

    start = (layers, momentum, jnp.float32(0.0))
    layers, momentum, total = jax.lax.fori_loop(first, first + count, one, start)
    return layers, momentum, total / jnp.maximum(count, 1).astype(jnp.float32)


def share_correct(
    network: Perceptron,
    layers: Layers,
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
    allowed: Bool[Array, " class"],
) -> Float[Array, ""]:
    """Accuracy of the largest output among the `allowed` classes (all of them: one head)."""
    outputs = jnp.where(allowed, network.outputs(layers, images), -jnp.inf)
    return (jnp.argmax(outputs, axis=1) == labels).astype(jnp.float32).mean()
