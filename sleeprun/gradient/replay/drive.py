"""What a perceptron is shown asleep: the spikes of its inputs."""

from abc import abstractmethod

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from sleeprun import noise
from sleeprun.config.declared import choice, number, setting
from sleeprun.config.values import Count

Shape = tuple[int, int]  # rows and columns; of an image with channels, of each of its planes
Spikes = Bool[Array, "time pixel"]

_ROW, _COLUMN = -1, -2  # what a draw is for, beside the pixels


class Drive(eqx.Module):
    """What is drawn may depend on the mean image, on the step and on the stream of noise alone."""

    shown: str = choice(
        "seen", "last", told="the mean image of all tasks seen so far, or of the last one"
    )

    @abstractmethod
    def draw(
        self,
        mean_image: Float[Array, " pixel"],
        shape: Shape | None,
        words: noise.Stream,
        first_step: Int[Array, ""],
        steps: int,
    ) -> Spikes:
        """Who of the inputs spikes in each of `steps` steps from `first_step` on.

        `shape` is None where inputs are features, without rows and columns.
        """

    def misfit(self, shape: Shape | None) -> str | None:
        """`key=value: why` it cannot drive such inputs."""
        return None


class MeanImage(Drive):
    """Noise in the shape of what was seen (Tadros et al. 2022).

    An input x spikes with probability min(1, 2 dt max_rate x) a step; one below 0 never does. Each
    step shows one square patch of the image, placed anew anywhere inside it.
    """

    max_rate: Float[Array, ""] = number("of an input of 1", unit="Hz", gt=0)
    dt: Float[Array, ""] = number("of a step", unit="s", gt=0)
    patch: int | None = setting(Count | None, "side of the patch; null: all is shown")

    def draw(
        self,
        mean_image: Float[Array, " pixel"],
        shape: Shape | None,
        words: noise.Stream,
        first_step: Int[Array, ""],
        steps: int,
    ) -> Spikes:
        time = first_step + jnp.arange(steps, dtype=jnp.int32)
        pixel = jnp.arange(mean_image.shape[0], dtype=jnp.int32)
        chance = 2 * self.dt * self.max_rate * mean_image  # a draw is always below 1
        spikes = noise.uniform(words, time[:, None], pixel[None, :]) < chance
        if shape is None or self.patch is None:
            return spikes
        planes = mean_image.shape[0] // (shape[0] * shape[1])
        return spikes & jnp.tile(patches(shape, self.patch, words, time), (1, planes))

    def misfit(self, shape: Shape | None) -> str | None:
        if self.patch is None:
            return None
        if shape is None:
            return f"patch={self.patch}: features have no rows and columns; must be null"
        if self.patch > min(shape):
            told = f"images are {shape[0]} x {shape[1]}; choose 1 to {min(shape)}"
            return f"patch={self.patch}: {told}"
        return None


def patches(
    shape: Shape, patch: int, words: noise.Stream, time: Int[Array, " time"]
) -> Bool[Array, "time pixel"]:
    """Which pixels are shown at each step."""
    assert patch <= min(shape), f"a patch of {patch} does not fit into an image of {shape}"

    def shown(size: int, what: int) -> Bool[Array, "time _"]:
        corner = noise.below(size - patch + 1, noise.uniform(words, time, what))
        offset = jnp.arange(size, dtype=jnp.int32)[None, :] - corner[:, None]
        return (offset >= 0) & (offset < patch)

    rows, columns = shown(shape[0], _ROW), shown(shape[1], _COLUMN)
    return (rows[:, :, None] & columns[:, None, :]).reshape(time.shape[0], -1)
