"""Spike-timing-dependent plasticity with traces that outlive the spikes, rewarded or not.

A rule is a pair of pure functions: `init` makes a projection's plastic state, `update` turns
new spikes and a reward into new weights, once a movement cycle (Golden et al. 2022, "STDP
traces", "Applying traces").
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from sleeprun.spiking.spikes import SpikeList

Scalar = Float[Array, ""]
Weights = Float[Array, "pre post"]
PRE_BLOCK, POST_BLOCK, TRACE_BLOCK = 64, 16, 256


class Traces(NamedTuple):
    """The live traces of a projection: a circular list, oldest first, ending before `head`."""

    synapse: Int[Array, " capacity"]  # pre * n_post + post
    time: Int[Array, " capacity"]
    value: Float[Array, " capacity"]
    head: Int[Array, ""]
    groups: Int[Array, " cycles"]  # traces written in each of the last cycles, newest last
    overflowed: Bool[Array, ""]


class PlasticState(NamedTuple):
    traces: Traces
    mean: Weights  # running mean of each synapse's summed traces (rewarded STDP)
    target: Float[Array, " post"]  # what each post neuron's in-weights are scaled to sum to
    locked: Bool[Array, "pre post"]  # synapses frozen one by one


class STDP(eqx.Module):
    """All-to-all pair STDP; times in steps, weights and traces dimensionless.

    A pair of spikes with |dt| < reach writes a trace +-amplitude exp(-|dt| / tau) at its later
    spike, positive when pre comes first or with post. For `lifetime` cycles a trace acts with
    d = gain * trace / (age + offset); its change of weight is clip(d) or, rewarded,
    clip(d r S / A), with S the synapse's sum of d and A the running mean of S.
    """

    amplitude: Scalar
    tau: Scalar
    reach: Int[Array, ""]
    offset: Scalar
    gain: Scalar
    clip: Scalar
    weight_min: Scalar
    weight_max: Scalar
    mean_smoothing: Scalar
    mean_floor: Scalar
    rewarded: bool = eqx.field(static=True)
    lifetime: int = eqx.field(static=True)
    trace_room: int = eqx.field(static=True)  # at the start

    def init(self, weights: Weights) -> PlasticState:
        integers = jnp.zeros(self.trace_room, jnp.int32)
        groups = jnp.zeros(self.lifetime, jnp.int32)
        traces = Traces(
            integers,
            integers,
            jnp.zeros(self.trace_room),
            jnp.int32(0),
            groups,
            jnp.bool_(False),
        )
        locked = jnp.zeros(weights.shape, bool)
        return PlasticState(traces, jnp.zeros_like(weights), weights.sum(axis=0), locked)

    def update(
        self,
        state: PlasticState,
        weights: Weights,
        pre: SpikeList,
        post: SpikeList,
        reward: Scalar,
        drift: Float[Array, " pre"],
        now: Int[Array, ""],
    ) -> tuple[Weights, PlasticState]:
        """One plasticity event at time `now`.

        `drift` is the ratio of each pre neuron's summed excitatory output weights at the start
        to those at present; it scales the changes of its synapses.
        """
        traces = write_traces(self, state.traces, weights != 0, pre, post)
        if self.rewarded:
            total = sum_traces(self, traces, weights, now)
            mean = (1 - self.mean_smoothing) * state.mean + self.mean_smoothing * total
            away = jnp.maximum(jnp.abs(mean), self.mean_floor)
            mean = jnp.where(mean < 0, -away, away)
            strength = reward * total / mean
        else:
            mean, strength = state.mean, jnp.ones_like(weights)
        changed = weights * growth(self, traces, strength, drift, now)
        weights = self._bound_and_scale(changed, weights, state)
        return weights, state._replace(traces=traces, mean=mean)

    def _bound_and_scale(self, changed: Weights, before: Weights, state: PlasticState) -> Weights:
        """Clip to the bounds, then scale each post neuron's in-weights to its target sum."""
        changed = jnp.clip(changed, self.weight_min, self.weight_max)
        free = (before != 0) & ~state.locked
        held = jnp.where(state.locked, before, 0.0)
        changed = jnp.where(free, changed, 0.0)
        total = changed.sum(axis=0)
        least = self.weight_min * free.sum(axis=0).astype(changed.dtype)
        room = jnp.maximum(state.target - held.sum(axis=0), least)
        scale = jnp.where(total > 0, room / jnp.where(total > 0, total, 1.0), 0.0)
        return held + changed * scale


def _ring(index: Int[Array, "..."], capacity: int) -> Int[Array, "..."]:
    return index % capacity


