"""A neuron of a dendrite and a soma without capacitance, both built of ion channels."""

from collections.abc import Mapping
from math import ceil
from typing import Annotated, Any, NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, UInt32

from sleeprun.config.declared import choice, count, handed, number, part, setting
from sleeprun.config.values import Count
from sleeprun.spiking.neurons.calcium import CALCIUM, Calcium, after_influx, check_felt
from sleeprun.spiking.neurons.channels import Channel, Gates, Site, advanced, conducting
from sleeprun.spiking.neurons.channels import channel as pieces
from sleeprun.spiking.neurons.conductance_based import Channels
from sleeprun.spiking.neurons.integration import derivative, runge_kutta
from sleeprun.spiking.neurons.membrane import Membrane, Opened, closed, relaxed
from sleeprun.spiking.neurons.neuron import Neurons, Scalar

SOMA_MS = 0.035


class Inside(NamedTuple):
    """What is integrated over time."""

    v: Neurons  # of the dendrite, mV
    dendrite: Gates
    soma: Gates
    calcium: Neurons  # in the dendrite, mM; stays 0 where the neuron has none


class TwoCompartmentState(NamedTuple):
    v: Neurons  # of the dendrite, where synapses are, mV
    i: Neurons  # synaptic current, uA/cm2
    opened: Opened  # synaptic conductances in the coming step, mS/cm2 and uA/cm2
    dendrite: Gates
    soma: Gates
    calcium: Neurons
    v_soma: Neurons  # mV


