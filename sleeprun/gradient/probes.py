"""What is measured of a perceptron beside its scores, before and after it has slept.

How well it classifies noisy images of the tasks trained so far, how alike those tasks are in its
hidden layers, and how many weights a sleep moved.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from sleeprun.config.images import ProbesConfig

Images = Float[np.ndarray, "image pixel"]
_GAUSSIAN, _SALT_AND_PEPPER = 54, 55


class Moved(NamedTuple):
    """What a sleep did to the weights of each layer."""

    raised: Float[Array, " layer"]  # share of all its weights
    lowered: Float[Array, " layer"]
    mean: Float[Array, " layer"]  # absolute change, over all its weights


def moved(before: Sequence[Float[Array, "_ _"]], after: Sequence[Float[Array, "_ _"]]) -> Moved:
    changes = [late - early for early, late in zip(before, after, strict=True)]
    return Moved(
        jnp.stack([(change > 0).astype(jnp.float32).mean() for change in changes]),
        jnp.stack([(change < 0).astype(jnp.float32).mean() for change in changes]),
        jnp.stack([jnp.abs(change).mean(axis=0).mean() for change in changes]),
    )


def overlap(means: Float[np.ndarray, "task unit"]) -> float:
    """Pearson correlation of the tasks' mean activations, over all pairs of tasks.

    A task that all units answer alike (a silent layer) correlates with none and is left out.
    """
    means = means.astype(np.float64)
    varied = means[np.ptp(means, axis=1) > 0]
    if len(varied) < 2:
        return float("nan")
    return float(np.corrcoef(varied)[np.triu_indices(len(varied), 1)].mean())


def chosen(images: int, most: int) -> Int[np.ndarray, " chosen"]:
    """Indices of at most so many images, evenly spread: a file may be sorted by class."""
    return np.linspace(0, images - 1, min(images, most)).astype(int)


def kinds(wanted: ProbesConfig) -> list[str]:
    """The kinds of noise that are wanted, none first."""
    amounts = {
        "gaussian": wanted.gaussian,
        "blur": wanted.blur,
        "salt and pepper": wanted.salt_and_pepper,
    }
    return ["clean", *(kind for kind, amount in amounts.items() if amount is not None)]


def noisy(
    images: Images, place: int, shape: tuple[int, int] | None, wanted: ProbesConfig
) -> dict[str, Images]:
    """The images of the sequence's task at `place` clean, and with each kind of noise wanted.

    The noise is the same for all seeds, arms and boundaries.
    """
    shown = {"clean": images}
    if wanted.gaussian is not None:
        shown["gaussian"] = gaussian(images, wanted.gaussian, _draws(_GAUSSIAN, place))
    if wanted.blur is not None:
        assert shape, "the blur of what has no rows and columns is refused with the configuration"
        shown["blur"] = blur(images, wanted.blur, shape)
    if wanted.salt_and_pepper is not None:
        draws = _draws(_SALT_AND_PEPPER, place)
        shown["salt and pepper"] = salt_and_pepper(images, wanted.salt_and_pepper, draws)
    return shown


def _draws(purpose: int, place: int) -> np.random.Generator:
    return np.random.default_rng([purpose, place])


def gaussian(images: Images, sd: float, draws: np.random.Generator) -> Images:
    """Independent noise on every pixel; clipped to 0 to 1, or to the largest feature above."""
    noise = draws.normal(0.0, sd, images.shape).astype(np.float32)
    return np.clip(images + noise, 0, max(1, images.max()))


def blur(images: Images, sd: float, shape: tuple[int, int]) -> Images:
    """A Gaussian blur of `sd` pixels, over rows and columns as the network is shown them."""
    from scipy import ndimage  # takes a quarter of a second to load, which few runs need

    pictures = images.reshape(len(images), *shape)
    return ndimage.gaussian_filter(pictures, (0, sd, sd)).reshape(images.shape)


def salt_and_pepper(images: Images, share: float, draws: np.random.Generator) -> Images:
    """That share of the pixels, drawn for each image anew, is 0 or 1, either as often."""
    hit, white = draws.random((2, *images.shape))
    return np.where(hit < share, white < 0.5, images).astype(np.float32)
