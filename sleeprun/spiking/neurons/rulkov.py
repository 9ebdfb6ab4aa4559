"""The Rulkov map neuron."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool

from sleeprun.config.declared import derived, number
from sleeprun.spiking.neurons.neuron import Neuron, Neurons, Scalar


class RulkovState(NamedTuple):
    v: Neurons  # V[n] as a deviation from rest
    v1: Neurons  # V[n-1]
    v2: Neurons  # V[n-2]
    u: Neurons  # slow variable as a deviation from rest
    i: Neurons  # synaptic current


class RulkovMap(Neuron[RulkovState]):
    """The Rulkov map neuron (Golden et al. 2022, eqs. 1-3), all quantities dimensionless.

    V and u are kept as deviations from the resting point V* = sigma - 1,
    u* = V* - alpha / (1 - V*): in float32 the mu-sized updates of u near -2.82 would vanish.
    Written in deviations, with w = u + beta_e I:

        V' = alpha V / ((1 - V*)(1 - V* - V)) + w    while silent (absolute V <= 0)
        V' = alpha + u* - V* + w                     on the upstroke
        V' = -1 - V*, a spike                        otherwise
        u' = u - mu (V - I),     I' = current_decay I
    """

    alpha: Scalar = number("control parameter", gt=0)
    beta_e: Scalar = number("weight of the synaptic current in V", gt=0)
    mu: Scalar = number("rate of the slow variable", gt=0)
    sigma: Scalar = number("external influence on the slow variable", lt=1)
    current_decay: Scalar = number("of the synaptic current", unit="a step", gt=0, lt=1)
    v_start: Scalar = number("V of a newborn network; kept as a deviation from rest")
    u_start: Scalar = number("u of a newborn network; kept as a deviation from rest")
    v_rest: Scalar = derived()
    plateau: Scalar = derived()  # alpha + u* - V*

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
        return cls(
            alpha=jnp.float32(alpha),
            beta_e=jnp.float32(beta_e),
            mu=jnp.float32(mu),
            sigma=jnp.float32(sigma),
            current_decay=jnp.float32(current_decay),
            v_start=jnp.float32(v_start - v_rest),
            u_start=jnp.float32(u_start - u_rest),
            v_rest=jnp.float32(v_rest),
            plateau=jnp.float32(alpha + u_rest - v_rest),
        )

    @property
    def slower(self) -> float:
        return 12.0

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
