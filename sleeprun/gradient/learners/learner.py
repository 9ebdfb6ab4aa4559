"""What a continual-learning method is: declared constants, and pure functions of one network."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
from jaxtyping import Array, Float, Int, UInt32

from sleeprun.gradient import perceptron
from sleeprun.gradient.perceptron import Batch, Layers, Perceptron

Memory = Any
Scalar = Float[Array, ""]
Images = Float[Array, "image pixel"]
Labels = Int[Array, " image"]
Words = UInt32[Array, "2"]  # of a noise stream
THERE = 1 / 3  # of a pass there and back: back are two products of matrices, there is one


class Step(NamedTuple):
    """A training step that was taken."""

    batch: Batch
    before: Layers
    gradient: Layers  # as the optimiser was given it, at `before`
    after: Layers


class Learner(eqx.Module):
    """A method gives what it changes; what it leaves out is plain training.

    Its memory is a pytree, which every function is given and none captures. A task goes: `mix`,
    `begin`, then for each training step `loss`, `direct`, `follow`, and at its end `consolidate`.
    `outputs` reads the network out at any time.
    """

    def init(self, layers: Layers) -> Memory:
        """The memory before the first task."""
        return ()

    def mix(self, memory: Memory, images: Images, labels: Labels) -> tuple[Array, Array]:
        """The images and labels that a task is trained on."""
        return images, labels

    def kept(self, earlier: Sequence[int]) -> int:
        """How many are mixed in, after tasks of so many images."""
        return 0

    def passes(self, batch: int) -> float:
        """What a step costs, in passes there and back of so large a batch, once much is kept."""
        return 1

    def misfit(self, images: int) -> str | None:
        """`key=value: why` it cannot follow a task of so many images."""
        return None

    def begin(self, network: Perceptron, memory: Memory, layers: Layers) -> Memory:
        """The memory that a task is trained with."""
        return memory

    def loss(
        self, network: Perceptron, memory: Memory, layers: Layers, batch: Batch, words: Words
    ) -> Scalar:
        """What training lowers."""
        return perceptron.batch_loss(network, layers, batch, words)

    def direct(
        self,
        network: Perceptron,
        memory: Memory,
        layers: Layers,
        gradient: Layers,
        rate: Scalar,
        words: Words,
    ) -> Layers:
        """The gradient that the optimiser is given; `rate` is the training's."""
        return gradient

    def follow(self, network: Perceptron, memory: Memory, step: Step, words: Words) -> Memory:
        """The memory after a training step."""
        return memory

    def consolidate(
        self,
        network: Perceptron,
        memory: Memory,
        layers: Layers,
        images: Images,
        labels: Labels,
        words: Words,
    ) -> Memory:
        """The memory after a task."""
        return memory

    def outputs(
        self, network: Perceptron, memory: Memory, layers: Layers, images: Images
    ) -> Float[Array, "image class"]:
        """A score of each class."""
        return network.outputs(layers, images)

    def carried(self, memory: Memory) -> int:
        """Bytes that must be kept between tasks."""
        return size(memory)


def size(memory: Memory) -> int:
    """Bytes of all arrays of a pytree."""
    return sum(leaf.nbytes for leaf in jax.tree.leaves(memory))
