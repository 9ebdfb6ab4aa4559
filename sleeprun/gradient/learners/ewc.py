"""Online elastic weight consolidation (Schwarz et al. 2018, after Kirkpatrick et al. 2017).

One running diagonal of the Fisher information, which decays by `decay` at every task, and one
anchor, the network as a task finds it, so that importance alone is carried from task to task.
Both of the perceptron's losses are negative log-likelihoods: of a class for cross-entropy, of
outputs with Gaussian noise of variance 1 for the squared error. The Fisher is the empirical one,
of each image's own label, or is `sampled`, of one target that the network itself gives each image.

The penalty's part of a step of gradient descent is implicit, taken where the step ends (a proximal
step): for a quadratic penalty that divides the gradient by 1 + rate * strength * importance. It
leaves minima where they are, and no strength makes plain descent overshoot the anchor. Momentum may
overshoot it and comes back; Adam, which takes no notice of a gradient's scale, is left as it is.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sleeprun import noise
from sleeprun.config.declared import flag, number
from sleeprun.gradient import perceptron
from sleeprun.gradient.learners import anchor
from sleeprun.gradient.learners.learner import Images, Labels, Learner, Scalar, Words, size
from sleeprun.gradient.perceptron import Batch, Layer, Layers, Perceptron
from sleeprun.noise import Purpose


class Elastic(NamedTuple):
    importance: Layers
    anchor: Layers


class EWC(Learner):
    """A quadratic pull to the network as a task found it, by each weight's importance."""

    strength: Scalar = number("of the pull", ge=0)
    decay: Scalar = number("of the earlier tasks' importance, a task", ge=0, le=1)
    sampled: bool = flag("Fisher with targets that the network gives; false: the true labels")

    def init(self, layers: Layers) -> Elastic:
        """Nothing is important yet."""
        return Elastic(jax.tree.map(jnp.zeros_like, layers), layers)

    def begin(self, network: Perceptron, memory: Elastic, layers: Layers) -> Elastic:
        return memory._replace(anchor=layers)

    def loss(
        self, network: Perceptron, memory: Elastic, layers: Layers, batch: Batch, words: Words
    ) -> Scalar:
        task = perceptron.batch_loss(network, layers, batch, words)
        return task + self.strength * penalty(memory, layers)

    def direct(
        self,
        network: Perceptron,
        memory: Elastic,
        layers: Layers,
        gradient: Layers,
        rate: Scalar,
        words: Words,
    ) -> Layers:
        """The gradient by which an explicit step goes where the implicit one does."""
        return jax.tree.map(
            lambda slope, important: slope / (1 + rate * self.strength * important),
            gradient,
            memory.importance,
        )

    def consolidate(
        self,
        network: Perceptron,
        memory: Elastic,
        layers: Layers,
        images: Images,
        labels: Labels,
        words: Words,
    ) -> Elastic:
        if self.sampled:
            wanted = drawn(network, network.outputs(layers, images), words)
        else:
            wanted = jax.nn.one_hot(labels, layers[-1].weights.shape[1])
        new = fisher(network, layers, images, wanted)
        importance = jax.tree.map(lambda old, new: self.decay * old + new, memory.importance, new)
        return memory._replace(importance=importance)

    def carried(self, memory: Elastic) -> int:
        return size(memory.importance)


def penalty(memory: Elastic, layers: Layers) -> Float[Array, ""]:
    """Half the squared distance from the anchor, weighted by importance."""
    return anchor.distance(memory.importance, memory.anchor, layers) / 2


def drawn(
    network: Perceptron, outputs: Float[Array, "image class"], words: Words
) -> Float[Array, "image class"]:
    """A target of each image as likely as the network's outputs make it."""
    image = jnp.arange(outputs.shape[0], dtype=jnp.int32)[:, None]
    output = jnp.arange(outputs.shape[1], dtype=jnp.int32)[None, :]
    draws = noise.inside(noise.uniform(noise.stream(words, Purpose.FISHER_TARGETS), image, output))
    if network.loss is perceptron.cross_entropy:
        gumbel = -jnp.log(-jnp.log(draws))
        return jax.nn.one_hot(jnp.argmax(outputs + gumbel, axis=1), outputs.shape[1])
    return outputs + jax.scipy.special.ndtri(draws)


def fisher(
    network: Perceptron,
    layers: Layers,
    images: Float[Array, "image pixel"],
    wanted: Float[Array, "image class"],
) -> Layers:
    """Mean squared gradient of each image's loss.

    An image's gradient is the outer product of what enters a layer and of the slope of the loss
    by what arrives at its neurons, so that the mean of its squares is one matrix product.
    """
    zeros = tuple(jnp.zeros(layer.weights.shape[1]) for layer in layers)

    def slopes(image: Array, wanted: Array) -> tuple[Array, ...]:
        def image_loss(shifts: tuple[Array, ...]) -> Array:
            shifted = tuple(
                Layer(layer.weights, shift if layer.bias is None else layer.bias + shift)
                for layer, shift in zip(layers, shifts, strict=True)
            )
            return network.loss(network.outputs(shifted, image[None]), wanted[None]).sum()

        return jax.grad(image_loss)(zeros)

    entering = [images, *network.activations(layers, images)[:-1]]
    return tuple(
        Layer(
            jnp.square(enters).T @ jnp.square(slope) / len(images),
            None if layer.bias is None else jnp.square(slope).mean(axis=0),
        )
        for layer, enters, slope in zip(
            layers, entering, jax.vmap(slopes)(images, wanted), strict=True
        )
    )
