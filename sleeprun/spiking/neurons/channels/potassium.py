"""The delayed-rectifier potassium channel of the action potential."""

import jax.numpy as jnp

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.channel import Channel, Conducting, Site
from sleeprun.spiking.neurons.channels.gates import Rates, linoid
from sleeprun.spiking.neurons.neuron import Neurons, Scalar


class Potassium(Channel[Neurons]):
    """Hodgkin & Huxley 1952, as usually written, with rest at -65 mV: I = g n^4 (V - E).

    opening: 0.01 (V + 55) / (1 - exp(-(V + 55) / 10)),   closing: 0.125 exp(-(V + 65) / 80)
    """

    conductance: Scalar = number("with all gates open", unit="mS/cm2", ge=0, default=36.0)
    reversal: Scalar = number("potential", unit="mV", default=-77.0)
    speed: Scalar = number("factor on all rates; 1 at 6.3 C", gt=0, default=1.0)

    def rates(self, v: Neurons) -> Rates:
        """Of n, 1/ms."""
        return Rates(0.01 * linoid(v + 55, 10.0), 0.125 * jnp.exp(-(v + 65) / 80))

    def steady(self, site: Site) -> Neurons:
        return self.rates(site.v).steady

    def update(self, gates: Neurons, site: Site, dt: Scalar) -> Neurons:
        return self.rates(site.v).relaxed(gates, self.speed * dt)

    def conduct(self, gates: Neurons, site: Site) -> Conducting:
        return Conducting(self.conductance * gates**4, self.reversal)
