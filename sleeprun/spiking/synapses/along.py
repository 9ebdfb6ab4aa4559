"""What spikes run along: the synapses of a projection, laid out in one of two ways."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Shaped, UInt32

from sleeprun.together import seldom

Each = Float[Array, "each post"]  # synapse: [pre, post], or [slot, post]
Sources = Int[Array, "slot post"]  # the pre neuron behind each slot of a post neuron


def spread(sources: Sources | None, of_pre: Shaped[Array, " pre"]) -> Shaped[Array, "each _"]:
    """What pre neurons have, for every synapse; to be broadcast over [each, post]."""
    return of_pre[:, None] if sources is None else of_pre[sources]


class Along(NamedTuple):
    """A projection's weights, and the counters of its noise.

    Weights are [pre, post]; where there are `sources`, [slot, post], and the slots that a post
    neuron does not need are of weight 0.
    """

    weights: Each
    words: UInt32[Array, " words"]  # its noise stream
    cycle: Int[Array, "..."]  # of all spikes, or [pre]
    step: Int[Array, "..."]  # of the cycle
    sources: Sources | None = None

    def each(self, of_pre: Shaped[Array, " pre"]) -> Shaped[Array, "each _"]:
        """What pre neurons have, for every synapse."""
        return spread(self.sources, of_pre)

    def seldom(self, of_pre: Bool[Array, " pre"]) -> Bool[Array, "each _"]:
        """The same of what mostly is true of none."""
        if self.sources is None:
            return self.each(of_pre)
        none = jnp.zeros(self.weights.shape, bool)
        return seldom(of_pre.any(), lambda: self.each(of_pre), lambda: none)

    def ends(self) -> tuple[Int[Array, "each _"], Int[Array, "1 post"]]:
        """The pre and the post neuron of every synapse; to be broadcast over [each, post]."""
        pre = jnp.arange(len(self.weights), dtype=jnp.int32)[:, None]
        post = jnp.arange(self.weights.shape[1], dtype=jnp.int32)[None, :]
        return pre if self.sources is None else self.sources, post

    def counters(self) -> tuple[Int[Array, "..."], ...]:
        """Cycle, step, and the places of its ends: what a synapse draws its noise by."""
        when = (self.each(one) if one.ndim else one for one in (self.cycle, self.step))
        return *when, *self.ends()
