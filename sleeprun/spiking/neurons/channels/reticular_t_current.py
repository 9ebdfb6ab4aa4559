"""The low-threshold calcium channel of reticular cells."""

import jax.numpy as jnp

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.channel import Site
from sleeprun.spiking.neurons.channels.gates import Relaxation, TwoGates, sigmoid
from sleeprun.spiking.neurons.channels.t_current import TCurrent
from sleeprun.spiking.neurons.neuron import Scalar


class ReticularTCurrent(TCurrent):
    """Gonzalez et al. 2020: I = g m^2 h (V - E), with E = nernst ln(outside / Ca).

    m: to 1 / (1 + exp(-(V + 52) / 7.4)) with tau =
       (3 + 1 / (exp((V + 27) / 10) + exp(-(V + 102) / 15))) / m_speed
    h: to 1 / (1 + exp((V + 80) / 5)) with tau =
       (85 + 1 / (exp((V + 48) / 4) + exp(-(V + 407) / 50))) / h_speed
    """

    m_speed: Scalar = number("at 36 C 5^1.2", gt=0, default=6.8986483)
    h_speed: Scalar = number("at 36 C 3^1.2", gt=0, default=3.7371928)

    def moving(self, site: Site) -> TwoGates:
        v = site.v
        opens = jnp.exp((v + 27) / 10) + jnp.exp(-(v + 102) / 15)
        closes = jnp.exp((v + 48) / 4) + jnp.exp(-(v + 407) / 50)
        m = Relaxation(sigmoid(v, -52.0, 7.4), (3 + 1 / opens) / self.m_speed)
        return TwoGates(m, Relaxation(sigmoid(v, -80.0, -5.0), (85 + 1 / closes) / self.h_speed))
