"""A neuron of one compartment, built of ion channels."""

from typing import Annotated, Any, NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool
from pydantic import Field

from sleeprun.config.declared import count, handed, number, part
from sleeprun.spiking.neurons.channels import CHANNELS, Channel, Gates, Site, advanced, conducting
from sleeprun.spiking.neurons.neuron import Membrane, Neurons, Scalar

Channels = Annotated[dict[str, Annotated[Any, CHANNELS]], Field(min_length=1)]


class ConductanceBasedState(NamedTuple):
    v: Neurons  # membrane potential, mV
    i: Neurons  # synaptic current, uA/cm2
    conducted: Neurons  # current of synaptic conductances in the coming step, uA/cm2
    gates: Gates


class ConductanceBased(Membrane[ConductanceBasedState]):
    """C V' = sum over channels of g (E - V) + I; a spike where V comes to `threshold` from below.

    Gates and potential take turns, each solved exponentially with the other held (exponential
    Euler). I decays by `current_decay` a step. Units: mV, ms, uF/cm2, mS/cm2, uA/cm2.
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
        return ConductanceBasedState(v, jnp.zeros(size), jnp.zeros(size), gates)

    def potential(self, state: ConductanceBasedState) -> Neurons:
        return state.v

    def step(
        self, state: ConductanceBasedState
    ) -> tuple[ConductanceBasedState, Bool[Array, " neuron"]]:
        current = state.i + state.conducted

        def substep(_, carry):
            v, gates, spiked = carry
            gates = advanced(self.channels, gates, Site(v), self.step_ms / self.substeps)
            after = self._relaxed(v, gates, current)
            return after, gates, spiked | ((v < self.threshold) & (after >= self.threshold))

        silent = jnp.zeros(state.v.shape, bool)
        start = state.v, state.gates, silent
        v, gates, spiked = lax.fori_loop(0, self.substeps, substep, start)
        nothing = jnp.zeros_like(state.conducted)
        return ConductanceBasedState(v, self.current_decay * state.i, nothing, gates), spiked

    def _relaxed(self, v: Neurons, gates: Gates, current: Neurons) -> Neurons:
        """The potential a substep later, at constant conductances."""
        g, driven = conducting(self.channels, gates, Site(v))
        dt = self.step_ms / self.substeps
        shares = g * dt / self.capacitance
        small = shares < 1e-4
        safe = jnp.where(small, 1.0, shares)
        slowed = jnp.where(small, 1 - shares / 2, -jnp.expm1(-safe) / safe)
        return v + dt / self.capacitance * (driven - g * v + current) * slowed
