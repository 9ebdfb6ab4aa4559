"""How a perceptron is trained: the constants of gradient descent, and its steps by optax.

Its numbers are leaves, so that runs that differ in a number only share one compiled program.
"""

from typing import Any

import equinox as eqx
import optax
from jaxtyping import Array, Float, Int

from sleeprun.config.declared import choice, count, integer, number
from sleeprun.gradient.perceptron import Layers

OPTIMISERS = {"sgd": optax.sgd, "adam": optax.adam}


class Descent(eqx.Module):
    """Gradient descent in batches."""

    optimiser: str = choice(*OPTIMISERS)
    rate: Float[Array, ""] = number("of learning", gt=0)
    momentum: Float[Array, ""] = number(
        "of sgd, carried over from task to task; adam's beta 1", ge=0, lt=1
    )
    batch: int = count("images of a step")
    epochs: Int[Array, ""] = integer("times that a task shows its images", ge=1)

    def init(self, layers: Layers) -> Any:
        """The optimiser's state before the first step."""
        return self._steps().init(layers)

    def update(self, gradient: Layers, state: Any, layers: Layers) -> tuple[Layers, Any]:
        """What is added to the layers, and the optimiser's state after it."""
        return self._steps().update(gradient, state, layers)

    def _steps(self) -> optax.GradientTransformation:
        return OPTIMISERS[self.optimiser](self.rate, self.momentum)
