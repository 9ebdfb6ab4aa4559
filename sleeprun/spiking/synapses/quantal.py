"""The synapse that also releases by itself: miniature potentials."""

from typing import Annotated, Any, ClassVar, NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int, PyTree

from sleeprun import noise
from sleeprun.config.declared import handed, number, part
from sleeprun.spiking.neurons.neuron import Scalar
from sleeprun.spiking.synapses.along import Along, Each
from sleeprun.spiking.synapses.delivery import jitter
from sleeprun.spiking.synapses.kinetics import KINETICS, NEVER, Kinetics
from sleeprun.spiking.synapses.synapse import Conducting, Post
from sleeprun.together import one_by_one, seldom

Pre = Float[Array, " pre"]
Which = Bool[Array, "each post"]
LEAST_DRAW = 1e-6
WAITS = 0xC2B2AE35  # what sets the stream of waits apart from that of jitter


class QuantalState(NamedTuple):
    kinetics: PyTree[Array]  # of every synapse
    conductance: Each  # of all of them, as the last release set it
    mini: Each  # what a miniature sets it to
    wait: Each  # ms from a release to the next miniature
    left: Each  # ms of that, or of the silence after a spike; below 0 a miniature is due
    depleted: Pre  # share of transmitter that is used up
    quiet: Pre  # ms since a spike


class Released(NamedTuple):
    """What a release changes, of every synapse; see `QuantalState`."""

    conductance: Each
    wait: Each
    left: Each


class Quantal(Conducting[QuantalState]):
    """A conductance whose every synapse releases by spikes and by itself (Gonzalez et al. 2020).

    A release sets the conductance of all receptors, and so of those still open: by a spike to the
    weight times the transmitter that is there, by a miniature to `mini` of the starting weight. Of
    what is there a spike uses a share, and the rest comes back with `recovery` from `pause` on.

    A miniature comes where the pre neuron was silent for more than `mini_silence`, and the synapse
    for more than a wait that is drawn at its last one, at first 0: exponentially, with the rate
    mini_rate tanh(silence / (2 mini_ramp)). A dead time of the kinetics holds for all releases.
    """

    takes_slots: ClassVar[bool] = True

    step_ms: Scalar = handed()
    kinetics: Kinetics = part(Annotated[Any, KINETICS], "of the receptors")
    use: Scalar = number("share of transmitter that a spike uses", ge=0, le=1, default=0.07)
    recovery: Scalar = number("time constant of the transmitter", unit="ms", gt=0, default=700.0)
    pause: Scalar = number("before it recovers", unit="ms", ge=0, default=0.3)
    mini: Scalar = number("conductance of a miniature, as a share of the starting weight", ge=0)
    mini_rate: Scalar = number("most of one synapse", unit="Hz", gt=0, default=4.0)
    mini_ramp: Scalar = number("time constant of the rate", unit="ms", gt=0, default=30.0)
    mini_silence: Scalar = number("least after a spike", unit="ms", ge=0, default=50.0)

    def init(self, pre: int, post: int) -> QuantalState:
        each = jnp.zeros((pre, post))
        quiet = jnp.full(pre, NEVER, jnp.float32)
        kinetics = self.kinetics.init((pre, post))
        left = each + jnp.maximum(self.mini_silence - NEVER, 0.0)
        return QuantalState(kinetics, each, each, each, left, jnp.zeros(pre), quiet)

    def born(self, state: QuantalState, weights: Each) -> QuantalState:
        return state._replace(mini=self.mini * weights)

    def step(
        self, state: QuantalState, fired: Bool[Array, " pre"], along: Along, v: Post | None
    ) -> tuple[QuantalState, Post]:
        dt, spiking = self.step_ms, along.seldom(fired)
        quiet = jnp.minimum(state.quiet + dt, NEVER)
        left = jnp.maximum(state.left - dt, -NEVER)
        tried = (along.weights != 0) & (spiking | (left < 0))
        kinetics, released, _ = self.kinetics.step(state.kinetics, tried, dt)
        depleted = state.depleted * jnp.exp(-dt / self.recovery)
        used = (depleted + self.use * (1 - depleted)) * jnp.exp(self.pause / self.recovery)
        conductance, left = self._by_spikes(state, left, released, fired, depleted, along)
        conductance, wait, left = self._by_themselves(
            Released(conductance, state.wait, left), state.mini, released & ~spiking, quiet, along
        )
        after = QuantalState(
            kinetics=kinetics,
            conductance=conductance,
            mini=state.mini,
            wait=wait,
            left=left,
            depleted=jnp.where(fired, used, depleted),
            quiet=jnp.where(fired, 0.0, quiet),
        )
        return after, (conductance * self.kinetics.open(kinetics)).sum(axis=0)

    def _by_spikes(
        self,
        state: QuantalState,
        left: Each,
        released: Which,
        fired: Bool[Array, " pre"],
        depleted: Pre,
        along: Along,
    ) -> tuple[Each, Each]:
        """Conductances, and the time left, after what spikes released, where there were any."""

        def factor() -> Each:
            return jitter(along.words, self.jitter, *along.counters())

        def release() -> tuple[Each, Each]:
            spiking = along.each(fired)
            there = along.weights * along.each(1 - depleted)
            random = seldom(self.jitter > 0, factor, lambda: jnp.ones_like(there))
            conductance = jnp.where(spiking & released, there * random, state.conductance)
            begun = jnp.maximum(jnp.where(released, state.wait, left), self.mini_silence)
            return conductance, jnp.where(spiking, begun, left)

        return seldom(fired.any(), release, lambda: (state.conductance, left))

    def _by_themselves(
        self,
        before: Released,
        mini: Each,
        released: Which,
        quiet: Pre,
        along: Along,
    ) -> Released:
        """Conductances, waits and the time left after what was released by itself."""
        rates = self.mini_rate / 1000 * jnp.tanh(quiet / (2 * self.mini_ramp))
        post = jnp.arange(released.shape[1], dtype=jnp.int32)

        def drawn(mini: Float[Array, "..."], pre: Int[Array, "..."]) -> tuple[Array, Array]:
            """Of synapses, what a miniature sets them to and the wait for the next."""
            counters = along.cycle, along.step, pre, post
            draw = noise.uniform(along.words + jnp.uint32(WAITS), *counters)
            wait = -jnp.log(jnp.maximum(draw, LEAST_DRAW)) / rates[pre]
            return mini * jitter(along.words, self.jitter, *counters), wait

        def changed(here: Which, drawn: tuple[Array, Array], before: Released) -> Released:
            quantum, waits = drawn
            return Released(
                jnp.where(here, quantum, before.conductance),
                jnp.where(here, waits, before.wait),
                jnp.where(here, waits, before.left),
            )

        places = jnp.arange(len(released), dtype=jnp.int32)[:, None]
        if not one_by_one():
            return changed(released, drawn(mini, along.ends()[0]), before)

        # Mostly few release: one of every post neuron, and another one as long as there are more.
        def release(carry):
            place, before = carry
            pre = place if along.sources is None else along.sources[place, post]
            after = changed(places == place, drawn(mini[place, post], pre), before)
            return self._last(released & (places < place), places), after

        start = self._last(released, places), before
        return lax.while_loop(lambda carry: (carry[0] >= 0).any(), release, start)[1]

    def _last(self, released: Which, places: Int[Array, "each 1"]) -> Int[Array, " post"]:
        """The last of each post neuron's synapses that released; -1 where none did."""
        return jnp.where(released, places, -1).max(axis=0)
