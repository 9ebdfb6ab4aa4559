"""How a perceptron is trained: the constants of gradient descent, and its steps by optax.

Its numbers are leaves, so that runs that differ in a number only share one compiled program.
"""

from abc import abstractmethod
from typing import Any

import equinox as eqx
import optax
from jaxtyping import Array, Int

from sleeprun.config.declared import count, integer, number, setting
from sleeprun.config.kinds import Kinds
from sleeprun.config.promise import asking
from sleeprun.gradient.learners.learner import Scalar
from sleeprun.gradient.perceptron import Layers

OPTIMISERS = Kinds(
    "kind of optimiser",
    "sleeprun.gradient.learners.descent.Optimiser",
    sgd="sleeprun.gradient.learners.descent.SGD",
    adam="sleeprun.gradient.learners.descent.Adam",
)


class Optimiser(eqx.Module):
    """Without constants of its own: the rate and the momentum are those of training."""

    @abstractmethod
    def steps(self, rate: Scalar, momentum: Scalar) -> optax.GradientTransformation:
        """As optax has them, or chains them."""


class SGD(Optimiser):
    def steps(self, rate: Scalar, momentum: Scalar) -> optax.GradientTransformation:
        return optax.sgd(rate, momentum)


class Adam(Optimiser):
    def steps(self, rate: Scalar, momentum: Scalar) -> optax.GradientTransformation:
        return optax.adam(rate, momentum)


class Descent(eqx.Module):
    """Gradient descent in batches."""

    optimiser: str = setting(OPTIMISERS.name)
    rate: Scalar = number("of learning", gt=0)
    momentum: Scalar = number("of sgd, carried over from task to task; adam's beta 1", ge=0, lt=1)
    batch: int = count("images of a step")
    epochs: Int[Array, ""] = integer("times that a task shows its images", ge=1)

    def init(self, layers: Layers) -> Any:
        """The optimiser's state before the first step."""
        return self._steps().init(layers)

    def update(self, gradient: Layers, state: Any, layers: Layers) -> tuple[Layers, Any]:
        """What is added to the layers, and the optimiser's state after it."""
        return self._steps().update(gradient, state, layers)

    def _steps(self) -> optax.GradientTransformation:
        optimiser = OPTIMISERS.of(self.optimiser)()
        with asking(optimiser, "steps"):
            return optimiser.steps(self.rate, self.momentum)
