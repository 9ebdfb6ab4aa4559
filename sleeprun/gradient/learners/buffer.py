"""Images kept from earlier tasks, each class with an equal share."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt32

from sleeprun import noise
from sleeprun.gradient.perceptron import Batch, Layers


class Buffer(NamedTuple):
    images: Float[Array, "kept pixel"]
    labels: Int[Array, " kept"]


class Ranked(NamedTuple):
    """Of each class the lowest scores are kept longest, whichever task they are of."""

    images: Float[Array, "kept pixel"]
    labels: Int[Array, " kept"]
    scores: Float[Array, " kept"]


def empty(layers: Layers) -> Buffer:
    return Buffer(jnp.zeros((0, len(layers[0].weights))), jnp.zeros(0, jnp.int32))


def unranked(layers: Layers) -> Ranked:
    """An empty one."""
    return Ranked(*empty(layers), jnp.zeros(0))


def ranks_in_class(
    labels: Int[Array, " image"], scores: Float[Array, " image"]
) -> Int[Array, " image"]:
    """How many images of its own class have a lower score than each image."""
    there = len(labels)
    order = jnp.lexsort((scores, labels))
    ordered = labels[order]
    start = jnp.searchsorted(ordered, ordered, side="left").astype(jnp.int32)
    ranks = jnp.arange(there, dtype=jnp.int32) - start
    return jnp.zeros(there, jnp.int32).at[order].set(ranks)


def random_scores(
    labels: Int[Array, " image"], words: UInt32[Array, "2"]
) -> Float[Array, " image"]:
    return noise.uniform(words, jnp.arange(len(labels), dtype=jnp.int32))


def joined(one: Buffer, other: Buffer | Ranked) -> Buffer:
    return Buffer(
        jnp.concatenate([one.images, other.images]), jnp.concatenate([one.labels, other.labels])
    )


def balanced(kept: Ranked, new: Ranked, capacity: int) -> Ranked:
    """At most `capacity` of the kept and the new images, those of lowest score in their class.

    Classes differ by at most one image unless one has no more to give. What it returns has as
    many images as there are, up to `capacity`: its shape grows over the first tasks.
    """
    pool = Ranked(*map(jnp.concatenate, zip(kept, new, strict=True)))
    ranks = ranks_in_class(pool.labels, pool.scores)
    chosen = jnp.argsort(ranks, stable=True)[:capacity]
    return Ranked(*(leaf[chosen] for leaf in pool))


def sample(buffer: Buffer | Ranked, size: int, words: UInt32[Array, "2"]) -> Batch:
    """A batch drawn with replacement from a buffer that is not empty."""
    draws = noise.uniform(words, jnp.arange(size, dtype=jnp.int32))
    chosen = noise.below(len(buffer.labels), draws)
    return Batch(buffer.images[chosen], buffer.labels[chosen], jnp.ones(size, bool))


def by_class(buffer: Buffer | Ranked, size: int, words: UInt32[Array, "2"]) -> Batch:
    """A batch from a buffer that is not empty, in which classes differ by at most one image.

    No image comes twice before all others of its class have come.
    """
    labels, there = buffer.labels, len(buffer.labels)
    order = jnp.lexsort((random_scores(labels, words), labels))
    first = jnp.diff(labels[order], prepend=-1) != 0  # of its class
    begin = jnp.flatnonzero(first, size=there, fill_value=there).astype(jnp.int32)
    classes, own = first.sum().astype(jnp.int32), jnp.diff(begin, append=there)
    offset = noise.below(classes, noise.uniform(words, -1))  # who is first where one is more
    turn = offset + jnp.arange(size, dtype=jnp.int32)
    whose = turn % classes
    chosen = order[begin[whose] + (turn // classes) % own[whose]]
    return Batch(buffer.images[chosen], labels[chosen], jnp.ones(size, bool))
