"""Spike-timing-dependent plasticity with traces that outlive the spikes, rewarded or not."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool

from sleeprun.config.declared import count, flag, number
from sleeprun.config.values import MOST_CAPACITY
from sleeprun.spiking.plasticity import traces as traced
from sleeprun.spiking.plasticity.plasticity import Plasticity, PlasticityEvent, Scalar, Weights
from sleeprun.spiking.plasticity.traces import Traces


class STDPState(NamedTuple):
    traces: Traces
    mean: Weights  # running mean of each synapse's summed traces (rewarded STDP)


class STDP(Plasticity[STDPState]):
    """All-to-all pair STDP; times in steps, weights and traces dimensionless.

    A pair of spikes with |dt| < reach writes a trace +-amplitude exp(-|dt| / tau) at its later
    spike, positive when pre comes first or with post. For `lifetime` cycles a trace acts with
    d = gain * trace / (age + offset); its change of weight is clip(d) or, rewarded,
    clip(d r S / A), with S the synapse's sum of d and A the running mean of S.
    """

    rewarded: bool = flag("whether a reward drives it")
    amplitude: Scalar = number("of a trace", ge=0)
    tau: Scalar = number("of a trace, over the pair's time difference", unit="steps", gt=0)
    lifetime: int = count("of a trace", unit="cycles")
    age_offset: Scalar = number("added to a trace's age", unit="steps", gt=0)
    gain: Scalar = number("of all changes", ge=0)
    clip: Scalar = number("largest change by one trace, as a share of the weight", ge=0)
    mean_smoothing: Scalar = number("of rewarded plasticity's mean", unit="an event", ge=0, le=1)
    mean_floor: Scalar = number("least size of that mean", gt=0)
    trace_capacity: int = count("traces kept at first; the list grows", le=MOST_CAPACITY)

    def init(self, weights: Weights) -> STDPState:
        return STDPState(traced.none(self.trace_capacity, self.lifetime), jnp.zeros_like(weights))

    def update(
        self, state: STDPState, weights: Weights, event: PlasticityEvent
    ) -> tuple[Weights, STDPState]:
        traces = traced.write_traces(self, state.traces, weights != 0, event.pre, event.post)
        if self.rewarded:
            total = traced.sum_traces(self, traces, weights, event.now)
            mean = (1 - self.mean_smoothing) * state.mean + self.mean_smoothing * total
            away = jnp.maximum(jnp.abs(mean), self.mean_floor)
            mean = jnp.where(mean < 0, -away, away)
            strength = event.reward * total / mean
        else:
            mean, strength = state.mean, jnp.ones_like(weights)
        growth = traced.growth(self, traces, strength, event.drift, event.now)
        return weights * growth, STDPState(traces, mean)

    def skip(self, state: STDPState) -> STDPState:
        return state._replace(traces=traced.a_cycle_older(state.traces))

    def capacity(self, state: STDPState) -> int:
        return state.traces.time.shape[-1]

    def overrun(self, state: STDPState) -> Bool[Array, "*seed"]:
        return state.traces.overflowed

    def grown(self, state: STDPState, capacity: int) -> STDPState:
        return state._replace(traces=traced.grow(state.traces, capacity))
