"""The average of the weights after each task, read out in place of the weights themselves.

Training never sees it: a control for any method that moves the weights between tasks.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sleeprun.gradient.learners.learner import Learner, Words
from sleeprun.gradient.perceptron import Layers, Perceptron


class Sum(NamedTuple):
    layers: Layers
    tasks: Int[Array, ""]


def averaging() -> Learner:
    return Learner(init=nothing, consolidate=consolidate, outputs=outputs)


def nothing(layers: Layers) -> Sum:
    return Sum(jax.tree.map(jnp.zeros_like, layers), jnp.int32(0))


def consolidate(
    network: Perceptron,
    memory: Sum,
    layers: Layers,
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
    words: Words,
) -> Sum:
    return Sum(jax.tree.map(jnp.add, memory.layers, layers), memory.tasks + 1)


def mean(memory: Sum, layers: Layers) -> Layers:
    """Over the tasks that are done; `layers` before the first is."""
    tasks = memory.tasks.astype(jnp.float32)
    return jax.tree.map(
        lambda total, now: jnp.where(memory.tasks > 0, total / jnp.maximum(tasks, 1.0), now),
        memory.layers,
        layers,
    )


def outputs(
    network: Perceptron, memory: Sum, layers: Layers, images: Float[Array, "image pixel"]
) -> Float[Array, "image class"]:
    return network.outputs(mean(memory, layers), images)
