"""The fast sodium channel of the action potential."""

from typing import NamedTuple

import jax.numpy as jnp

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.channel import Channel, Conducting, Site
from sleeprun.spiking.neurons.channels.gates import Rates, linoid
from sleeprun.spiking.neurons.neuron import Neurons, Scalar


class SodiumGates(NamedTuple):
    m: Neurons  # activation
    h: Neurons  # inactivation


class Sodium(Channel[SodiumGates]):
    """Hodgkin & Huxley 1952, as usually written, with rest at -65 mV: I = g m^3 h (V - E).

    opening: m  0.1 (V + 40) / (1 - exp(-(V + 40) / 10))     h  0.07 exp(-(V + 65) / 20)
    closing: m  4 exp(-(V + 65) / 18)                        h  1 / (1 + exp(-(V + 35) / 10))
    """

    conductance: Scalar = number("with all gates open", unit="mS/cm2", ge=0, default=120.0)
    reversal: Scalar = number("potential", unit="mV", default=50.0)
    speed: Scalar = number("factor on all rates; 1 at 6.3 C", gt=0, default=1.0)

    def rates(self, v: Neurons) -> tuple[Rates, Rates]:
        """Of m and h, 1/ms."""
        m = Rates(0.1 * linoid(v + 40, 10.0), 4 * jnp.exp(-(v + 65) / 18))
        h = Rates(0.07 * jnp.exp(-(v + 65) / 20), 1 / (1 + jnp.exp(-(v + 35) / 10)))
        return m, h

    def steady(self, site: Site) -> SodiumGates:
        m, h = self.rates(site.v)
        return SodiumGates(m.steady, h.steady)

    def update(self, gates: SodiumGates, site: Site, dt: Scalar) -> SodiumGates:
        m, h = self.rates(site.v)
        dt = self.speed * dt
        return SodiumGates(m.relaxed(gates.m, dt), h.relaxed(gates.h, dt))

    def conduct(self, gates: SodiumGates, site: Site) -> Conducting:
        return Conducting(self.conductance * gates.m**3 * gates.h, self.reversal)
