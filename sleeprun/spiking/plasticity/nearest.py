"""Spike-timing-dependent plasticity of nearest pairs, each spike paired once."""

from typing import ClassVar, NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from sleeprun.config.declared import handed, number
from sleeprun.spiking.plasticity.plasticity import Plasticity, PlasticityEvent, Scalar, Weights
from sleeprun.spiking.spikes import SpikeList
from sleeprun.spiking.synapses.along import spread
from sleeprun.together import most, one_by_one

LONG_AGO = 2**30  # steps; more than any reach


class NearestState(NamedTuple):
    start: Weights  # what bounds and steps are shares of
    pre: Int[Array, " pre"]  # steps from a neuron's last spike to `now`
    post: Int[Array, " post"]
    now: Int[Array, ""]  # on the spike clock, of the last event


class NearestSTDP(Plasticity[NearestState]):
    """Gonzalez et al. 2020. Where pre comes before post, the post spike adds

        gain potentiation weight_max exp(-dt / tau)   for the last pre spike, if none was so paired

    since; where post comes before pre, the pre spike takes away the same with `depression`, for the
    last post spike. Of spikes in one step the pre one is paired with the post one by both, with
    dt = 0, after what the post one adds for an earlier pre spike; a later pre spike can still be
    paired with that post one. A weight is bounded after every pairing.

    `weight_min`, `weight_max` and what is added are shares of the synapse's starting weight, and
    spikes further apart than `reach` do not count.
    """

    takes_slots: ClassVar[bool] = True

    step_ms: Scalar = handed()
    potentiation: Scalar = number("largest, as a share of weight_max", ge=0, default=0.002)
    depression: Scalar = number("largest, as a share of weight_max", ge=0, default=0.002)
    tau: Scalar = number("of both", unit="ms", gt=0, default=20.0)
    gain: Scalar = number("factor on both", ge=0, default=1.0)

    def init(self, weights: Weights) -> NearestState:
        pre, post = (jnp.full(size, LONG_AGO, jnp.int32) for size in weights.shape)
        return NearestState(weights, pre, post, jnp.int32(0))

    def bounds(self, state: NearestState) -> tuple[Weights, Weights]:
        return self.weight_min * state.start, self.weight_max * state.start

    def update(
        self, state: NearestState, weights: Weights, event: PlasticityEvent
    ) -> tuple[Weights, NearestState]:
        """All steps with a new spike, one after another."""
        passed = event.now - state.now
        pre, post = (_older(last, passed) for last in (state.pre, state.post))

        def more(carry):
            p, q, *_ = carry
            return most((p < event.pre.length) | (q < event.post.length))

        def one_step(carry):
            p, q, weights, pre, post = carry
            ago = jnp.maximum(_next(event.pre, p, event.now), _next(event.post, q, event.now))
            p, fired_pre = _fired(event.pre, p, event.now, ago, len(pre))
            q, fired_post = _fired(event.post, q, event.now, ago, len(post))
            before, fires = spread(event.sources, pre - ago), spread(event.sources, fired_pre)
            after = (post - ago)[None, :], fired_post[None, :]
            weights = self.paired(state, weights, (before, fires), after)
            pre, post = jnp.where(fired_pre, ago, pre), jnp.where(fired_post, ago, post)
            return p, q, weights, pre, post

        start = event.pre.fresh, event.post.fresh, weights, pre, post
        *_, weights, pre, post = lax.while_loop(more, one_step, start)
        return weights, NearestState(state.start, pre, post, event.now)

    def paired(
        self,
        state: NearestState,
        weights: Weights,
        pre: tuple[Int[Array, "each _"], Bool[Array, "each _"]],
        post: tuple[Int[Array, "1 post"], Bool[Array, "1 post"]],
    ) -> Weights:
        """After a step: for both ends, steps since each one's last spike before, and who fires.

        That a spike was paired before needs no memory: it was, if a spike of the other side came
        since then.
        """
        (since_pre, fires_pre), (since_post, fires_post) = pre, post
        largest = self.gain * self.weight_max * state.start
        low, high = self.bounds(state)
        owed = fires_post & (since_pre < since_post)
        up = jnp.where(owed, self.potentiation * self._kernel(since_pre), 0.0)
        weights = jnp.clip(weights + largest * up, low, high)
        together = fires_pre & fires_post
        late = jnp.where(since_post <= since_pre, self._kernel(since_post), 0.0)
        down = jnp.where(fires_pre, self.depression * jnp.where(together, 1.0, late), 0.0)
        weights = jnp.clip(weights - largest * down, low, high)
        weights = weights + jnp.where(together, largest * self.potentiation, 0.0)
        return jnp.clip(weights, low, high)

    def _kernel(self, since: Int[Array, "..."]) -> Float[Array, "..."]:
        ms = since.astype(jnp.float32) * self.step_ms
        return jnp.where(since <= self.reach, jnp.exp(-ms / self.tau), 0.0)


def _older(last: Int[Array, " n"], passed: Int[Array, ""]) -> Int[Array, " n"]:
    return jnp.where(last > LONG_AGO - passed, LONG_AGO, last + passed)


def _next(spikes: SpikeList, index: Int[Array, "*i"], now: Int[Array, ""]) -> Int[Array, "*i"]:
    """How many steps ago the spike at an index was; -1 behind the last one."""
    return jnp.where(index < spikes.length, now - spikes.time[index], -1)


def _fired(
    spikes: SpikeList,
    first: Int[Array, ""],
    now: Int[Array, ""],
    ago: Int[Array, ""],
    size: int,
) -> tuple[Int[Array, ""], Bool[Array, " _"]]:
    """Who of `size` neurons fired so many steps ago, of the spikes from an index on; and the index
    behind them.
    """

    def here(index):
        return (index < spikes.length) & (_next(spikes, index, now) == ago)

    silent = jnp.zeros(size, bool)
    if not one_by_one():
        listed = jnp.arange(len(spikes.time), dtype=jnp.int32)
        found = (listed >= first) & here(listed)
        return first + found.sum(dtype=jnp.int32), silent.at[spikes.neuron].max(found)

    def add(carry):
        index, fired = carry
        return index + 1, fired.at[spikes.neuron[index]].set(True)

    return lax.while_loop(lambda carry: here(carry[0]), add, (first, silent))
