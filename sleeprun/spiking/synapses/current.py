"""The synapse that adds to a current."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from sleeprun.spiking.spikes import SpikeList
from sleeprun.spiking.synapses.along import Along
from sleeprun.spiking.synapses.delivery import deliver_window
from sleeprun.spiking.synapses.synapse import Post, Synapse


class Current(Synapse[tuple[()]]):
    """A spike adds its weight to the post neuron's synaptic current, which decays there."""

    def step(
        self, state: tuple[()], fired: Bool[Array, " pre"], along: Along, v: Post | None
    ) -> tuple[tuple[()], Post]:
        return state, self.delivered(fired.astype(jnp.float32), along)

    def over_window(
        self,
        current: Float[Array, "time post"],
        spikes: SpikeList,
        first: Int[Array, ""],
        start: Int[Array, ""],
        along: Along,
    ) -> Float[Array, "time post"] | None:
        if type(self) is not Current:  # what derives from it may do another thing in its steps
            return None
        weights, words, cycle, step, _ = along
        return deliver_window(
            current, weights, spikes, first, start, words, self.jitter, cycle, step
        )
