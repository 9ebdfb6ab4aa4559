"""Online elastic weight consolidation (Schwarz et al. 2018, after Kirkpatrick et al. 2017).

One running diagonal of the Fisher information, which decays by `decay` at every task, and one
anchor, the weights after the last task. The Fisher is the empirical one, of the data's own
labels, image by image; both of the perceptron's losses are negative log-likelihoods.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.tree_util import Partial
from jaxtyping import Array, Float, Int

from sleeprun.learners.learner import Learner, Words
from sleeprun.networks import perceptron
from sleeprun.networks.perceptron import Batch, Layer, Layers, Perceptron


class Elastic(NamedTuple):
    importance: Layers
    anchor: Layers


def ewc(strength: float, decay: float) -> Learner:
    return Learner(
        init=lax,
        loss=Partial(loss, jnp.float32(strength)),
        consolidate=Partial(consolidate, jnp.float32(decay)),
    )


def lax(layers: Layers) -> Elastic:
    """Nothing is important yet."""
    return Elastic(jax.tree.map(jnp.zeros_like, layers), layers)


def penalty(memory: Elastic, layers: Layers) -> Float[Array, ""]:
    """Half the squared distance from the anchor, weighted by importance."""
    terms = jax.tree.map(
        lambda importance, anchor, now: jnp.sum(importance * jnp.square(now - anchor)),
        memory.importance,
        memory.anchor,
        layers,
    )
    return jnp.stack(jax.tree.leaves(terms)).sum() / 2


def loss(
    strength: Float[Array, ""],
    network: Perceptron,
    memory: Elastic,
    layers: Layers,
    batch: Batch,
    words: Words,
) -> Float[Array, ""]:
    task = perceptron.batch_loss(network, layers, batch, words)
    return task + strength * penalty(memory, layers)


def fisher(
    network: Perceptron,
    layers: Layers,
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
) -> Layers:
    """Mean squared gradient of each image's loss.

    An image's gradient is the outer product of what enters a layer and of the slope of the loss
    by what arrives at its neurons, so that the mean of its squares is one matrix product.
    """
    zeros = tuple(jnp.zeros(layer.weights.shape[1]) for layer in layers)

    def slopes(image: Array, label: Array) -> tuple[Array, ...]:
        def image_loss(shifts: tuple[Array, ...]) -> Array:
            shifted = tuple(
                Layer(layer.weights, shift if layer.bias is None else layer.bias + shift)
                for layer, shift in zip(layers, shifts, strict=True)
            )
            outputs = network.outputs(shifted, image[None])
            return network.loss(outputs, jax.nn.one_hot(label[None], outputs.shape[1])).sum()

        return jax.grad(image_loss)(zeros)

    entering = [images, *network.activations(layers, images)[:-1]]
    return tuple(
        Layer(
            jnp.square(enters).T @ jnp.square(slope) / len(labels),
            None if layer.bias is None else jnp.square(slope).mean(axis=0),
        )
        for layer, enters, slope in zip(
            layers, entering, jax.vmap(slopes)(images, labels), strict=True
        )
    )


def consolidate(
    decay: Float[Array, ""],
    network: Perceptron,
    memory: Elastic,
    layers: Layers,
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
    words: Words,
) -> Elastic:
    new = fisher(network, layers, images, labels)
    importance = jax.tree.map(lambda old, new: decay * old + new, memory.importance, new)
    return Elastic(importance, layers)
