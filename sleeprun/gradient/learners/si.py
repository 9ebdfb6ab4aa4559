"""Synaptic intelligence (Zenke, Poole and Ganguli 2017).

How much each weight's way through a task lowered the task's loss is its importance, relative to
how far it went. The total is kept from falling below 0, as in the authors' program. The anchor
is the network as a task finds it, so that importance alone is carried from task to task.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.tree_util import Partial
from jaxtyping import Array, Float, Int

from sleeprun.gradient import perceptron
from sleeprun.gradient.learners import anchor
from sleeprun.gradient.learners.learner import Learner, Step, Words, size
from sleeprun.gradient.perceptron import Batch, Layers, Perceptron


class Path(NamedTuple):
    importance: Layers
    anchor: Layers
    integral: Layers  # of minus the gradient along the way since the anchor


def si(strength: float, damping: float) -> Learner:
    return Learner(
        init=init,
        begin=begin,
        loss=Partial(loss, jnp.float32(strength)),
        follow=Partial(follow, jnp.float32(strength)),
        consolidate=Partial(consolidate, jnp.float32(damping)),
        carried=carried,
    )


def carried(memory: Path) -> int:
    return size(memory.importance)


def init(layers: Layers) -> Path:
    zeros = jax.tree.map(jnp.zeros_like, layers)
    return Path(zeros, layers, zeros)


def begin(network: Perceptron, memory: Path, layers: Layers) -> Path:
    return Path(memory.importance, layers, jax.tree.map(jnp.zeros_like, layers))


def penalty(memory: Path, layers: Layers) -> Float[Array, ""]:
    """Squared distance from the anchor, weighted by importance."""
    return anchor.distance(memory.importance, memory.anchor, layers)


def loss(
    strength: Float[Array, ""],
    network: Perceptron,
    memory: Path,
    layers: Layers,
    batch: Batch,
    words: Words,
) -> Float[Array, ""]:
    task = perceptron.batch_loss(network, layers, batch, words)
    return task + strength * penalty(memory, layers)


def follow(
    strength: Float[Array, ""], network: Perceptron, memory: Path, step: Step, words: Words
) -> Path:
    """The integral takes the gradient of the task alone, without the penalty's."""
    pull = jax.grad(lambda layers: strength * penalty(memory, layers))(step.before)
    integral = jax.tree.map(
        lambda told, whole, pull, before, after: told - (whole - pull) * (after - before),
        memory.integral,
        step.gradient,
        pull,
        step.before,
        step.after,
    )
    return memory._replace(integral=integral)


def consolidate(
    damping: Float[Array, ""],
    network: Perceptron,
    memory: Path,
    layers: Layers,
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
    words: Words,
) -> Path:
    importance = jax.tree.map(
        lambda old, integral, start, now: jax.nn.relu(
            old + integral / (jnp.square(now - start) + damping)
        ),
        memory.importance,
        memory.integral,
        memory.anchor,
        layers,
    )
    return memory._replace(importance=importance)
