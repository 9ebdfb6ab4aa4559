"""A ReLU perceptron and its losses (Tadros et al. 2022, "Awake").

Every function carries one network; callers map over seeds from outside.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int

from sleeprun import noise
from sleeprun.noise import Purpose


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
        rng = np.random.default_rng([seed, Purpose.STARTING_WEIGHTS, depth])
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


def largest_activations(
    network: Perceptron, layers: Layers, images: Float[Array, "image pixel"], batch: int = 500
) -> list[Float[Array, ""]]:
    """Of every layer over all images, `batch` of them at a time."""
    there = len(images)
    at = jnp.minimum(jnp.arange(-(-there // batch) * batch, dtype=jnp.int32), there - 1)

    def of_batch(chosen: Array) -> list[Array]:
        return [one.max() for one in network.activations(layers, images[chosen])]

    return [each.max() for each in jax.lax.map(of_batch, at.reshape(-1, batch))]
