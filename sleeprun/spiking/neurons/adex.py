"""The adaptive exponential integrate-and-fire neuron."""

from typing import NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool

from sleeprun.config.declared import count, handed, number
from sleeprun.spiking.neurons.membrane import Membrane, Opened, closed, relaxed
from sleeprun.spiking.neurons.neuron import Neurons, Scalar

STEEPEST = 30.0  # exponent past which any step leads beyond the peak; float32 holds its exponential


class AdExState(NamedTuple):
    v: Neurons  # membrane potential, mV
    w: Neurons  # adaptation current, pA
    i: Neurons  # synaptic current, pA
    opened: Opened  # synaptic conductances in the coming step, nS and pA


class AdEx(Membrane[AdExState]):
    """Adaptive exponential integrate-and-fire (Brette & Gerstner 2005, eqs. 2-4; defaults: there).

        C V' = -g_L (V - E_L) + g_L D exp((V - V_T) / D) - w + I
        tau_w w' = a (V - E_L) - w
        where V passes `peak`: a spike, V = V_r and w = w + b;  I decays by `current_decay` a step

    V is solved exponentially with its upstroke, w and I held (exponential Euler), conductances of
    synapses joining the leak; w by Euler's method. Units: mV, ms, pA, nS, pF.
    """

    step_ms: Scalar = handed()
    current_decay: Scalar = number("of the synaptic current", unit="a step", gt=0, lt=1)
    capacitance: Scalar = number("C", unit="pF", gt=0, default=281.0)
    leak: Scalar = number("g_L", unit="nS", gt=0, default=30.0)
    rest: Scalar = number("E_L", unit="mV", default=-70.6)
    threshold: Scalar = number("V_T, where the upstroke begins", unit="mV", default=-50.4)
    slope: Scalar = number("D, how sharply it begins", unit="mV", gt=0, default=2.0)
    reset: Scalar = number("V_r", unit="mV", default=-70.6)
    peak: Scalar = number("where a spike is cut off", unit="mV", default=20.0)
    subthreshold: Scalar = number("a of the adaptation", unit="nS", ge=0, default=4.0)
    jump: Scalar = number("b, of the adaptation at a spike", unit="pA", ge=0, default=80.5)
    adaptation_tau: Scalar = number("tau_w", unit="ms", gt=0, default=144.0)
    substeps: int = count("of the integration in a step", default=1)

    @classmethod
    def check(cls, threshold: float, reset: float, peak: float, **_: object) -> None:
        if not max(threshold, reset) < peak:
            raise ValueError(f"peak={peak} must be above threshold={threshold} and reset={reset}")

    @property
    def slower(self) -> float:
        return 10.0 + 9.0 * self.substeps  # silent; some 45 more at 1000 spikes a cycle

    def init(self, size: int) -> AdExState:
        nothing = jnp.zeros(size)
        return AdExState(jnp.full(size, self.rest), nothing, nothing, closed(size))

    def potential(self, state: AdExState) -> Neurons:
        return state.v

    def step(self, state: AdExState) -> tuple[AdExState, Bool[Array, " neuron"]]:
        def substep(_, carry):
            v, w, spiked = carry
            v, w, spikes = self._substep(v, w, state.i, state.opened)
            return v, w, spiked | spikes

        silent = jnp.zeros(state.v.shape, bool)
        v, w, spiked = lax.fori_loop(0, self.substeps, substep, (state.v, state.w, silent))
        return AdExState(v, w, self.current_decay * state.i, closed(len(v))), spiked

    def _substep(
        self, v: Neurons, w: Neurons, current: Neurons, opened: Opened
    ) -> tuple[Neurons, Neurons, Bool[Array, " neuron"]]:
        dt = self.step_ms / self.substeps
        steepness = jnp.minimum((v - self.threshold) / self.slope, STEEPEST)
        away = v - self.rest
        upstroke = self.leak * self.slope * jnp.exp(steepness)
        driven = self.leak * self.rest + opened.driven + upstroke - w + current
        v = relaxed(v, self.leak + opened.g, driven, self.capacitance, dt)
        w = w + dt * (self.subthreshold * away - w) / self.adaptation_tau
        spikes = v >= self.peak
        return jnp.where(spikes, self.reset, v), jnp.where(spikes, w + self.jump, w), spikes
