"""How the receptors of a conductance synapse open and close after a spike."""

from abc import abstractmethod
from typing import Generic, NamedTuple, TypeVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PyTree

from sleeprun.config.declared import number
from sleeprun.config.kinds import Kinds
from sleeprun.spiking.neurons.neuron import Scalar

Each = Float[Array, "*each"]  # pre neuron, or synapse [pre, post]
Fired = Bool[Array, "*each"]
NEVER = 1e5  # ms since what has not happened yet
WITHIN = 1e-3  # of a step, which is rounding

State = TypeVar("State", bound=PyTree[Array])


class Kinetics(eqx.Module, Generic[State]):
    """A model: the open share of receptors grows by what spikes bind, and decays by itself."""

    @abstractmethod
    def init(self, each: int | tuple[int, ...]) -> State:
        """The state of so many pre neurons, or synapses, that have never released."""

    @abstractmethod
    def step(self, state: State, fired: Fired, dt: Scalar) -> tuple[State, Fired, Each]:
        """After a step of `dt` ms: the state, whose spikes release, and the share newly bound."""

    @abstractmethod
    def open(self, state: State) -> Each:
        """The share of receptors that is open."""

    @abstractmethod
    def kept(self, dt: Scalar) -> Scalar:
        """The part of an open share that is left after `dt` ms."""


class Exponential(Kinetics[Each]):
    """A spike opens all receptors at once; they close exponentially, and shares add up."""

    tau: Scalar = number("of the decay", unit="ms", gt=0)

    def init(self, each: int | tuple[int, ...]) -> Each:
        return jnp.zeros(each)

    def step(self, state: Each, fired: Fired, dt: Scalar) -> tuple[Each, Fired, Each]:
        gained = fired.astype(jnp.float32)
        return self.kept(dt) * state + gained, fired, gained

    def open(self, state: Each) -> Each:
        return state

    def kept(self, dt: Scalar) -> Scalar:
        return jnp.exp(-dt / self.tau)


class AlphaBetaState(NamedTuple):
    open: Each  # R, the share of receptors
    since: Each  # ms since a release


class AlphaBeta(Kinetics[AlphaBetaState]):
    """First-order binding of transmitter that comes in pulses (Destexhe et al. 1994).

        R' = alpha T (1 - R) - beta R during a pulse, R' = -beta R after it

    Solved exactly. R continues through a pulse; a spike within `dead_time` releases nothing.
    """

    alpha: Scalar = number("rate of binding", unit="1/(mM ms)", gt=0)
    beta: Scalar = number("rate of unbinding", unit="1/ms", gt=0)
    transmitter: Scalar = number("T", unit="mM", gt=0, default=1.0)
    pulse: Scalar = number("its length", unit="ms", gt=0, default=1.0)
    dead_time: Scalar = number("from one release to the next", unit="ms", ge=0, default=0.0)

    def init(self, each: int | tuple[int, ...]) -> AlphaBetaState:
        return AlphaBetaState(jnp.zeros(each), jnp.full(each, NEVER, jnp.float32))

    def step(
        self, state: AlphaBetaState, fired: Fired, dt: Scalar
    ) -> tuple[AlphaBetaState, Fired, Each]:
        released = fired & (state.since > self.dead_time - dt / 2)  # within rounding of it
        since = jnp.where(released, 0.0, state.since)
        pulsing = since < self.pulse - WITHIN * dt
        binding = self.alpha * self.transmitter
        steady = binding / (binding + self.beta)
        towards, decay = self._factors(since, binding, dt)
        after = jnp.where(pulsing, (steady + (state.open - steady) * towards) * decay, 0.0)
        faded = self.kept(dt) * state.open
        changed = AlphaBetaState(jnp.where(pulsing, after, faded), jnp.minimum(since + dt, NEVER))
        return changed, released, jnp.where(pulsing, jnp.maximum(after - faded, 0.0), 0.0)

    def _factors(self, since: Each, binding: Scalar, dt: Scalar) -> tuple[Each, Each]:
        """Of binding and then of unbinding in a step that begins so long after a release.

        A step lies within a pulse, or has its last part: so there are two of each.
        """
        last = self.pulse - dt * jnp.floor((self.pulse / dt) * (1 + WITHIN))
        lasting = jnp.stack([dt, last])
        towards = jnp.exp(-(binding + self.beta) * lasting)
        decay = jnp.exp(-self.beta * (dt - lasting))
        whole = since < self.pulse - dt * (1 - WITHIN)
        return jnp.where(whole, towards[0], towards[1]), jnp.where(whole, decay[0], decay[1])

    def open(self, state: AlphaBetaState) -> Each:
        return state.open

    def kept(self, dt: Scalar) -> Scalar:
        return jnp.exp(-self.beta * dt)


KINETICS = Kinds(
    "kinetics",
    "sleeprun.spiking.synapses.kinetics.Kinetics",
    exponential="sleeprun.spiking.synapses.kinetics.Exponential",
    alpha_beta="sleeprun.spiking.synapses.kinetics.AlphaBeta",
)
