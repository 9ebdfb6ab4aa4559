"""The low-threshold calcium channel of relay cells."""

import jax.numpy as jnp

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.channel import Site
from sleeprun.spiking.neurons.channels.gates import Relaxation, TwoGates, sigmoid
from sleeprun.spiking.neurons.channels.t_current import TCurrent
from sleeprun.spiking.neurons.neuron import Scalar


class RelayTCurrent(TCurrent):
    """Gonzalez et al. 2020: I = g m^2 h (V - E), with E = nernst ln(outside / Ca).

    m: to 1 / (1 + exp(-(V + 59) / 6.2)) with tau =
       (0.612 + 1 / (exp(-(V + 131.6) / 16.7) + exp((V + 16.8) / 18.2))) / m_speed
    h: to 1 / (1 + exp((V + 83) / 4)) with tau =
       (30.8 + (211.4 + exp((V + 115.2) / 5)) / (1 + exp((V + 86) / 3.2))) / h_speed
    """

    m_speed: Scalar = number("at 36 C 3.55^1.2", gt=0, default=4.5737669)
    h_speed: Scalar = number("at 36 C 3^1.2", gt=0, default=3.7371928)

    def moving(self, site: Site) -> TwoGates:
        v = site.v
        opens = jnp.exp(-(v + 131.6) / 16.7) + jnp.exp((v + 16.8) / 18.2)
        closes = (211.4 + jnp.exp((v + 115.2) / 5)) / (1 + jnp.exp((v + 86) / 3.2))
        m = Relaxation(sigmoid(v, -59.0, 6.2), (0.612 + 1 / opens) / self.m_speed)
        return TwoGates(m, Relaxation(sigmoid(v, -83.0, -4.0), (30.8 + closes) / self.h_speed))