def write_traces(
    rule: STDP,
    traces: Traces,
    connected: Bool[Array, "pre post"],
    pre: SpikeList,
    post: SpikeList,
) -> Traces:
    """Write the traces of all pairs with a spike that plasticity has not yet seen."""
    kept, capacity = traces.groups[1:].sum(), traces.time.shape[0]
    n_post = connected.shape[1]
    pre_blocks = (pre.length + PRE_BLOCK - 1) // PRE_BLOCK
    post_blocks = (post.length + POST_BLOCK - 1) // POST_BLOCK

    def write_block(block, carry):
        traces, written = carry
        p = (block % pre_blocks) * PRE_BLOCK + jnp.arange(PRE_BLOCK, dtype=jnp.int32)[:, None]
        q = (block // pre_blocks) * POST_BLOCK + jnp.arange(POST_BLOCK, dtype=jnp.int32)[None, :]
        lag = post.time[q] - pre.time[p]
        exists = (p < pre.length) & (q < post.length) & ((p >= pre.fresh) | (q >= post.fresh))
        paired = exists & (jnp.abs(lag) < rule.reach) & connected[pre.neuron[p], post.neuron[q]]
        kernel = rule.amplitude * jnp.exp(-jnp.abs(lag).astype(jnp.float32) / rule.tau)
        order = jnp.cumsum(paired.ravel(), dtype=jnp.int32).reshape(paired.shape)
        fits = paired & (kept + written + order <= capacity)
        place = _ring(traces.head + written + order - 1, capacity)
        place = jnp.where(fits, place, capacity)
        synapse = pre.neuron[p] * n_post + post.neuron[q]
        traces = traces._replace(
            synapse=traces.synapse.at[place].set(synapse, mode="drop"),
            time=traces.time.at[place].set(pre.time[p] + jnp.maximum(lag, 0), mode="drop"),
            value=traces.value.at[place].set(jnp.where(lag >= 0, kernel, -kernel), mode="drop"),
            overflowed=traces.overflowed | (paired & ~fits).any(),
        )
        return traces, written + fits.sum(dtype=jnp.int32)

    blocks = pre_blocks * post_blocks
    traces, written = lax.fori_loop(0, blocks, write_block, (traces, jnp.int32(0)))
    return traces._replace(
        head=_ring(traces.head + written, capacity),
        groups=jnp.append(traces.groups[1:], written),
    )


def _fold_live(rule: STDP, traces: Traces, now: Int[Array, ""], fold, start: Array) -> Array:
    """Fold (synapse, d, result) -> result over the live traces, a block at a time.

    Places past the last live trace get a synapse out of range, which scatters drop.
    """
    live = traces.groups.sum()

    def fold_block(block, result):
        index = block * TRACE_BLOCK + jnp.arange(TRACE_BLOCK, dtype=jnp.int32)
        place = _ring(traces.head - live + index, traces.time.shape[0])
        age = (now - traces.time[place]).astype(jnp.float32)
        d = rule.gain * traces.value[place] / (age + rule.offset)
        synapse = jnp.where(index < live, traces.synapse[place], start.size)
        return fold(synapse, d, result)

    return lax.fori_loop(0, (live + TRACE_BLOCK - 1) // TRACE_BLOCK, fold_block, start)


def sum_traces(
    rule: STDP, traces: Traces, weights: Weights, now: Int[Array, ""]
) -> Float[Array, "pre post"]:
    """S: every synapse's sum of d over its live traces."""

    def add(synapse, d, total):
        return total.at[synapse].add(d, mode="drop")

    total = _fold_live(rule, traces, now, add, jnp.zeros(weights.size))
    return total.reshape(weights.shape)


def growth(
    rule: STDP,
    traces: Traces,
    strength: Weights,
    drift: Float[Array, " pre"],
    now: Int[Array, ""],
) -> Float[Array, "pre post"]:
    """prod_k (1 + drift_pre clip(d_k strength)) for every synapse, each trace clipped alone."""
    n_post = strength.shape[1]
    flat = strength.ravel()

    def multiply(synapse, d, product):
        change = jnp.clip(d * flat[synapse], -rule.clip, rule.clip)
        return product.at[synapse].multiply(1 + drift[synapse // n_post] * change, mode="drop")

    product = _fold_live(rule, traces, now, multiply, jnp.ones(strength.size))
    return product.reshape(strength.shape)


def grow(traces: Traces, capacity: int) -> Traces:
    """The same traces in a longer circular list."""

    def longer(ring: Array) -> Array:
        return jnp.pad(jnp.roll(ring, -traces.head), (capacity - ring.shape[0], 0))

    return traces._replace(
        synapse=longer(traces.synapse),
        time=longer(traces.time),
        value=longer(traces.value),
        head=jnp.int32(0),
    )


def pass_over(state: PlasticState) -> PlasticState:
    """A cycle without plasticity: traces grow a cycle older, none are written."""
    groups = jnp.append(state.traces.groups[1:], jnp.int32(0))
    return state._replace(traces=state.traces._replace(groups=groups))
