"""What a perceptron is shown asleep: noise in the shape of what it saw (Tadros et al. 2022)."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from sleeprun import noise
from sleeprun.gradient.replay.rule import Replay

_ROW, _COLUMN = -1, -2  # what a draw is for, beside the pixels


def draw(
    replay: Replay,
    mean_image: Float[Array, " pixel"],
    shape: tuple[int, int] | None,
    patch: int | None,
    words: noise.Stream,
    first_step: Int[Array, ""],
    steps: int,
) -> Bool[Array, "time pixel"]:
    """The input's spikes: a pixel x spikes with probability min(1, 2 dt max_rate x).

    Each step shows one square patch of an image of `shape` (height, width), placed anew anywhere
    inside it; without a shape or a patch, all of the mean input.
    """
    time = first_step + jnp.arange(steps, dtype=jnp.int32)
    pixel = jnp.arange(mean_image.shape[0], dtype=jnp.int32)
    chance = 2 * replay.dt * replay.max_rate * mean_image  # a draw is always below 1
    spikes = noise.uniform(words, time[:, None], pixel[None, :]) < chance
    if shape is None or patch is None:
        return spikes
    return spikes & patches(shape, patch, words, time)


def patches(
    shape: tuple[int, int], patch: int, words: noise.Stream, time: Int[Array, " time"]
) -> Bool[Array, "time pixel"]:
    """Which pixels are shown at each step."""
    assert patch <= min(shape), f"a patch of {patch} does not fit into an image of {shape}"

    def shown(size: int, what: int) -> Bool[Array, "time _"]:
        corner = noise.below(size - patch + 1, noise.uniform(words, time, what))
        offset = jnp.arange(size, dtype=jnp.int32)[None, :] - corner[:, None]
        return (offset >= 0) & (offset < patch)

    rows, columns = shown(shape[0], _ROW), shown(shape[1], _COLUMN)
    return (rows[:, :, None] & columns[:, None, :]).reshape(time.shape[0], -1)
