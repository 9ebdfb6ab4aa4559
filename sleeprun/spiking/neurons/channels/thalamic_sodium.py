"""The fast sodium channel of thalamic cells."""

import jax.numpy as jnp

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.channel import Conducting, Gated, Site
from sleeprun.spiking.neurons.channels.gates import Rates, TwoGates, linoid
from sleeprun.spiking.neurons.neuron import Scalar


class ThalamicSodium(Gated[TwoGates]):
    """Gonzalez et al. 2020: I = g m^3 h (V - E). With L(y, k) = y / (1 - exp(-y / k)),
    v = V - shift:

    opening: m  0.32 L(v - 13, 4)      h  0.128 exp((17 - v) / 18)
    closing: m  0.28 L(40 - v, 5)      h  4 / (1 + exp((40 - v) / 5))
    """

    conductance: Scalar = number("with all gates open", unit="mS/cm2", ge=0)
    reversal: Scalar = number("potential", unit="mV", default=50.0)
    shift: Scalar = number("of all gates' potentials", unit="mV")

    def moving(self, site: Site) -> TwoGates:
        v = site.v - self.shift
        m = Rates(0.32 * linoid(v - 13, 4.0), 0.28 * linoid(40 - v, 5.0))
        h = Rates(0.128 * jnp.exp((17 - v) / 18), 4 / (1 + jnp.exp((40 - v) / 5)))
        return TwoGates(m, h)

    def conduct(self, gates: TwoGates, site: Site) -> Conducting:
        return Conducting(self.conductance * gates.m**3 * gates.h, self.reversal)
