"""Averaged gradient episodic memory (Chaudhry et al. 2019)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sleeprun import noise
from sleeprun.config.declared import count
from sleeprun.gradient import perceptron
from sleeprun.gradient.learners import buffer
from sleeprun.gradient.learners.buffer import Ranked
from sleeprun.gradient.learners.keeping import Keeping
from sleeprun.gradient.learners.learner import Scalar, Words
from sleeprun.gradient.perceptron import Layers, Perceptron
from sleeprun.noise import Purpose


class AGEM(Keeping):
    """A gradient that would raise the loss of images kept from earlier tasks loses that part.

    The memory is class-balanced.
    """

    size: int = count("of those, for a step's reference gradient")

    def passes(self, batch: int) -> float:
        return 1 + self.size / batch

    def direct(
        self,
        network: Perceptron,
        memory: Ranked,
        layers: Layers,
        gradient: Layers,
        rate: Scalar,
        words: Words,
    ) -> Layers:
        if not len(memory.labels):
            return gradient
        words = noise.stream(words, Purpose.REFERENCE_BATCH)
        batch = buffer.sample(memory, self.size, words)
        reference = jax.grad(lambda layers: perceptron.batch_loss(network, layers, batch, words))
        return projected(gradient, reference(layers))


def product(one: Layers, other: Layers) -> Float[Array, ""]:
    terms = jax.tree.map(lambda a, b: jnp.sum(a * b), one, other)
    return jnp.stack(jax.tree.leaves(terms)).sum()


def projected(gradient: Layers, reference: Layers) -> Layers:
    """The nearest gradient that has no part against the reference."""
    overlap, length = product(gradient, reference), product(reference, reference)
    against = jnp.minimum(overlap, 0.0) / jnp.where(length > 0, length, 1.0)
    return jax.tree.map(lambda g, r: g - against * r, gradient, reference)
