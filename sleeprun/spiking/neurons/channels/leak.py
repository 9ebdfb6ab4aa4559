"""The leak."""

import jax.numpy as jnp
from jaxtyping import Array, UInt32

from sleeprun import noise
from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.channel import Channel, Conducting, Site
from sleeprun.spiking.neurons.neuron import Neurons, Scalar


class Leak(Channel[Neurons]):
    """A constant conductance (defaults: Hodgkin & Huxley 1952, with rest at -65 mV).

    A neuron has `conductance` + u `spread`, its u drawn at birth from U(0, 1).
    """

    conductance: Scalar = number("of all channels", unit="mS/cm2", ge=0, default=0.3)
    spread: Scalar = number("most that a neuron has beside that", unit="mS/cm2", ge=0, default=0.0)
    reversal: Scalar = number("potential", unit="mV", default=-54.387)

    def steady(self, site: Site) -> Neurons:
        return jnp.zeros_like(site.v)

    def born(self, gates: Neurons, words: UInt32[Array, " words"]) -> Neurons:
        return noise.uniform(words, jnp.arange(len(gates), dtype=jnp.int32))

    def update(self, gates: Neurons, site: Site, dt: Scalar) -> Neurons:
        return gates

    def conduct(self, gates: Neurons, site: Site) -> Conducting:
        return Conducting(self.conductance + self.spread * gates, self.reversal)
