"""Homeostasis: slow changes that bring a population's firing rates to a target."""

from abc import abstractmethod

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from sleeprun.config.declared import choice, number
from sleeprun.config.kinds import Kinds
from sleeprun.spiking.neurons.neuron import Scalar

Neurons = Float[Array, " neuron"]


class Homeostasis(eqx.Module):
    """How a rate is smoothed, and what follows for the quantity that is adapted, once a cycle.

    `down` is asked for a quantity that excites too much where the rate is too high; `up` for one
    that inhibits (the resistance).
    """

    regulates: str = choice("resistance", "in_weights", told="the quantity that is adapted")

    @abstractmethod
    def smooth(self, rate: Neurons, spikes: Neurons) -> Neurons:
        """The rate after a cycle with these spikes."""

    @abstractmethod
    def down(self, quantity: Neurons, rate: Neurons) -> Neurons: ...

    @abstractmethod
    def up(self, quantity: Neurons, rate: Neurons) -> Neurons: ...


class Stepwise(Homeostasis):
    """Golden et al. 2022, "Homeostasis": one small step a movement cycle.

    The smoothed rate (spikes a cycle) follows the spikes of the last cycle. `down` of a quantity
    that excites too much shrinks it above the target rate and grows it otherwise; `up`, for a
    quantity that inhibits (the resistance), does the reverse.
    """

    target: Scalar = number("rate", unit="spikes a cycle", ge=0)
    step: Scalar = number("of the quantity, as a share of it", unit="a cycle", ge=0, lt=1)
    smoothing: Scalar = number("of the rate", unit="a cycle", ge=0, le=1)

    def smooth(self, rate: Neurons, spikes: Neurons) -> Neurons:
        return (1 - self.smoothing) * rate + self.smoothing * spikes

    def down(self, quantity: Neurons, rate: Neurons) -> Neurons:
        return quantity * jnp.where(rate > self.target, 1 - self.step, 1 + self.step)

    def up(self, quantity: Neurons, rate: Neurons) -> Neurons:
        return quantity * jnp.where(rate > self.target, 1 + self.step, 1 - self.step)


HOMEOSTASES = Kinds(
    "kind of homeostasis",
    "sleeprun.spiking.homeostasis.Homeostasis",
    default="stepwise",
    stepwise="sleeprun.spiking.homeostasis.Stepwise",
)
