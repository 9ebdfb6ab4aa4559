"""The leak."""

import jax.numpy as jnp

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.channel import Channel, Conducting, Site
from sleeprun.spiking.neurons.neuron import Scalar


class Leak(Channel[tuple[()]]):
    """A constant conductance (defaults: Hodgkin & Huxley 1952, with rest at -65 mV)."""

    conductance: Scalar = number("of all channels", unit="mS/cm2", ge=0, default=0.3)
    reversal: Scalar = number("potential", unit="mV", default=-54.387)

    def steady(self, site: Site) -> tuple[()]:
        return ()

    def update(self, gates: tuple[()], site: Site, dt: Scalar) -> tuple[()]:
        return ()

    def conduct(self, gates: tuple[()], site: Site) -> Conducting:
        return Conducting(jnp.full_like(site.v, self.conductance), self.reversal)
