"""The calcium channel that opens at high voltage."""

from typing import ClassVar

import jax.numpy as jnp

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.channel import Conducting, Gated, Site
from sleeprun.spiking.neurons.channels.gates import Rates, TwoGates, linoid
from sleeprun.spiking.neurons.neuron import Scalar


class HighVoltageCalcium(Gated[TwoGates]):
    """Gonzalez et al. 2020: I = speed g m^2 h (V - E). With L(y, k) = y / (1 - exp(-y / k)):

    opening: m  0.055 L(V + 27, 3.8)           h  0.000457 exp(-(V + 13) / 50)
    closing: m  0.94 exp(-(V + 75) / 17)       h  0.0065 / (1 + exp(-(V + 15) / 28))
    """

    carries_calcium: ClassVar[bool] = True

    conductance: Scalar = number("with all gates open, at 23 C", unit="mS/cm2", ge=0)
    reversal: Scalar = number("potential", unit="mV", default=140.0)
    speed: Scalar = number(
        "factor on rates and conductance; at 36 C 2.3^1.3", gt=0, default=2.9528826
    )

    def moving(self, site: Site) -> TwoGates:
        v = site.v
        m = Rates(0.055 * linoid(v + 27, 3.8), 0.94 * jnp.exp(-(v + 75) / 17))
        closing = 0.0065 / (1 + jnp.exp(-(v + 15) / 28))
        return TwoGates(m, Rates(0.000457 * jnp.exp(-(v + 13) / 50), closing))

    def conduct(self, gates: TwoGates, site: Site) -> Conducting:
        return Conducting(self.speed * self.conductance * gates.m**2 * gates.h, self.reversal)
