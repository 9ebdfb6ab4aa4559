"""Homeostasis: slow changes that bring a population's firing rates to a target."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from sleeprun.config.declared import choice, number

Neurons = Float[Array, " neuron"]
Scalar = Float[Array, ""]


class Homeostasis(eqx.Module):
    """Golden et al. 2022, "Homeostasis": one small step a movement cycle.

    The smoothed rate (spikes a cycle) follows the spikes of the last cycle. `down` of a quantity
    that excites too much shrinks it above the target rate and grows it otherwise; `up`, for a
    quantity that inhibits (the resistance), does the reverse.
    """

    regulates: str = choice("resistance", "in_weights", told="the quantity that is adapted")
    target: Scalar = number("rate", unit="spikes a cycle", ge=0)
    step: Scalar = number("of the quantity, as a share of it", unit="a cycle", ge=0, lt=1)
    smoothing: Scalar = number("of the rate", unit="a cycle", ge=0, le=1)

    def smooth(self, rate: Neurons, spikes: Neurons) -> Neurons:
        return (1 - self.smoothing) * rate + self.smoothing * spikes

    def down(self, quantity: Neurons, rate: Neurons) -> Neurons:
        return quantity * jnp.where(rate > self.target, 1 - self.step, 1 + self.step)

    def up(self, quantity: Neurons, rate: Neurons) -> Neurons:
        return quantity * jnp.where(rate > self.target, 1 + self.step, 1 - self.step)
