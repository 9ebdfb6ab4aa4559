"""The synapse whose receptors open channels by a messenger."""

from typing import Annotated, Any, ClassVar, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PyTree

from sleeprun.config.declared import handed, number, part
from sleeprun.spiking.neurons.neuron import Scalar
from sleeprun.spiking.synapses.along import Along
from sleeprun.spiking.synapses.kinetics import KINETICS, Kinetics
from sleeprun.spiking.synapses.synapse import Conducting, Post

Pre = Float[Array, " pre"]


class GABABState(NamedTuple):
    kinetics: PyTree[Array]
    messenger: Pre  # s, of G proteins that they activate


class GABAB(Conducting[GABABState]):
    """Receptors activate G proteins, of which four open a channel (defaults: Gonzalez et al. 2020).

        s' = made r - removed s,   g = weight s^4 / (s^4 + half)

    r follows the kinetics; s is solved exactly at what it is after a step.
    """

    takes_slots: ClassVar[bool] = True

    step_ms: Scalar = handed()
    kinetics: Kinetics = part(Annotated[Any, KINETICS], "of the receptors")
    made: Scalar = number("rate of the messenger", unit="1/ms", gt=0, default=0.1)
    removed: Scalar = number("rate of its end", unit="1/ms", gt=0, default=0.034)
    half: Scalar = number("s^4 that opens half of the channels", gt=0, default=100.0)

    def init(self, pre: int, post: int) -> GABABState:
        return GABABState(self.kinetics.init(pre), jnp.zeros(pre))

    def step(
        self, state: GABABState, fired: Bool[Array, " pre"], along: Along, v: Post | None
    ) -> tuple[GABABState, Post]:
        kinetics, _, _ = self.kinetics.step(state.kinetics, fired, self.step_ms)
        steady = self.made / self.removed * self.kinetics.open(kinetics)
        messenger = steady + (state.messenger - steady) * jnp.exp(-self.removed * self.step_ms)
        open_ = messenger**4 / (messenger**4 + self.half)
        return GABABState(kinetics, messenger), self.delivered(open_, along)
