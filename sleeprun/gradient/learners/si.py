"""Synaptic intelligence (Zenke, Poole and Ganguli 2017).

How much each weight's way through a task lowered the task's loss is its importance, relative to
how far it went. The total is kept from falling below 0, as in the authors' program. The anchor
is the network as a task finds it, so that importance alone is carried from task to task.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sleeprun.config.declared import number
from sleeprun.gradient import perceptron
from sleeprun.gradient.learners import anchor
from sleeprun.gradient.learners.learner import Images, Labels, Learner, Scalar, Step, Words, size
from sleeprun.gradient.perceptron import Batch, Layers, Perceptron


class Path(NamedTuple):
    importance: Layers
    anchor: Layers
    integral: Layers  # of minus the gradient along the way since the anchor


class SI(Learner):
    """A quadratic pull to the network as a task found it, by what each weight did for the loss."""

    strength: Scalar = number("of the pull", ge=0)
    damping: Scalar = number("added to how far a weight went, squared", gt=0)

    def init(self, layers: Layers) -> Path:
        zeros = jax.tree.map(jnp.zeros_like, layers)
        return Path(zeros, layers, zeros)

    def begin(self, network: Perceptron, memory: Path, layers: Layers) -> Path:
        return Path(memory.importance, layers, jax.tree.map(jnp.zeros_like, layers))

    def loss(
        self, network: Perceptron, memory: Path, layers: Layers, batch: Batch, words: Words
    ) -> Scalar:
        task = perceptron.batch_loss(network, layers, batch, words)
        return task + self.strength * penalty(memory, layers)

    def follow(self, network: Perceptron, memory: Path, step: Step, words: Words) -> Path:
        """The integral takes the gradient of the task alone, without the penalty's."""
        # The loss has this term, too. Without the barrier XLA rounds the two in one.
        apart = jax.lax.optimization_barrier((self.strength, memory, step.before))
        strength, known, at = apart
        pull = jax.grad(lambda layers: strength * penalty(known, layers))(at)
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
        self,
        network: Perceptron,
        memory: Path,
        layers: Layers,
        images: Images,
        labels: Labels,
        words: Words,
    ) -> Path:
        importance = jax.tree.map(
            lambda old, integral, start, now: jax.nn.relu(
                old + integral / (jnp.square(now - start) + self.damping)
            ),
            memory.importance,
            memory.integral,
            memory.anchor,
            layers,
        )
        return memory._replace(importance=importance)

    def carried(self, memory: Path) -> int:
        return size(memory.importance)


def penalty(memory: Path, layers: Layers) -> Float[Array, ""]:
    """Squared distance from the anchor, weighted by importance."""
    return anchor.distance(memory.importance, memory.anchor, layers)
