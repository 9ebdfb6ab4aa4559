"""Sleep drives: the noise that makes neurons fire when nothing comes in (Golden et al. 2022)."""

from abc import abstractmethod

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt32

from sleeprun import noise
from sleeprun.config.declared import number, setting
from sleeprun.config.kinds import Kinds

Rates = Float[Array, " neuron"]
Words = UInt32[Array, " words"]
Kicks = tuple[Float[Array, "1 neuron"], Float[Array, "time neuron"] | None]


def _draws(rates: Rates, words: Words, cycle: Int[Array, ""], steps: int) -> Array:
    time = jnp.arange(steps, dtype=jnp.int32)[:, None]
    neuron = jnp.arange(rates.shape[0], dtype=jnp.int32)[None, :]
    return noise.uniform(words, cycle, time, neuron)


class Drive(eqx.Module):
    """Called with a population's mean spikes a cycle while awake, and what to draw with.

    Returns the current into each neuron at the cycle's first step, and at those after it if any.
    """

    population: str = setting(str, "that is driven")
    kick: Float[Array, ""] = number("current of a kick", ge=0)

    @abstractmethod
    def __call__(self, rates: Rates, words: Words, cycle: Int[Array, ""], steps: int) -> Kicks: ...


class RateMatched(Drive):
    """At a cycle's first step each neuron is kicked with a probability equal to its rate."""

    def __call__(self, rates: Rates, words: Words, cycle: Int[Array, ""], steps: int) -> Kicks:
        return jnp.where(_draws(rates, words, cycle, 1) < rates, self.kick, 0.0), None


class Uniform(Drive):
    """As rate-matched, every neuron with the population's mean rate."""

    def __call__(self, rates: Rates, words: Words, cycle: Int[Array, ""], steps: int) -> Kicks:
        mean = jnp.broadcast_to(rates.mean(), rates.shape)
        return jnp.where(_draws(mean, words, cycle, 1) < mean, self.kick, 0.0), None


class Poisson(Drive):
    """Kicks at any step of the cycle, on average as many as the neuron's rate (paper's text)."""

    def __call__(self, rates: Rates, words: Words, cycle: Int[Array, ""], steps: int) -> Kicks:
        kicks = jnp.where(_draws(rates, words, cycle, steps) < rates / steps, self.kick, 0.0)
        return kicks[:1], kicks[1:]


class Silence(Drive):
    """No drive at all, whatever the kick."""

    def __call__(self, rates: Rates, words: Words, cycle: Int[Array, ""], steps: int) -> Kicks:
        return jnp.zeros((1, rates.shape[0])), None


DRIVES = Kinds(
    "drive",
    "sleeprun.spiking.drives.Drive",
    rate_matched="sleeprun.spiking.drives.RateMatched",
    uniform="sleeprun.spiking.drives.Uniform",
    poisson="sleeprun.spiking.drives.Poisson",
    none="sleeprun.spiking.drives.Silence",
)
