"""What the low-threshold calcium channels of thalamic cells have in common."""

from typing import ClassVar

import jax.numpy as jnp

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.channel import Conducting, Gated, Site
from sleeprun.spiking.neurons.channels.gates import TwoGates
from sleeprun.spiking.neurons.neuron import Scalar


class TCurrent(Gated[TwoGates]):
    """I = g m^2 h (V - E), with E = nernst ln(outside / Ca)."""

    feels_calcium: ClassVar[bool] = True
    carries_calcium: ClassVar[bool] = True

    conductance: Scalar = number("with all gates open", unit="mS/cm2", ge=0)
    nernst: Scalar = number("RT / zF", unit="mV", gt=0, default=13.32)
    outside: Scalar = number("calcium outside", unit="mM", gt=0, default=2.0)

    def conduct(self, gates: TwoGates, site: Site) -> Conducting:
        reversal = self.nernst * jnp.log(self.outside / site.calcium)
        return Conducting(self.conductance * gates.m**2 * gates.h, reversal)
