"""A neuron of one compartment, built of ion channels."""

from typing import Annotated, Any, NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool
from pydantic import Field

from sleeprun.config.declared import count, handed, number, part
from sleeprun.spiking.neurons.channels import CHANNELS, Channel, Gates, Site, advanced, conducting
from sleeprun.spiking.neurons.membrane import Membrane, Opened, closed, relaxed
from sleeprun.spiking.neurons.neuron import Neurons, Scalar

Channels = Annotated[dict[str, Annotated[Any, CHANNELS]], Field(min_length=1)]


class ConductanceBasedState(NamedTuple):
    v: Neurons  # membrane potential, mV
    i: Neurons  # synaptic current, uA/cm2
    opened: Opened  # synaptic conductances in the coming step, mS/cm2 and uA/cm2
    gates: Gates


class ConductanceBased(Membrane[ConductanceBasedState]):
    """C V' = sum over channels of g (E - V) + I; a spike where V comes to `threshold` from below.

    Those of synapses are channels of a step. Gates and potential take turns, each solved
    exponentially with the other held (exponential Euler). I decays by `current_decay` a step.
    Units: mV, ms, uF/cm2, mS/cm2, uA/cm2.
    """

    step_ms: Scalar = handed()
    current_decay: Scalar = number("of the synaptic current", unit="a step", gt=0, lt=1)
    channels: dict[str, Channel] = part(Channels, "by name")
    capacitance: Scalar = number("C", unit="uF/cm2", gt=0, default=1.0)
    v_start: Scalar = number("V of a newborn network, its gates at steady state", unit="mV")
    threshold: Scalar = number("of V, where a spike is counted", unit="mV", default=0.0)
    substeps: int = count("of the integration in a step", default=1)

    @property
    def slower(self) -> float:
        return 35.0 + 45.0 * self.substeps  # leak, sodium, potassium; 250 spikes a cycle

    def init(self, size: int) -> ConductanceBasedState:
        v = jnp.full(size, self.v_start)
        gates = {name: channel.steady(Site(v)) for name, channel in self.channels.items()}
        return ConductanceBasedState(v, jnp.zeros(size), closed(size), gates)

    def potential(self, state: ConductanceBasedState) -> Neurons:
        return state.v

    def step(
        self, state: ConductanceBasedState
    ) -> tuple[ConductanceBasedState, Bool[Array, " neuron"]]:
        dt = self.step_ms / self.substeps

        def substep(_, carry):
            v, gates, spiked = carry
            gates = advanced(self.channels, gates, Site(v), dt)
            g, driven = conducting(self.channels, gates, Site(v))
            g, driven = g + state.opened.g, driven + state.opened.driven + state.i
            after = relaxed(v, g, driven, self.capacitance, dt)
            return after, gates, spiked | ((v < self.threshold) & (after >= self.threshold))

        silent = jnp.zeros(state.v.shape, bool)
        start = state.v, state.gates, silent
        v, gates, spiked = lax.fori_loop(0, self.substeps, substep, start)
        still = closed(len(v))
        return ConductanceBasedState(v, self.current_decay * state.i, still, gates), spiked
