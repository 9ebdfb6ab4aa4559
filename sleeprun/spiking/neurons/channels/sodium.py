"""The fast sodium channel of the action potential."""

import jax.numpy as jnp

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.channel import Conducting, Gated, Site
from sleeprun.spiking.neurons.channels.gates import Rates, TwoGates, linoid
from sleeprun.spiking.neurons.neuron import Scalar


class Sodium(Gated[TwoGates]):
    """Hodgkin & Huxley 1952, as usually written, with rest at -65 mV: I = g m^3 h (V - E).

    opening: m  0.1 (V + 40) / (1 - exp(-(V + 40) / 10))     h  0.07 exp(-(V + 65) / 20)
    closing: m  4 exp(-(V + 65) / 18)                        h  1 / (1 + exp(-(V + 35) / 10))
    """

    conductance: Scalar = number("with all gates open", unit="mS/cm2", ge=0, default=120.0)
    reversal: Scalar = number("potential", unit="mV", default=50.0)
    speed: Scalar = number("factor on all rates; 1 at 6.3 C", gt=0, default=1.0)

    def moving(self, site: Site) -> TwoGates:
        v = site.v
        m = Rates(0.1 * linoid(v + 40, 10.0), 4 * jnp.exp(-(v + 65) / 18))
        h = Rates(0.07 * jnp.exp(-(v + 65) / 20), 1 / (1 + jnp.exp(-(v + 35) / 10)))
        return TwoGates(m, h)

    def conduct(self, gates: TwoGates, site: Site) -> Conducting:
        return Conducting(self.conductance * gates.m**3 * gates.h, self.reversal)
