"""Learning without forgetting (Li and Hoiem 2017).

While a new task is trained, by the outputs of its own classes, the network's outputs to its images
stay near those of the network that the task found, over the classes of earlier tasks. Where the
network is trained by cross-entropy, outputs are softened at a temperature (Hinton et al. 2015);
trained by the squared error they are targets themselves, and a softmax of outputs between 0 and 1
would say little. That network is there anyway: only which classes were seen is carried on.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from sleeprun.config.declared import number
from sleeprun.gradient import perceptron
from sleeprun.gradient.learners.learner import THERE, Images, Labels, Learner, Scalar, Words, size
from sleeprun.gradient.perceptron import Batch, Layers, Perceptron


class Teacher(NamedTuple):
    layers: Layers
    seen: Bool[Array, " class"]


class LwF(Learner):
    """What the network answered before a task is taught beside the task."""

    strength: Scalar = number("of the distillation", ge=0)
    temperature: Scalar = number("of cross-entropy; a squared error has none", gt=0)

    def passes(self, batch: int) -> float:
        return 1 + THERE

    def init(self, layers: Layers) -> Teacher:
        return Teacher(layers, jnp.zeros(layers[-1].weights.shape[1], bool))

    def begin(self, network: Perceptron, memory: Teacher, layers: Layers) -> Teacher:
        return Teacher(layers, memory.seen)

    def loss(
        self, network: Perceptron, memory: Teacher, layers: Layers, batch: Batch, words: Words
    ) -> Scalar:
        outputs = network.outputs_with_dropout(layers, batch.images, words)
        taught = network.outputs(memory.layers, batch.images)
        losses = task_loss(network, outputs, batch, memory.seen)
        distilled = distillation(network, outputs, taught, memory.seen, self.temperature)
        losses += self.strength * distilled
        return jnp.where(batch.counts, losses, 0.0).sum() / batch.counts.sum().astype(jnp.float32)

    def consolidate(
        self,
        network: Perceptron,
        memory: Teacher,
        layers: Layers,
        images: Images,
        labels: Labels,
        words: Words,
    ) -> Teacher:
        classes = jnp.arange(len(memory.seen), dtype=jnp.int32)
        return Teacher(layers, memory.seen | (labels[:, None] == classes).any(axis=0))

    def carried(self, memory: Teacher) -> int:
        return size(memory.seen)


def distillation(
    network: Perceptron,
    outputs: Float[Array, "image class"],
    taught: Float[Array, "image class"],
    seen: Bool[Array, " class"],
    temperature: Float[Array, ""],
) -> Float[Array, " image"]:
    """What the network's own loss makes of the teacher's outputs; without `seen` classes 0."""
    if network.loss is perceptron.cross_entropy:
        return softened(outputs, taught, seen, temperature)
    return network.loss(jnp.where(seen, outputs, 0.0), jnp.where(seen, taught, 0.0))


def softened(
    outputs: Float[Array, "image class"],
    taught: Float[Array, "image class"],
    seen: Bool[Array, " class"],
    temperature: Float[Array, ""],
) -> Float[Array, " image"]:
    """Cross-entropy of each image's softened outputs with the teacher's, times temperature^2.

    Only `seen` classes take part; without any the distillation is 0.
    """
    far = jnp.float32(-1e9)
    wanted = jax.nn.softmax(jnp.where(seen, taught / temperature, far))
    given = jax.nn.log_softmax(jnp.where(seen, outputs / temperature, far))
    return -jnp.where(seen, wanted * given, 0.0).sum(axis=1) * jnp.square(temperature)


def task_loss(
    network: Perceptron,
    outputs: Float[Array, "image class"],
    batch: Batch,
    seen: Bool[Array, " class"],
) -> Float[Array, " image"]:
    """The loss over the outputs that are not an earlier task's, unless the batch has their class.

    Else the labels would draw to 0 what the teacher holds up.
    """
    wanted = jax.nn.one_hot(batch.labels, outputs.shape[1])
    trained = ~seen | ((wanted > 0) & batch.counts[:, None]).any(axis=0)
    absent = jnp.float32(-1e9 if network.loss is perceptron.cross_entropy else 0)
    return network.loss(jnp.where(trained, outputs, absent), wanted)
