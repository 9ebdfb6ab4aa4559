"""Averaged gradient episodic memory (Chaudhry et al. 2019).

A gradient that would raise the loss of images kept from earlier tasks loses the part that does.
The memory is class-balanced.
"""

import jax
import jax.numpy as jnp
from jax.tree_util import Partial
from jaxtyping import Array, Float, Int

from sleeprun import noise
from sleeprun.gradient import perceptron
from sleeprun.gradient.learners import buffer
from sleeprun.gradient.learners.buffer import Ranked
from sleeprun.gradient.learners.learner import Learner, Words
from sleeprun.gradient.perceptron import Layers, Perceptron

_REFERENCE = 46


def agem(capacity: int, size: int) -> Learner:
    """`size` images of the memory give a step's reference gradient."""
    return Learner(
        init=buffer.unranked,
        direct=Partial(direct, size),
        consolidate=Partial(keep, capacity),
    )


def product(one: Layers, other: Layers) -> Float[Array, ""]:
    terms = jax.tree.map(lambda a, b: jnp.sum(a * b), one, other)
    return jnp.stack(jax.tree.leaves(terms)).sum()


def projected(gradient: Layers, reference: Layers) -> Layers:
    """The nearest gradient that has no part against the reference."""
    overlap, length = product(gradient, reference), product(reference, reference)
    against = jnp.minimum(overlap, 0.0) / jnp.where(length > 0, length, 1.0)
    return jax.tree.map(lambda g, r: g - against * r, gradient, reference)


def direct(
    size: int,
    network: Perceptron,
    memory: Ranked,
    layers: Layers,
    gradient: Layers,
    words: Words,
) -> Layers:
    if not len(memory.labels):
        return gradient
    words = noise.stream(words, _REFERENCE)
    batch = buffer.sample(memory, size, words)
    reference = jax.grad(lambda layers: perceptron.batch_loss(network, layers, batch, words))
    return projected(gradient, reference(layers))


def keep(
    capacity: int,
    network: Perceptron,
    memory: Ranked,
    layers: Layers,
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
    words: Words,
) -> Ranked:
    new = Ranked(images, labels, buffer.random_scores(labels, words))
    return buffer.balanced(memory, new, capacity)
