"""Wiring by distance, on rows and on sheets."""

from functools import reduce

import numpy as np
from jaxtyping import Int

from sleeprun.config.declared import choice, count, flag, setting
from sleeprun.config.values import Fraction, NonNegative
from sleeprun.spiking.synapses.wiring import Connected, Ends, Wiring


class Nearby(Wiring):
    """Each neuron with those around its own place in the post population, up to `radius` away.

    That place is its own one scaled to the other size, rounded down (Gonzalez et al. 2020). Both
    populations are rows, or both are sheets, where a radius is that of a disc.
    """

    radius: float = setting(NonNegative, "to the farthest target", unit="post neurons")
    probability: float = setting(Fraction, "that a pair within it is joined", default=1.0)
    skip: int = count("places left out where a dimension's targets begin", ge=0, default=0)
    anchor: str = choice(
        "first", "middle", told="of the places that answer to a neuron's own", default="first"
    )
    wrap: bool = flag("whether a population's ends meet", default=False)

    def connect(self, rng: np.random.Generator, ends: Ends) -> Connected:
        away = [self._away(pre, post) for pre, post in zip(ends.pre, ends.post, strict=True)]
        distance = reduce(_over_all, [each**2 for each in away])
        left_out = reduce(_over_all, [1 * (each < self.skip - int(self.radius)) for each in away])
        near = (distance <= self.radius**2) & (left_out == 0)
        return near & (rng.random(ends.shape) < self.probability)

    def _away(self, pre: int, post: int) -> Int[np.ndarray, "pre post"]:
        """How far each target is from each neuron's place, along one dimension."""
        twice = 2 * np.arange(pre) + (self.anchor == "middle")
        away = np.arange(post)[None, :] - (twice * post // (2 * pre))[:, None]
        return (away + post // 2) % post - post // 2 if self.wrap else away

    def misfit(self, ends: Ends) -> str | None:
        if len(ends.pre) == len(ends.post):
            return None
        shapes = " and ".join(
            "a row" if len(size) == 1 else "a sheet" for size in (ends.pre, ends.post)
        )
        return f"radius={self.radius}: there is no distance between {shapes}; give both one shape"


def _over_all(
    one: Int[np.ndarray, "pre post"], other: Int[np.ndarray, "pre_2 post_2"]
) -> Int[np.ndarray, "pre_all post_all"]:
    """The sum of what two dimensions say, for all pairs of places in both."""
    both = one[:, None, :, None] + other[None, :, None, :]
    return both.reshape(len(one) * len(other), -1)
