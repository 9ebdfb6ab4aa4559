"""Sleep drives: the noise that makes the hidden neurons fire when nothing comes in.

A drive is called with each neuron's mean spikes a cycle while awake and returns, for the steps
of one cycle, the current into each neuron. Golden et al. 2022, "Sleep".
"""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt32

from sleeprun import noise

Rates = Float[Array, " neuron"]
Words = UInt32[Array, " words"]
Kicks = tuple[Float[Array, "1 neuron"], Float[Array, "time neuron"] | None]


def _draws(rates: Rates, words: Words, cycle: Int[Array, ""], steps: int) -> Array:
    time = jnp.arange(steps, dtype=jnp.int32)[:, None]
    neuron = jnp.arange(rates.shape[0], dtype=jnp.int32)[None, :]
    return noise.uniform(words, cycle, time, neuron)


class RateMatched(eqx.Module):
    """At a cycle's first step each neuron is kicked with a probability equal to its rate."""

    kick: Float[Array, ""]

    def __call__(self, rates: Rates, words: Words, cycle: Int[Array, ""], steps: int) -> Kicks:
        return jnp.where(_draws(rates, words, cycle, 1) < rates, self.kick, 0.0), None


class Uniform(eqx.Module):
    """As rate-matched, every neuron with the population's mean rate."""

    kick: Float[Array, ""]

    def __call__(self, rates: Rates, words: Words, cycle: Int[Array, ""], steps: int) -> Kicks:
        mean = jnp.broadcast_to(rates.mean(), rates.shape)
        return RateMatched(self.kick)(mean, words, cycle, steps)


class Poisson(eqx.Module):
    """Kicks at any step of the cycle, on average as many as the neuron's rate (paper's text)."""

    kick: Float[Array, ""]

    def __call__(self, rates: Rates, words: Words, cycle: Int[Array, ""], steps: int) -> Kicks:
        kicks = jnp.where(_draws(rates, words, cycle, steps) < rates / steps, self.kick, 0.0)
        return kicks[:1], kicks[1:]


class Silence(eqx.Module):
    """No drive at all, whatever the kick."""

    kick: Float[Array, ""]

    def __call__(self, rates: Rates, words: Words, cycle: Int[Array, ""], steps: int) -> Kicks:
        return jnp.zeros((1, rates.shape[0])), None


Drive = RateMatched | Uniform | Poisson | Silence
DRIVES: dict[str, Any] = {
    "rate_matched": RateMatched,
    "uniform": Uniform,
    "poisson": Poisson,
    "none": Silence,
}
