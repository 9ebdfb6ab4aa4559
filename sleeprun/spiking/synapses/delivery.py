"""The currents that spikes deliver, in one step or over a window."""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int, UInt32

from sleeprun import noise
from sleeprun.spiking.spikes import SpikeList
from sleeprun.spiking.synapses.along import Along
from sleeprun.together import most, seldom

Weights = Float[Array, "pre post"]


def jitter(
    words: noise.Stream,
    amplitude: Float[Array, ""],
    *counters: Int[Array, "..."],
) -> Float[Array, "..."]:
    """The factor U(1 - R, 1 + R) on a synapse's current (counters: cycle, step, pre, post)."""
    return 1 + amplitude * (2 * noise.uniform(words, *counters) - 1)


def deliver_step(
    along: Along, released: Float[Array, " pre"], amplitude: Float[Array, ""]
) -> Float[Array, " post"]:
    """Sum over the pre neurons of what each releases in a step, by weight and jitter.

    Where nothing is released, as mostly, nothing is computed, and where nothing is random, nothing
    is drawn.
    """

    def add_up(factor: Float[Array, "..."]) -> Float[Array, " post"]:
        each = along.each(released)
        brought = jnp.where(each != 0, each * (along.weights * factor), 0.0)
        return brought.sum(axis=0)

    def drawn() -> Float[Array, " post"]:
        return add_up(jitter(along.words, amplitude, *along.counters()))

    def deliver() -> Float[Array, " post"]:
        return seldom(amplitude > 0, drawn, lambda: add_up(jnp.float32(1)))

    return seldom((released != 0).any(), deliver, lambda: jnp.zeros(along.weights.shape[1]))


BLOCK = 16


def deliver_window(
    current: Float[Array, "time post"],
    weights: Weights,
    spikes: SpikeList,
    first: Int[Array, ""],
    start: Int[Array, ""],
    words: UInt32[Array, " words"],
    amplitude: Float[Array, ""],
    cycle: Int[Array, ""],
    step: Int[Array, ""],
) -> Float[Array, "time post"]:
    """Add to `current` what the list's spikes from index `first` on bring, step by step.

    Row 0 of `current` is time `start` on the spike clock, step `step` of cycle `cycle`.
    """
    post = jnp.arange(weights.shape[1], dtype=jnp.int32)[None, :]

    def add_block(block, current):
        index = first + block * BLOCK + jnp.arange(BLOCK, dtype=jnp.int32)
        pre = spikes.neuron[index]
        row = spikes.time[index] - start
        factor = jitter(words, amplitude, cycle, (step + row)[:, None], pre[:, None], post)
        row = jnp.where(index < spikes.length, row, current.shape[0])
        return current.at[row].add(weights[pre] * factor, mode="drop")

    blocks = most((spikes.length - first + BLOCK - 1) // BLOCK)
    return lax.fori_loop(0, blocks, add_block, current)
