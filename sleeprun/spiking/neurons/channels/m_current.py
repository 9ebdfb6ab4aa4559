"""The slow potassium channel that muscarine closes."""

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.channel import Conducting, Gated, Site
from sleeprun.spiking.neurons.channels.gates import Rates, linoid
from sleeprun.spiking.neurons.neuron import Neurons, Scalar


class MCurrent(Gated[Neurons]):
    """Gonzalez et al. 2020: I = speed g m (V - E). With L(y, k) = y / (1 - exp(-y / k)):

    opening 0.001 L(V + 30, 9), closing 0.001 L(-(V + 30), 9)
    """

    conductance: Scalar = number("with all gates open, at 23 C", unit="mS/cm2", ge=0)
    reversal: Scalar = number("potential", unit="mV", default=-90.0)
    speed: Scalar = number(
        "factor on rates and conductance; at 36 C 2.3^1.3", gt=0, default=2.9528826
    )

    def moving(self, site: Site) -> Rates:
        y = site.v + 30
        return Rates(0.001 * linoid(y, 9.0), 0.001 * linoid(-y, 9.0))

    def conduct(self, gates: Neurons, site: Site) -> Conducting:
        return Conducting(self.speed * self.conductance * gates, self.reversal)
