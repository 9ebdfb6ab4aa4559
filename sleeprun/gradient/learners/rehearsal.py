"""Rehearsal: a fraction of every earlier task's images is mixed into the new task's training.

The fraction is class-balanced; a fraction of 1 keeps every image.
"""

from collections.abc import Sequence

from jax.tree_util import Partial
from jaxtyping import Array, Float, Int

from sleeprun.gradient.learners import buffer
from sleeprun.gradient.learners.buffer import Buffer, Ranked
from sleeprun.gradient.learners.learner import Learner, Words
from sleeprun.gradient.perceptron import Layers, Perceptron


def rehearsal(fraction: float) -> Learner:
    return Learner(
        init=buffer.empty,
        mix=mix,
        kept=Partial(kept, fraction),
        consolidate=Partial(keep, fraction),
    )


def kept(fraction: float, earlier: Sequence[int]) -> int:
    """Of tasks with so many images."""
    return sum(round(fraction * images) for images in earlier)


def mix(
    memory: Buffer | Ranked, images: Float[Array, "image pixel"], labels: Int[Array, " image"]
) -> tuple[Float[Array, "mixed pixel"], Int[Array, " mixed"]]:
    """The new task's images, and those kept of earlier ones."""
    mixed = buffer.joined(Buffer(images, labels), memory)
    return mixed.images, mixed.labels


def keep(
    fraction: float,
    network: Perceptron,
    memory: Buffer,
    layers: Layers,
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
    words: Words,
) -> Buffer:
    """The buffer, longer by a fraction of this task's images."""
    new = Ranked(images, labels, buffer.random_scores(labels, words))
    chosen = buffer.balanced(buffer.unranked(layers), new, kept(fraction, [len(labels)]))
    return buffer.joined(memory, Buffer(chosen.images, chosen.labels))
