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
    def kept(self, dt: Scalar) -> Scalar:
        """The part of an open share that is left after `dt` ms."""


class Exponential(Kinetics[tuple[()]]):
    """A spike opens all receptors at once; they close exponentially, and shares add up."""

    tau: Scalar = number("of the decay", unit="ms", gt=0)

    def init(self, each: int | tuple[int, ...]) -> tuple[()]:
        return ()

    def step(self, state: tuple[()], fired: Fired, dt: Scalar) -> tuple[tuple[()], Fired, Each]:
        return state, fired, fired.astype(jnp.float32)

    def kept(self, dt: Scalar) -> Scalar:
        return jnp.exp(-dt / self.tau)


class AlphaBetaState(NamedTuple):
    open: Each  # R, the share of receptors
    pulse: Each  # ms that are left of the transmitter's pulse
    dead: Each  # ms until a spike releases again


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
        nothing = jnp.zeros(each)
        return AlphaBetaState(nothing, nothing, nothing)

    def step(
        self, state: AlphaBetaState, fired: Fired, dt: Scalar
    ) -> tuple[AlphaBetaState, Fired, Each]:
        released = fired & (state.dead < dt / 2)  # within rounding of 0
        left = jnp.where(released, self.pulse, state.pulse)
        lasting = jnp.minimum(left, dt)
        binding = self.alpha * self.transmitter
        steady = binding / (binding + self.beta)
        towards = jnp.exp(-(binding + self.beta) * lasting)
        bound = steady + (state.open - steady) * towards
        after = bound * jnp.exp(-self.beta * (dt - lasting))
        gained = jnp.maximum(after - self.kept(dt) * state.open, 0.0)
        dead = jnp.where(released, self.dead_time, state.dead)
        changed = AlphaBetaState(after, left - lasting, jnp.maximum(dead - dt, 0.0))
        return changed, released, jnp.where(lasting > 0, gained, 0.0)

    def kept(self, dt: Scalar) -> Scalar:
        return jnp.exp(-self.beta * dt)


KINETICS = Kinds(
    "kinetics",
    "sleeprun.spiking.synapses.kinetics.Kinetics",
    exponential="sleeprun.spiking.synapses.kinetics.Exponential",
    alpha_beta="sleeprun.spiking.synapses.kinetics.AlphaBeta",
)
