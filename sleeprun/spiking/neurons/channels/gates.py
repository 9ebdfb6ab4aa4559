"""The mathematics of gates that open and close."""

from typing import Any, NamedTuple

import jax.numpy as jnp

from sleeprun.spiking.neurons.neuron import Neurons, Scalar


class Rates(NamedTuple):
    """x' = opening (1 - x) - closing x."""

    opening: Neurons  # 1/ms
    closing: Neurons

    @property
    def steady(self) -> Neurons:
        return self.opening / (self.opening + self.closing)

    def relaxed(self, gate: Neurons, dt: Scalar) -> Neurons:
        """The gate `dt` ms later: exact at constant rates."""
        kept = jnp.exp(-(self.opening + self.closing) * dt)
        return self.steady + (gate - self.steady) * kept


class Relaxation(NamedTuple):
    """x' = (steady - x) / tau."""

    steady: Neurons
    tau: Neurons | Scalar  # ms

    def relaxed(self, gate: Neurons, dt: Scalar) -> Neurons:
        """The gate `dt` ms later: exact where both are constant."""
        return self.steady + (gate - self.steady) * jnp.exp(-dt / self.tau)


class TwoGates(NamedTuple):
    """Of a channel that opens and then closes by itself: the gates, or how each moves."""

    m: Any  # activation
    h: Any  # inactivation


def linoid(y: Neurons, scale: float) -> Neurons:
    """y / (1 - exp(-y / scale)), which is `scale` at 0."""
    near = jnp.abs(y) < 1e-3 * scale
    safe = jnp.where(near, scale, y)
    return jnp.where(near, scale + y / 2, safe / -jnp.expm1(-safe / scale))


def sigmoid(v: Neurons, middle: float, slope: float) -> Neurons:
    """1 / (1 + exp(-(v - middle) / slope)): falling where the slope is negative."""
    return 1 / (1 + jnp.exp(-(v - middle) / slope))
