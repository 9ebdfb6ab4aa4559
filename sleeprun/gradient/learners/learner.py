"""What a continual-learning method is: a tuple of pure functions, as optax's algorithms are.

A method's memory is a pytree that every function is given and none captures. Its numbers are
leaves of the functions themselves (`jax.tree_util.Partial`), so that runs that differ in a
number only share one compiled program under `equinox.filter_jit`. Every function is one seed's.

A task goes: `mix`, `begin`, then for each training step `loss`, `direct`, `follow`, and at its
end `consolidate`. `outputs` reads the network out at any time.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
from jaxtyping import Array, Float, Int, UInt32

from sleeprun.gradient import perceptron
from sleeprun.gradient.perceptron import Batch, Layers, Perceptron

Memory = Any
Words = UInt32[Array, "2"]  # of a noise stream


class Step(NamedTuple):
    """A training step that was taken."""

    batch: Batch
    before: Layers
    gradient: Layers  # as the optimiser was given it, at `before`
    after: Layers


def nothing(layers: Layers) -> Memory:
    return ()


def unmixed(
    memory: Memory, images: Float[Array, "image pixel"], labels: Int[Array, " image"]
) -> tuple[Float[Array, "image pixel"], Int[Array, " image"]]:
    return images, labels


def none_kept(earlier: Sequence[int]) -> int:
    return 0


def unprepared(network: Perceptron, memory: Memory, layers: Layers) -> Memory:
    return memory


def task_loss(
    network: Perceptron, memory: Memory, layers: Layers, batch: Batch, words: Words
) -> Float[Array, ""]:
    return perceptron.batch_loss(network, layers, batch, words)


def undirected(
    network: Perceptron, memory: Memory, layers: Layers, gradient: Layers, words: Words
) -> Layers:
    return gradient


def unfollowed(network: Perceptron, memory: Memory, step: Step, words: Words) -> Memory:
    return memory


def unconsolidated(
    network: Perceptron,
    memory: Memory,
    layers: Layers,
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
    words: Words,
) -> Memory:
    return memory


def largest_output(
    network: Perceptron, memory: Memory, layers: Layers, images: Float[Array, "image pixel"]
) -> Float[Array, "image class"]:
    return network.outputs(layers, images)


def size(memory: Memory) -> int:
    """Bytes of all arrays of a pytree."""
    return sum(leaf.nbytes for leaf in jax.tree.leaves(memory))


class Learner(NamedTuple):
    """A method gives what it changes; what it leaves out is plain training."""

    init: Callable[..., Memory] = nothing  # the memory before the first task
    mix: Callable[..., tuple[Array, Array]] = unmixed  # the images that a task is trained on
    kept: Callable[[Sequence[int]], int] = none_kept  # how many are mixed in, by tasks' images
    begin: Callable[..., Memory] = unprepared  # the memory that a task is trained with
    loss: Callable[..., Array] = task_loss  # what training lowers
    direct: Callable[..., Layers] = undirected  # the gradient that the optimiser is given
    follow: Callable[..., Memory] = unfollowed  # the memory after a training step
    consolidate: Callable[..., Memory] = unconsolidated  # the memory after a task
    outputs: Callable[..., Array] = largest_output  # a score of each class
    carried: Callable[[Memory], int] = size  # bytes that must be kept between tasks
