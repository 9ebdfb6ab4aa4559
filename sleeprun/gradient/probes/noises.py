"""Noises that images are classified under: a network that knows a task well knows it through them.

A task's noise is the same for all seeds, arms and boundaries.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import equinox as eqx
import numpy as np
from jaxtyping import Float

from sleeprun.config.declared import setting
from sleeprun.config.promise import array, asking, gave
from sleeprun.config.values import Fraction, NonNegative
from sleeprun.noise import Purpose

Images = Float[np.ndarray, "image pixel"]
Shape = tuple[int, int]  # rows and columns; of an image with channels, of each of its planes

CLEAN = "clean"


class Noise(eqx.Module):
    """A kind of noise with its strength."""

    stream: ClassVar[int] = Purpose.OTHER_NOISE

    @abstractmethod
    def shown(self, images: Images, shape: Shape | None, draws: np.random.Generator) -> Images:
        """The images with noise; `shape` is None where they are features, without rows."""

    def misfit(self, shape: Shape | None) -> str | None:
        """Why it cannot be on such images."""
        return None


class Gaussian(Noise):
    """Independent on every pixel; clipped to 0 to 1, or to the range of the images if larger."""

    stream: ClassVar[int] = Purpose.GAUSSIAN_NOISE

    sd: float = setting(NonNegative, "on each pixel, of an image from 0 to 1")

    def shown(self, images: Images, shape: Shape | None, draws: np.random.Generator) -> Images:
        noise = draws.normal(0.0, self.sd, images.shape).astype(np.float32)
        return np.clip(images + noise, min(0, images.min()), max(1, images.max()))


class Blur(Noise):
    """A Gaussian blur over rows and columns as the network is shown them."""

    sd: float = setting(NonNegative, unit="pixels")

    def shown(self, images: Images, shape: Shape | None, draws: np.random.Generator) -> Images:
        from scipy import ndimage  # takes a quarter of a second to load, which few runs need

        assert shape, "features are refused before"
        planes = images.reshape(len(images), -1, *shape)
        return ndimage.gaussian_filter(planes, (0, 0, self.sd, self.sd)).reshape(images.shape)

    def misfit(self, shape: Shape | None) -> str | None:
        if shape is None:
            return "features have no rows and columns; must be null"
        return None


class SaltAndPepper(Noise):
    """Pixels, drawn for each image anew, are 0 or 1, either as often."""

    stream: ClassVar[int] = Purpose.SALT_AND_PEPPER

    share: float = setting(Fraction, "of the pixels that are hit")

    def shown(self, images: Images, shape: Shape | None, draws: np.random.Generator) -> Images:
        hit, white = draws.random((2, *images.shape))
        return np.where(hit < self.share, white < 0.5, images).astype(np.float32)


def noisy(
    images: Images, place: int, shape: Shape | None, noises: Mapping[str, Noise]
) -> dict[str, Images]:
    """The images of the sequence's task at `place` clean, and with each of the noises."""
    return {CLEAN: images} | {
        name: _shown(noise, images, shape, place) for name, noise in noises.items()
    }


def _shown(noise: Noise, images: Images, shape: Shape | None, place: int) -> Images:
    """Raises ConfigError where a noise gives no images."""
    with asking(noise, "shown"):
        found = noise.shown(images, shape, np.random.default_rng([noise.stream, place]))
    gave(noise, "shown", found, *(array(each, *images.shape) for each in ("float32", "float64")))
    return found
