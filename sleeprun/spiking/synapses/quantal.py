"""The synapse that also releases by itself: miniature potentials."""

from typing import Annotated, Any, NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, PyTree

from sleeprun import noise
from sleeprun.config.declared import handed, number, part
from sleeprun.spiking.neurons.neuron import Scalar
from sleeprun.spiking.synapses.delivery import jitter
from sleeprun.spiking.synapses.kinetics import KINETICS, Kinetics
from sleeprun.spiking.synapses.synapse import Along, Conducting, Post

Pre = Float[Array, " pre"]
Each = Float[Array, "pre post"]  # synapse
NEVER = 1e5  # ms since what has not happened yet
LEAST_DRAW = 1e-6
WAITS = 0xC2B2AE35  # what sets the stream of waits apart from that of jitter


class QuantalState(NamedTuple):
    kinetics: PyTree[Array]  # [pre, post]
    bound: Each  # the share of receptors
    conductance: Each  # of all of them, as the last release set it
    mini: Each  # what a miniature sets it to
    wait: Each  # ms from a release to the next miniature
    since: Each  # ms since a release
    depleted: Pre  # share of transmitter that is used up
    quiet: Pre  # ms since a spike


class Quantal(Conducting[QuantalState]):
    """A conductance whose every synapse releases by spikes and by itself (Gonzalez et al. 2020).

    A release sets the conductance of all receptors, and so of those still open: by a spike to the
    weight times the transmitter that is there, by a miniature to `mini` of the starting weight. Of
    what is there a spike uses a share, and the rest comes back with `recovery` from `pause` on.

    A miniature comes where the pre neuron was silent for more than `mini_silence`, and the synapse
    for more than a wait that is drawn at its last one, at first 0: exponentially, with the rate
    mini_rate tanh(silence / (2 mini_ramp)). A dead time of the kinetics holds for all releases.
    """

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
        each, of_pre = jnp.zeros((pre, post)), jnp.zeros(pre)
        never = jnp.full((pre, post), NEVER, jnp.float32)
        kinetics = self.kinetics.init((pre, post))
        return QuantalState(
            kinetics, each, each, each, each, never, of_pre, jnp.full(pre, NEVER, jnp.float32)
        )

    def born(self, state: QuantalState, weights: Each) -> QuantalState:
        return state._replace(mini=self.mini * weights)

    def step(
        self, state: QuantalState, fired: Bool[Array, " pre"], along: Along, v: Post | None
    ) -> tuple[QuantalState, Post]:
        dt, spiking = self.step_ms, fired[:, None]
        quiet, since = (jnp.minimum(ms + dt, NEVER) for ms in (state.quiet, state.since))
        due = ~spiking & (quiet > self.mini_silence)[:, None] & (since > state.wait)
        tried = (along.weights != 0) & (spiking | due)
        kinetics, released, gained = self.kinetics.step(state.kinetics, tried, dt)
        depleted = state.depleted * jnp.exp(-dt / self.recovery)
        used = (depleted + self.use * (1 - depleted)) * jnp.exp(self.pause / self.recovery)
        conductance, wait = self._set(
            state, released, spiking, along.weights * (1 - depleted)[:, None], quiet, along
        )
        bound = self.kinetics.kept(dt) * state.bound + gained
        after = QuantalState(
            kinetics=kinetics,
            bound=bound,
            conductance=conductance,
            mini=state.mini,
            wait=wait,
            since=jnp.where(released, 0.0, since),
            depleted=jnp.where(fired, used, depleted),
            quiet=jnp.where(fired, 0.0, quiet),
        )
        return after, (conductance * bound).sum(axis=0)

    def _set(
        self,
        state: QuantalState,
        released: Bool[Array, "pre post"],
        spiking: Bool[Array, "pre 1"],
        by_spike: Each,
        quiet: Pre,
        along: Along,
    ) -> tuple[Each, Each]:
        """Conductances and waits after what was released; without a release nothing is drawn."""
        counters = (along.cycle, along.step, *_places(along))

        def draw(_):
            factor = jitter(along.words, self.jitter, *counters)
            quantum = jnp.where(spiking, by_spike, state.mini) * factor
            draws = noise.uniform(along.words + jnp.uint32(WAITS), *counters)
            wait = self._wait(quiet[:, None], draws)
            return (
                jnp.bool_(False),
                jnp.where(released, quantum, state.conductance),
                jnp.where(released & ~spiking, wait, state.wait),
            )

        start = released.any(), state.conductance, state.wait
        return lax.while_loop(lambda carry: carry[0], draw, start)[1:]

    def _wait(self, quiet: Float[Array, "*n"], draws: Float[Array, "*m"]) -> Each:
        """From a miniature to the next, where the pre neuron was quiet for so long, in ms."""
        rate = self.mini_rate / 1000 * jnp.tanh(quiet / (2 * self.mini_ramp))
        return -jnp.log(jnp.maximum(draws, LEAST_DRAW)) / rate


def _places(along: Along) -> tuple[Array, Array]:
    pre, post = along.weights.shape
    return jnp.arange(pre, dtype=jnp.int32)[:, None], jnp.arange(post, dtype=jnp.int32)[None, :]
