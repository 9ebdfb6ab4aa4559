"""The sodium channel that does not inactivate."""

import jax.numpy as jnp

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.channel import Conducting, Gated, Site
from sleeprun.spiking.neurons.channels.gates import Relaxation, sigmoid
from sleeprun.spiking.neurons.neuron import Neurons, Scalar


class PersistentSodium(Gated[Neurons]):
    """Gonzalez et al. 2020: I = g m (V - E); m goes to 0.02 / (1 + exp(-(V + 42) / 5)) with `tau`,
    at 36 C 0.8 / 2.7^1.4 ms.
    """

    conductance: Scalar = number("with all gates open", unit="mS/cm2", ge=0)
    reversal: Scalar = number("potential", unit="mV", default=50.0)
    tau: Scalar = number("of m at speed 1", unit="ms", gt=0, default=0.19915019)

    def moving(self, site: Site) -> Relaxation:
        steady = 0.02 * sigmoid(site.v, -42.0, 5.0)
        return Relaxation(steady, jnp.broadcast_to(self.tau, steady.shape))

    def conduct(self, gates: Neurons, site: Site) -> Conducting:
        return Conducting(self.conductance * gates, self.reversal)
