"""The delayed-rectifier potassium channel of the action potential."""

import jax.numpy as jnp

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.channel import Conducting, Gated, Site
from sleeprun.spiking.neurons.channels.gates import Rates, linoid
from sleeprun.spiking.neurons.neuron import Neurons, Scalar


class Potassium(Gated[Neurons]):
    """Hodgkin & Huxley 1952, as usually written, with rest at -65 mV: I = g n^4 (V - E).

    opening: 0.01 (V + 55) / (1 - exp(-(V + 55) / 10)),   closing: 0.125 exp(-(V + 65) / 80)
    """

    conductance: Scalar = number("with all gates open", unit="mS/cm2", ge=0, default=36.0)
    reversal: Scalar = number("potential", unit="mV", default=-77.0)
    speed: Scalar = number("factor on all rates; 1 at 6.3 C", gt=0, default=1.0)

    def moving(self, site: Site) -> Rates:
        v = site.v
        return Rates(0.01 * linoid(v + 55, 10.0), 0.125 * jnp.exp(-(v + 65) / 80))

    def conduct(self, gates: Neurons, site: Site) -> Conducting:
        return Conducting(self.conductance * gates**4, self.reversal)
