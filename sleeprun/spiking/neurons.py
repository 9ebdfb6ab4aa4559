"""Neuron models: a frozen set of constants with `init(size)` and `step(state)`.

A model advances all neurons of a population by one step. Its state is a NamedTuple whose field
`i` is the synaptic current, to which spikes and kicks are added between steps.
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

Scalar = Float[Array, ""]
Neurons = Float[Array, " neuron"]


class RulkovState(NamedTuple):
    v: Neurons  # V[n] as a deviation from rest
    v1: Neurons  # V[n-1]
    v2: Neurons  # V[n-2]
    u: Neurons  # slow variable as a deviation from rest
    i: Neurons  # synaptic current


class RulkovMap(eqx.Module):
    """The Rulkov map neuron (Golden et al. 2022, eqs. 1-3), all quantities dimensionless.

    V and u are kept as deviations from the resting point V* = sigma - 1,
    u* = V* - alpha / (1 - V*): in float32 the mu-sized updates of u near -2.82 would vanish.
    Written in deviations, with w = u + beta_e I:

        V' = alpha V / ((1 - V*)(1 - V* - V)) + w    while silent (absolute V <= 0)
        V' = alpha + u* - V* + w                     on the upstroke
        V' = -1 - V*, a spike                        otherwise
        u' = u - mu (V - I),     I' = current_decay I
    """

    alpha: Scalar
    beta_e: Scalar
    mu: Scalar
    sigma: Scalar
    current_decay: Scalar
    v_rest: Scalar
    plateau: Scalar  # alpha + u* - V*
    v_start: Scalar
    u_start: Scalar

    @classmethod
    def create(
        cls,
        *,
        alpha: float,
        beta_e: float,
        mu: float,
        sigma: float,
        current_decay: float,
        v_start: float,
        u_start: float,
    ) -> "RulkovMap":
        v_rest = sigma - 1
        u_rest = v_rest - alpha / (1 - v_rest)
        numbers = (alpha, beta_e, mu, sigma, current_decay, v_rest, alpha + u_rest - v_rest)
        starts = (v_start - v_rest, u_start - u_rest)
        return cls(*(jnp.float32(number) for number in numbers + starts))

    def init(self, size: int) -> RulkovState:
        v = jnp.full(size, self.v_start)
        return RulkovState(v, v, v, jnp.full(size, self.u_start), jnp.zeros(size))

    def step(self, state: RulkovState) -> tuple[RulkovState, Bool[Array, " neuron"]]:
        v, v1, v2, u, i = state
        drive = u + self.beta_e * i
        top = self.plateau + drive
        span = 1 - self.v_rest
        silent = v <= -self.v_rest
        rising = ~silent & (v < top) & (v2 <= -self.v_rest)
        below = self.alpha / span * v / (span - v) + drive
        after = jnp.where(silent, below, jnp.where(rising, top, -self.sigma))
        slow = u - self.mu * (v - i)
        return RulkovState(after, v, v1, slow, self.current_decay * i), ~silent & ~rising


class LIFState(NamedTuple):
    v: Neurons  # membrane potential, threshold at 1
    i: Neurons  # synaptic current
    wait: Neurons  # steps of refractoriness left


class LIF(eqx.Module):
    """Leaky integrate-and-fire with a decaying current; potential in units of the threshold.

        v' = v + (gain I - v) / tau,   a spike and v' = 0 where v' >= 1,   I' = current_decay I

    tau and refractory in steps; a refractory neuron stays at 0.
    """

    tau: Scalar
    gain: Scalar
    current_decay: Scalar
    refractory: Scalar

    @classmethod
    def create(cls, *, tau: float, gain: float, current_decay: float, refractory: float) -> "LIF":
        return cls(*(jnp.float32(number) for number in (tau, gain, current_decay, refractory)))

    def init(self, size: int) -> LIFState:
        return LIFState(jnp.zeros(size), jnp.zeros(size), jnp.zeros(size))

    def step(self, state: LIFState) -> tuple[LIFState, Bool[Array, " neuron"]]:
        v, i, wait = state
        ready = wait <= 0
        v = jnp.where(ready, v + (self.gain * i - v) / self.tau, 0.0)
        spikes = ready & (v >= 1)
        wait = jnp.where(spikes, self.refractory, jnp.maximum(wait - 1, 0.0))
        return LIFState(jnp.where(spikes, 0.0, v), self.current_decay * i, wait), spikes


Neuron = RulkovMap | LIF
NeuronState = RulkovState | LIFState
