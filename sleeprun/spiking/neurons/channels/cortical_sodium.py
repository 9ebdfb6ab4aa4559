"""The fast sodium channel of cortical cells."""

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.channel import Conducting, Gated, Site
from sleeprun.spiking.neurons.channels.gates import Rates, Relaxation, TwoGates, linoid, sigmoid
from sleeprun.spiking.neurons.neuron import Scalar


class CorticalSodium(Gated[TwoGates]):
    """Gonzalez et al. 2020: I = speed g m^3 h (V - E). With L(y, k) = y / (1 - exp(-y / k)),
    w = V - shift:

    m: opening 0.182 L(w + 35, 9), closing 0.124 L(-(w + 35), 9)
    h: to 1 / (1 + exp((w + 65) / 6.2)) at the rate 0.024 L(w + 50, 5) + 0.0091 L(-(w + 75), 5)
    """

    conductance: Scalar = number("with all gates open, at 23 C", unit="mS/cm2", ge=0)
    reversal: Scalar = number("potential", unit="mV", default=50.0)
    shift: Scalar = number("of all gates' potentials", unit="mV", default=10.0)
    speed: Scalar = number(
        "factor on rates and conductance; at 36 C 2.3^1.3", gt=0, default=2.9528826
    )

    def moving(self, site: Site) -> TwoGates:
        w = site.v - self.shift
        m = Rates(0.182 * linoid(w + 35, 9.0), 0.124 * linoid(-(w + 35), 9.0))
        rate = 0.024 * linoid(w + 50, 5.0) + 0.0091 * linoid(-(w + 75), 5.0)
        return TwoGates(m, Relaxation(sigmoid(w, -65.0, -6.2), 1 / rate))

    def conduct(self, gates: TwoGates, site: Site) -> Conducting:
        return Conducting(self.speed * self.conductance * gates.m**3 * gates.h, self.reversal)
