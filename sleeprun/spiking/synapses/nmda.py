"""The synapse whose receptors magnesium blocks."""

from typing import ClassVar

import jax
from jaxtyping import Array, Bool

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.neuron import Scalar
from sleeprun.spiking.synapses.along import Along
from sleeprun.spiking.synapses.conductance import Conductance, ConductanceState
from sleeprun.spiking.synapses.synapse import Post


class NMDA(Conductance):
    """A conductance of which 1 / (1 + exp(-(V - middle) / slope)) is free of magnesium (defaults:
    Gonzalez et al. 2020).
    """

    takes_slots: ClassVar[bool] = True

    middle: Scalar = number("V at which half is free", unit="mV", default=-25.0)
    slope: Scalar = number("from blocked to free", unit="mV", gt=0, default=12.5)

    def step(
        self, state: ConductanceState, fired: Bool[Array, " pre"], along: Along, v: Post | None
    ) -> tuple[ConductanceState, Post]:
        state, opened = super().step(state, fired, along, v)
        assert v is not None, "conductances need a potential"
        return state, opened * jax.nn.sigmoid((v - self.middle) / self.slope)
