"""The delayed-rectifier potassium channel of thalamic cells."""

import jax.numpy as jnp

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.channel import Conducting, Gated, Site
from sleeprun.spiking.neurons.channels.gates import Rates, linoid
from sleeprun.spiking.neurons.neuron import Neurons, Scalar


class ThalamicPotassium(Gated[Neurons]):
    """Gonzalez et al. 2020: I = g n^4 (V - E). With L(y, k) = y / (1 - exp(-y / k)), v = V - shift:

    opening 0.032 L(v - 15, 5), closing 0.5 exp((10 - v) / 40)
    """

    conductance: Scalar = number("with all gates open", unit="mS/cm2", ge=0)
    reversal: Scalar = number("potential", unit="mV", default=-95.0)
    shift: Scalar = number("of the gate's potentials", unit="mV")

    def moving(self, site: Site) -> Rates:
        v = site.v - self.shift
        return Rates(0.032 * linoid(v - 15, 5.0), 0.5 * jnp.exp((10 - v) / 40))

    def conduct(self, gates: Neurons, site: Site) -> Conducting:
        return Conducting(self.conductance * gates**4, self.reversal)
