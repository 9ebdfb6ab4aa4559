"""iCaRL (Rebuffi et al. 2017): exemplars chosen by herding, and the nearest mean of exemplars.

Exemplars are mixed into each new task's training, and an image belongs to the class whose
exemplars' mean is nearest to it in the last hidden layer. The paper's distillation is not here:
training lowers the network's own loss.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sleeprun.config.declared import count
from sleeprun.gradient.learners import buffer
from sleeprun.gradient.learners.buffer import Buffer, Ranked
from sleeprun.gradient.learners.keeping import Keeping
from sleeprun.gradient.learners.learner import Images, Labels, Words
from sleeprun.gradient.perceptron import Layers, Perceptron


class ICaRL(Keeping):
    """Exemplars, and the nearest mean of them."""

    capacity: int = count("exemplars, which all classes seen so far share")

    def mix(self, memory: Ranked, images: Images, labels: Labels) -> tuple[Array, Array]:
        return buffer.joined(Buffer(images, labels), memory)

    def kept(self, earlier: Sequence[int]) -> int:
        return min(self.capacity, sum(earlier))

    def ranks(
        self, network: Perceptron, layers: Layers, images: Images, labels: Labels, words: Words
    ) -> Float[Array, " image"]:
        classes = layers[-1].weights.shape[1]
        ranks = herding(features(network, layers, images), labels, classes, self.capacity)
        return ranks.astype(jnp.float32)

    def outputs(
        self, network: Perceptron, memory: Ranked, layers: Layers, images: Images
    ) -> Float[Array, "image class"]:
        return nearest_mean(network, memory, layers, images)


def unit(vectors: Float[Array, "row feature"]) -> Float[Array, "row feature"]:
    """At length 1; a vector of zeros stays one."""
    length = jnp.sqrt(jnp.square(vectors).sum(axis=1, keepdims=True))
    return vectors / jnp.where(length > 0, length, 1.0)


def features(
    network: Perceptron, layers: Layers, images: Float[Array, "image pixel"]
) -> Float[Array, "image feature"]:
    """Of unit length, from the last hidden layer."""
    return unit([images, *network.activations(layers, images)][-2])


def class_means(
    found: Float[Array, "image feature"], labels: Int[Array, " image"], classes: int
) -> Float[Array, "class feature"]:
    """The mean of each class; zeros for a class without images."""
    member = jax.nn.one_hot(labels, classes)
    return member.T @ found / jnp.maximum(member.sum(axis=0), 1.0)[:, None]


def herding(
    found: Float[Array, "image feature"], labels: Int[Array, " image"], classes: int, most: int
) -> Int[Array, " image"]:
    """The rank of each image in its class, of which the first `most` are chosen one by one.

    Each brings the mean of those chosen so far nearest to the mean of the class. Others rank last.
    """
    there = len(labels)
    means = class_means(found, labels, classes)
    own = labels == jnp.arange(classes, dtype=jnp.int32)[:, None]
    lengths = jnp.square(found).sum(axis=1)

    def choose(rank: Array, carry: tuple[Array, Array]) -> tuple[Array, Array]:
        ranks, sums = carry
        wanted = (rank + 1).astype(jnp.float32) * means - sums
        distances = jnp.where(own & (ranks == there), lengths - 2 * wanted @ found.T, jnp.inf)
        best = jnp.argmin(distances, axis=1)
        any_left = jnp.isfinite(distances).any(axis=1)
        sums = sums + jnp.where(any_left[:, None], found[best], 0.0)
        return ranks.at[jnp.where(any_left, best, there)].set(rank, mode="drop"), sums

    start = (jnp.full(there, there, jnp.int32), jnp.zeros_like(means))
    return jax.lax.fori_loop(0, min(most, there), choose, start)[0]


def nearest_mean(
    network: Perceptron, memory: Ranked, layers: Layers, images: Float[Array, "image pixel"]
) -> Float[Array, "image class"]:
    """Minus the squared distance to each class's mean exemplar; -inf for a class without any."""
    classes = layers[-1].weights.shape[1]
    if not len(memory.labels):
        return network.outputs(layers, images)
    means = unit(class_means(features(network, layers, memory.images), memory.labels, classes))
    shown = features(network, layers, images)
    distances = jnp.square(shown).sum(axis=1)[:, None] + jnp.square(means).sum(axis=1)
    known = (memory.labels[:, None] == jnp.arange(classes, dtype=jnp.int32)).any(axis=0)
    return jnp.where(known, 2 * shown @ means.T - distances, -jnp.inf)
