"""The synapse that opens a conductance."""

from typing import Annotated, Any, ClassVar, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree

from sleeprun.config.declared import handed, number, part
from sleeprun.spiking.neurons.neuron import Scalar
from sleeprun.spiking.synapses.along import Along
from sleeprun.spiking.synapses.kinetics import KINETICS, Kinetics
from sleeprun.spiking.synapses.synapse import Conducting, Post

Pre = Float[Array, " pre"]


class ConductanceState(NamedTuple):
    g: Post  # that is open at the post neurons
    kinetics: PyTree[Array]
    depleted: Pre  # share of transmitter that is used up
    strength: Pre  # share that was there at the last release
    cycle: Int[Array, " pre"]  # of the last release, which has one random factor throughout
    time: Int[Array, " pre"]  # its step


class Conductance(Conducting[ConductanceState]):
    """A spike opens a conductance g, through which I = g (E - V) flows. A weight is that of all
    receptors, undepressed.

    A release is weakened by the share of transmitter that is depleted, uses a share of what is
    left, and the rest comes back with `recovery` (Gonzalez et al. 2020; Tsodyks & Markram 1997).
    Weights are in nS where the post neuron's currents are in pA, in mS/cm2 where uA/cm2.
    """

    takes_slots: ClassVar[bool] = True

    step_ms: Scalar = handed()
    kinetics: Kinetics = part(Annotated[Any, KINETICS], "of the receptors")
    use: Scalar = number("share of transmitter that a release uses", ge=0, le=1, default=0.0)
    recovery: Scalar = number("time constant of the transmitter", unit="ms", gt=0, default=700.0)

    def init(self, pre: int, post: int) -> ConductanceState:
        nothing, never = jnp.zeros(pre), jnp.zeros(pre, jnp.int32)
        return ConductanceState(
            jnp.zeros(post), self.kinetics.init(pre), nothing, nothing, never, never
        )

    def step(
        self, state: ConductanceState, fired: Bool[Array, " pre"], along: Along, v: Post | None
    ) -> tuple[ConductanceState, Post]:
        kinetics, released, bound = self.kinetics.step(state.kinetics, fired, self.step_ms)
        depleted = state.depleted * jnp.exp(-self.step_ms / self.recovery)
        strength = jnp.where(released, 1 - depleted, state.strength)
        depleted = jnp.where(released, depleted + self.use * (1 - depleted), depleted)
        cycle = jnp.where(released, along.cycle, state.cycle)
        time = jnp.where(released, along.step, state.time)
        since = along._replace(cycle=cycle, step=time)
        opened = self.delivered(strength * bound, since)
        g = self.kinetics.kept(self.step_ms) * state.g + opened
        return ConductanceState(g, kinetics, depleted, strength, cycle, time), g
