"""The average of the weights after each task, read out in place of the weights themselves.

Training never sees it: a control for any method that moves the weights between tasks.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sleeprun.gradient.learners.learner import Images, Labels, Learner, Words
from sleeprun.gradient.perceptron import Layers, Perceptron


class Sum(NamedTuple):
    layers: Layers
    tasks: Int[Array, ""]


class Averaging(Learner):
    """The mean of the weights after each task is read out."""

    def init(self, layers: Layers) -> Sum:
        return Sum(jax.tree.map(jnp.zeros_like, layers), jnp.int32(0))

    def consolidate(
        self,
        network: Perceptron,
        memory: Sum,
        layers: Layers,
        images: Images,
        labels: Labels,
        words: Words,
    ) -> Sum:
        return Sum(jax.tree.map(jnp.add, memory.layers, layers), memory.tasks + 1)

    def outputs(
        self, network: Perceptron, memory: Sum, layers: Layers, images: Images
    ) -> Float[Array, "image class"]:
        return network.outputs(mean(memory, layers), images)


def mean(memory: Sum, layers: Layers) -> Layers:
    """Over the tasks that are done; `layers` before the first is."""
    tasks = memory.tasks.astype(jnp.float32)
    return jax.tree.map(
        lambda total, now: jnp.where(memory.tasks > 0, total / jnp.maximum(tasks, 1.0), now),
        memory.layers,
        layers,
    )