class TwoCompartment(Membrane[TwoCompartmentState]):
    """Cortical cells of Gonzalez et al. 2020: an axosomatic compartment so small that its
    potential follows at once, a dendrite, and a resistance between them.

        C Vd' = sum of g (E - Vd) + (Vs - Vd) / (R Sd) + (C / C_i) (I + synaptic currents)
        Vs = (Vd + R Ss (sum of g E + I_s)) / (1 + R Ss sum of g), g of the soma

    A spike is where Vs comes to `threshold` from below. The soma's gates feel Vs as it was a turn
    or, by Runge and Kutta's method, a stage before. All of it takes turns, gates first, each solved
    exponentially with the others held: what the soma lets through is a conductance of the dendrite.
    I decays by `current_decay` a step. Units: mV, ms, uF/cm2, mS/cm2, uA/cm2, mM, kOhm, cm2.
    """

    step_ms: Scalar = handed()
    current_decay: Scalar = number("of the synaptic current", unit="a step", ge=0, lt=1)
    dendrite: dict[str, Channel] = part(Channels, "channels of the dendrite by name")
    soma: dict[str, Channel] = part(Channels, "channels of the soma by name")
    calcium: Calcium | None = part(Annotated[Any, CALCIUM] | None, "in the dendrite", default=None)
    capacitance: Scalar = number("C of the dendrite", unit="uF/cm2", gt=0, default=0.75)
    input_capacitance: Scalar = number(
        "C_i, which divides currents of synapses and stimuli", unit="uF/cm2", gt=0, default=1.0
    )
    resistance: Scalar = number("R between the two", unit="kOhm", gt=0, default=1e4)
    soma_area: Scalar = number("Ss", unit="cm2", gt=0, default=1e-6)
    area_ratio: Scalar = number("Sd / Ss", gt=0)
    soma_current: Scalar = number("I_s", unit="uA/cm2", default=6.74172)
    v_start: Scalar = number("Vd and Vs of a newborn network, its gates steady", unit="mV")
    threshold: Scalar = number("of Vs, where a spike is counted", unit="mV", default=0.0)
    substeps: int = count("of the integration in a step", default=1)
    soma_substeps: int = setting(
        Count | None,
        f"of the soma's gates in one of those; null: none is longer than {SOMA_MS} ms",
        default=None,
    )
    method: str = choice(
        "exponential_euler", "runge_kutta", told="of the integration", default="exponential_euler"
    )

    @classmethod
    def create(
        cls, *, step_ms: float, substeps: int, soma_substeps: int | None, **constants: Any
    ) -> "TwoCompartment":
        turns = soma_substeps or ceil(step_ms / substeps / SOMA_MS)
        whole = jnp.float32(step_ms)
        return cls(step_ms=whole, substeps=substeps, soma_substeps=turns, **constants)

    @classmethod
    def check(
        cls, dendrite: Mapping[str, Any], soma: Mapping[str, Any], calcium: Any, **_: object
    ) -> None:
        check_felt(calcium, dendrite)
        if feeling := [name for name, one in soma.items() if one.declares.feels_calcium]:
            raise ValueError(f"channel {feeling[0]} feels calcium, which the soma does not have")

    def init(self, size: int) -> TwoCompartmentState:
        v = jnp.full(size, self.v_start)
        calcium = jnp.zeros(size) if self.calcium is None else jnp.full(size, self.calcium.start)
        dendrite = pieces.steady(self.dendrite, Site(v, calcium))
        soma = pieces.steady(self.soma, Site(v))
        return TwoCompartmentState(v, jnp.zeros(size), closed(size), dendrite, soma, calcium, v)

    def born(
        self, state: TwoCompartmentState, words: UInt32[Array, " words"]
    ) -> TwoCompartmentState:
        return state._replace(
            dendrite=pieces.born(self.dendrite, state.dendrite, words),
            soma=pieces.born(self.soma, state.soma, words + jnp.uint32(1)),
        )

    def potential(self, state: TwoCompartmentState) -> Neurons:
        return state.v

    def step(
        self, state: TwoCompartmentState
    ) -> tuple[TwoCompartmentState, Bool[Array, " neuron"]]:
        dt = self.step_ms / self.substeps

        def substep(_, carry):
            here, before, spiked = carry
            here, v_soma = self._moved(here, before, state, dt)
            crossed = (before < self.threshold) & (v_soma >= self.threshold)
            return here, v_soma, spiked | crossed

        here = Inside(state.v, state.dendrite, state.soma, state.calcium)
        start = here, state.v_soma, jnp.zeros(state.v.shape, bool)
        here, v_soma, spiked = lax.fori_loop(0, self.substeps, substep, start)
        decayed, still = self.current_decay * state.i, closed(len(v_soma))
        v, dendrite, soma, calcium = here
        after = TwoCompartmentState(v, decayed, still, dendrite, soma, calcium, v_soma)
        return after, spiked

    def _moved(
        self, here: Inside, v_soma: Neurons, state: TwoCompartmentState, dt: Scalar
    ) -> tuple[Inside, Neurons]:
        """A substep later, and the soma's potential then."""
        if self.method == "exponential_euler":
            after = self._in_turns(here, v_soma, state, dt, self.soma_substeps)
            return after, self._soma(after)[0]

        def slope(stage: Inside, felt: Neurons) -> tuple[Inside, Neurons]:
            def later(here: Inside, time: Scalar) -> Inside:
                return self._in_turns(here, felt, state, time, 1)

            return derivative(later, stage), self._soma(stage)[0]

        return runge_kutta(slope, here, v_soma, dt)

    def _in_turns(
        self,
        here: Inside,
        v_soma: Neurons,
        state: TwoCompartmentState,
        dt: Scalar,
        soma_substeps: int,
    ) -> Inside:
        """`dt` ms later, each part with the others held, the dendrite's potential last."""
        site = Site(here.v, here.calcium)
        gates = advanced(self.dendrite, here.dendrite, site, dt)
        calcium = after_influx(self.calcium, self.dendrite, gates, site, dt)
        for turn in range(soma_substeps):
            felt = self._soma(here)[0] if turn else v_soma
            soma = advanced(self.soma, here.soma, Site(felt), dt / soma_substeps)
            here = here._replace(soma=soma)
        g, driven = conducting(self.dendrite, gates, site)
        _, through, brought = self._soma(here)
        share = self.capacitance / self.input_capacitance
        g = g + through + share * state.opened.g
        driven = driven + brought + share * (state.opened.driven + state.i)
        v = relaxed(here.v, g, driven, self.capacitance, dt)
        return Inside(v, gates, here.soma, calcium)

    def _soma(self, here: Inside) -> tuple[Neurons, Neurons, Neurons]:
        """Its potential, and the g and g E that it is for the dendrite."""
        g, driven = conducting(self.soma, here.soma, Site(here.v))
        driven = driven + self.soma_current
        load = self.resistance * self.soma_area
        part = 1 / (1 + load * g)
        seen = part / self.area_ratio  # (Vs - Vd) / (R Sd) is seen (driven - g Vd)
        return (here.v + load * driven) * part, seen * g, seen * driven
