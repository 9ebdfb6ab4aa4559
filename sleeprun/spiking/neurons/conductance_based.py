"""A neuron of one compartment, built of ion channels."""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, UInt32
from pydantic import Field

from sleeprun.config.declared import choice, count, handed, number, part
from sleeprun.spiking.neurons.calcium import CALCIUM, Calcium, after_influx, check_felt
from sleeprun.spiking.neurons.channels import CHANNELS, Channel, Gates, Site, advanced, conducting
from sleeprun.spiking.neurons.channels import channel as pieces
from sleeprun.spiking.neurons.integration import derivative, runge_kutta
from sleeprun.spiking.neurons.membrane import Membrane, Opened, closed, relaxed
from sleeprun.spiking.neurons.neuron import Neurons, Scalar

Channels = Annotated[dict[str, Annotated[Any, CHANNELS]], Field(min_length=1)]


class Inside(NamedTuple):
    """What is integrated over time."""

    v: Neurons  # membrane potential, mV
    gates: Gates
    calcium: Neurons  # mM; stays 0 where the neuron has none


class ConductanceBasedState(NamedTuple):
    v: Neurons  # membrane potential, mV
    i: Neurons  # synaptic current, uA/cm2
    opened: Opened  # synaptic conductances in the coming step, mS/cm2 and uA/cm2
    gates: Gates
    calcium: Neurons


class ConductanceBased(Membrane[ConductanceBasedState]):
    """C V' = sum over channels of g (E - V) + I; a spike where V comes to `threshold` from below.

    Those of synapses are channels of a step. Gates, calcium and potential take turns, each solved
    exponentially with the others held, or go together by the method of Runge and Kutta. I decays
    by `current_decay` a step. Units: mV, ms, uF/cm2, mS/cm2, uA/cm2, mM.
    """

    step_ms: Scalar = handed()
    current_decay: Scalar = number("of the synaptic current", unit="a step", ge=0, lt=1)
    channels: dict[str, Channel] = part(Channels, "by name")
    calcium: Calcium | None = part(Annotated[Any, CALCIUM] | None, "inside", default=None)
    capacitance: Scalar = number("C", unit="uF/cm2", gt=0, default=1.0)
    v_start: Scalar = number("V of a newborn network, its gates at steady state", unit="mV")
    threshold: Scalar = number("of V, where a spike is counted", unit="mV", default=0.0)
    substeps: int = count("of the integration in a step", default=1)
    method: str = choice(
        "exponential_euler", "runge_kutta", told="of the integration", default="exponential_euler"
    )

    @classmethod
    def check(cls, channels: Mapping[str, Any], calcium: Any, **_: object) -> None:
        check_felt(calcium, channels)

    @property
    def slower(self) -> float:
        return 35.0 + 45.0 * self.substeps  # leak, sodium, potassium; 250 spikes a cycle

    def init(self, size: int) -> ConductanceBasedState:
        v = jnp.full(size, self.v_start)
        calcium = jnp.zeros(size) if self.calcium is None else jnp.full(size, self.calcium.start)
        gates = pieces.steady(self.channels, Site(v, calcium))
        return ConductanceBasedState(v, jnp.zeros(size), closed(size), gates, calcium)

    def born(
        self, state: ConductanceBasedState, words: UInt32[Array, " words"]
    ) -> ConductanceBasedState:
        return state._replace(gates=pieces.born(self.channels, state.gates, words))

    def potential(self, state: ConductanceBasedState) -> Neurons:
        return state.v

    def step(
        self, state: ConductanceBasedState
    ) -> tuple[ConductanceBasedState, Bool[Array, " neuron"]]:
        dt = self.step_ms / self.substeps

        def substep(_, carry):
            here, spiked = carry
            after = self._moved(here, state, dt)
            crossed = (here.v < self.threshold) & (after.v >= self.threshold)
            return after, spiked | crossed

        silent = jnp.zeros(state.v.shape, bool)
        start = Inside(state.v, state.gates, state.calcium), silent
        (v, gates, calcium), spiked = lax.fori_loop(0, self.substeps, substep, start)
        decayed, still = self.current_decay * state.i, closed(len(v))
        return ConductanceBasedState(v, decayed, still, gates, calcium), spiked

    def _moved(self, here: Inside, state: ConductanceBasedState, dt: Scalar) -> Inside:
        """A substep later."""
        if self.method == "exponential_euler":
            return self._in_turns(here, state, dt)

        def slope(stage: Inside, _: tuple[()]) -> tuple[Inside, tuple[()]]:
            return derivative(lambda here, time: self._in_turns(here, state, time), stage), ()

        return runge_kutta(slope, here, (), dt)[0]

    def _in_turns(self, here: Inside, state: ConductanceBasedState, dt: Scalar) -> Inside:
        """`dt` ms later, each part with the others held."""
        site = Site(here.v, here.calcium)
        gates = advanced(self.channels, here.gates, site, dt)
        g, driven = conducting(self.channels, gates, site)
        calcium = after_influx(self.calcium, self.channels, gates, site, dt)
        g, driven = g + state.opened.g, driven + state.opened.driven + state.i
        return Inside(relaxed(here.v, g, driven, self.capacitance, dt), gates, calcium)
