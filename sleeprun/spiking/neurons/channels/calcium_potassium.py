"""The potassium channel that calcium opens."""

from typing import ClassVar

import jax.numpy as jnp

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.channel import Conducting, Gated, Site
from sleeprun.spiking.neurons.channels.gates import Rates
from sleeprun.spiking.neurons.neuron import Neurons, Scalar


class CalciumPotassium(Gated[Neurons]):
    """Gonzalez et al. 2020: I = speed g m (V - E); opening 0.01 Ca (mM), closing 0.02."""

    feels_calcium: ClassVar[bool] = True

    conductance: Scalar = number("with all gates open, at 23 C", unit="mS/cm2", ge=0)
    reversal: Scalar = number("potential", unit="mV", default=-90.0)
    speed: Scalar = number(
        "factor on rates and conductance; at 36 C 2.3^1.3", gt=0, default=2.9528826
    )

    def moving(self, site: Site) -> Rates:
        opening = 0.01 * site.calcium + jnp.zeros_like(site.v)
        return Rates(opening, jnp.full_like(site.v, 0.02))

    def conduct(self, gates: Neurons, site: Site) -> Conducting:
        return Conducting(self.speed * self.conductance * gates, self.reversal)
