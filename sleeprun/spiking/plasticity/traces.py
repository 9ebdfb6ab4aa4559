"""The traces that pairs of spikes leave at a synapse, and what they do to its weight.

Golden et al. 2022, "STDP traces" and "Applying traces". Spikes come as lists and traces are a
list, so that the cost goes with the number of pairs.
"""

from typing import NamedTuple, Protocol, runtime_checkable

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from sleeprun.spiking.spikes import SpikeList
from sleeprun.together import at_once, most

Weights = Float[Array, "pre post"]


@runtime_checkable
class TraceConstants(Protocol):
    """The constants of traces: how large one is, and how it acts; times in steps."""

    @property
    def amplitude(self) -> Float[Array, ""]: ...
    @property
    def tau(self) -> Float[Array, ""]: ...
    @property
    def reach(self) -> Int[Array, ""]: ...
    @property
    def age_offset(self) -> Float[Array, ""]: ...
    @property
    def gain(self) -> Float[Array, ""]: ...
    @property
    def clip(self) -> Float[Array, ""]: ...


class Traces(NamedTuple):
    """The live traces of a projection: a circular list, oldest first, ending before `head`."""

    synapse: Int[Array, " capacity"]  # pre * n_post + post
    time: Int[Array, " capacity"]
    value: Float[Array, " capacity"]
    head: Int[Array, ""]
    groups: Int[Array, " cycles"]  # traces written in each of the last cycles, newest last
    overflowed: Bool[Array, ""]


def none(capacity: int, cycles: int) -> Traces:
    """An empty list of traces that live for so many cycles."""
    integers = jnp.zeros(capacity, jnp.int32)
    groups = jnp.zeros(cycles, jnp.int32)
    zero, false = jnp.int32(0), jnp.bool_(False)
    return Traces(integers, integers, jnp.zeros(capacity), zero, groups, false)


def _ring(index: Int[Array, "..."], capacity: int) -> Int[Array, "..."]:
    return index % capacity


def write_traces(
    rule: TraceConstants,
    traces: Traces,
    connected: Bool[Array, "pre post"],
    pre: SpikeList,
    post: SpikeList,
) -> Traces:
    """Write the traces of all pairs with a spike that plasticity has not yet seen."""
    kept, capacity = traces.groups[1:].sum(), traces.time.shape[0]
    n_post = connected.shape[1]
    pre_block, post_block = at_once(64, 256), at_once(16, 32)
    pre_blocks = most((pre.length + pre_block - 1) // pre_block)
    post_blocks = most((post.length + post_block - 1) // post_block)

    def write_block(block, carry):
        traces, written = carry
        p = (block % pre_blocks) * pre_block + jnp.arange(pre_block, dtype=jnp.int32)[:, None]
        q = (block // pre_blocks) * post_block + jnp.arange(post_block, dtype=jnp.int32)[None, :]
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


def _fold_live(
    rule: TraceConstants, traces: Traces, now: Int[Array, ""], fold, start: Array
) -> Array:
    """Fold (synapse, d, result) -> result over the live traces, a block at a time.

    Places past the last live trace get a synapse out of range, which scatters drop.
    """
    live, size = traces.groups.sum(), at_once(256, 4096)

    def fold_block(block, result):
        index = block * size + jnp.arange(size, dtype=jnp.int32)
        place = _ring(traces.head - live + index, traces.time.shape[0])
        age = (now - traces.time[place]).astype(jnp.float32)
        d = rule.gain * traces.value[place] / (age + rule.age_offset)
        synapse = jnp.where(index < live, traces.synapse[place], start.size)
        return fold(synapse, d, result)

    return lax.fori_loop(0, most((live + size - 1) // size), fold_block, start)


def sum_traces(
    rule: TraceConstants, traces: Traces, weights: Weights, now: Int[Array, ""]
) -> Float[Array, "pre post"]:
    """S: every synapse's sum of d over its live traces."""

    def add(synapse, d, total):
        return total.at[synapse].add(d, mode="drop")

    total = _fold_live(rule, traces, now, add, jnp.zeros(weights.size))
    return total.reshape(weights.shape)


def growth(
    rule: TraceConstants,
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


def a_cycle_older(traces: Traces) -> Traces:
    """A cycle without plasticity: none are written."""
    return traces._replace(groups=jnp.append(traces.groups[1:], jnp.int32(0)))
