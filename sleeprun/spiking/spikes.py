"""Spike lists: who spiked when, in time order, with a fixed and checked capacity.

Spikes are rare, so what follows from them (currents, pairs for STDP, counts) is computed from
lists in blocks, at a cost that goes with the number of spikes.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int, Int8

from sleeprun.together import one_by_one


class SpikeList(NamedTuple):
    """Spikes of one population. Times are steps on an int32 clock that may wrap around."""

    time: Int[Array, " capacity"]
    neuron: Int[Array, " capacity"]
    length: Int[Array, ""]  # spikes in the list
    fresh: Int[Array, ""]  # those before this index have been seen by plasticity
    overflowed: Bool[Array, ""]  # a spike did not fit


def empty(capacity: int) -> SpikeList:
    zeros = jnp.zeros(capacity, jnp.int32)
    zero = jnp.int32(0)
    return SpikeList(zeros, zeros, zero, zero, jnp.bool_(False))


def grow(spikes: SpikeList, capacity: int) -> SpikeList:
    """The same spikes in a longer list."""
    more = (0, capacity - spikes.time.shape[0])
    return spikes._replace(time=jnp.pad(spikes.time, more), neuron=jnp.pad(spikes.neuron, more))


def collect(
    spikes: SpikeList, raster: Int8[Array, "time neuron"], start: Int[Array, ""]
) -> SpikeList:
    """Append a raster's spikes; its first row is at time `start`."""
    steps = jnp.arange(raster.shape[0], dtype=jnp.int32)
    if not one_by_one():
        return _appended(spikes, raster > 0, start + steps)
    active = raster.max(axis=1) > 0
    rows = jnp.nonzero(active, size=raster.shape[0])[0].astype(jnp.int32)

    def append(k, spikes):
        row = rows[k][None]
        return _appended(spikes, raster[row] > 0, start + row)

    return lax.fori_loop(0, active.sum(dtype=jnp.int32), append, spikes)


def _appended(
    spikes: SpikeList, fired: Bool[Array, "time neuron"], times: Int[Array, " time"]
) -> SpikeList:
    capacity, size = spikes.time.shape[0], fired.shape[1]
    place = spikes.length - 1 + jnp.cumsum(fired.ravel(), dtype=jnp.int32).reshape(fired.shape)
    place = jnp.where(fired, place, capacity)
    count = spikes.length + fired.sum(dtype=jnp.int32)
    return spikes._replace(
        time=spikes.time.at[place].set(times[:, None], mode="drop"),
        neuron=spikes.neuron.at[place].set(jnp.arange(size, dtype=jnp.int32), mode="drop"),
        length=jnp.minimum(count, capacity),
        overflowed=spikes.overflowed | (count > capacity),
    )


def fresh_counts(spikes: SpikeList, size: int) -> Float[Array, " neuron"]:
    """How often each neuron spiked since plasticity last looked."""
    index = jnp.arange(spikes.time.shape[0])
    is_fresh = (index >= spikes.fresh) & (index < spikes.length)
    return jnp.zeros(size).at[spikes.neuron].add(is_fresh.astype(jnp.float32))


def forget(spikes: SpikeList, before: Int[Array, ""]) -> SpikeList:
    """Drop what is older than time `before` and mark the rest as seen."""
    index = jnp.arange(spikes.time.shape[0], dtype=jnp.int32)
    old = ((spikes.time - before) < 0) & (index < spikes.length)
    dropped = old.sum(dtype=jnp.int32)
    kept = spikes.length - dropped
    return spikes._replace(
        time=jnp.roll(spikes.time, -dropped),
        neuron=jnp.roll(spikes.neuron, -dropped),
        length=kept,
        fresh=kept,
    )
