"""What a plasticity rule is, and what holds for the weights whichever rule changes them."""

from abc import abstractmethod
from typing import ClassVar, Generic, NamedTuple, TypeVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree

from sleeprun.config.declared import flag, integer, number
from sleeprun.spiking.neurons.neuron import Scalar
from sleeprun.spiking.spikes import SpikeList
from sleeprun.spiking.synapses.along import Sources

Weights = Float[Array, "each post"]  # [pre, post], or [slot, post]


class PlasticityEvent(NamedTuple):
    """What a rule is told, once a movement cycle."""

    pre: SpikeList  # spikes of the last `reach` steps; those from `fresh` on are new
    post: SpikeList
    reward: Scalar
    drift: Float[Array, " pre"]  # summed excitatory output weights at the start over those now
    now: Int[Array, ""]  # on the spike clock, in steps
    sources: Sources | None = None  # where weights are [slot, post]: who each is from


class PlasticState(NamedTuple):
    """Of a projection with a rule."""

    own: PyTree[Array]  # the rule's state
    target: Float[Array, " post"]  # what each post neuron's in-weights are scaled to sum to
    locked: Bool[Array, "each post"]  # synapses frozen one by one


Own = TypeVar("Own", bound=PyTree[Array])


class Plasticity(eqx.Module, Generic[Own]):
    """A rule: declared constants, and pure functions of one projection.

    What `update` returns is bounded, and scaled if `normalise`, by `bounded`; synapses that do not
    exist (weight 0) or are locked stay as they are.
    """

    takes_slots: ClassVar[bool] = False  # whether it takes weights [slot, post]

    reach: Int[Array, ""] = integer("how far back a spike can still be paired", unit="steps", ge=1)
    weight_min: Scalar = number("of a synapse that exists", gt=0)
    weight_max: Scalar = number("of a synapse, before scaling", gt=0)
    normalise: bool = flag("scale each post neuron's in-weights to their sum", default=True)

    @classmethod
    def check(cls, weight_min: float, weight_max: float, **_: object) -> None:
        if weight_min > weight_max:
            raise ValueError(f"weight_min={weight_min} is above weight_max={weight_max}")

    @abstractmethod
    def init(self, weights: Weights) -> Own:
        """The rule's state at a network's birth."""

    @abstractmethod
    def update(self, state: Own, weights: Weights, event: PlasticityEvent) -> tuple[Weights, Own]:
        """The weights after an event."""

    def bounds(self, state: Own) -> tuple[Array, Array]:
        """Between what each weight is kept; for all synapses or [pre, post]."""
        return self.weight_min, self.weight_max

    def skip(self, state: Own) -> Own:
        """The state after a cycle without plasticity."""
        return state

    def capacity(self, state: Own) -> int:
        """Entries of its list, if it has one. Leaves of `state` may be [seed, ...]."""
        return 0

    def overrun(self, state: Own) -> Bool[Array, "*seed"]:
        """Whether its list ran over."""
        return jnp.bool_(False)

    def grown(self, state: Own, capacity: int) -> Own:
        """The same state with a longer list."""
        return state


def starting(rule: Plasticity, weights: Weights) -> PlasticState:
    return PlasticState(rule.init(weights), weights.sum(axis=0), jnp.zeros(weights.shape, bool))


def apply(
    rule: Plasticity, state: PlasticState, weights: Weights, event: PlasticityEvent
) -> tuple[Weights, PlasticState]:
    """One plasticity event."""
    changed, own = rule.update(state.own, weights, event)
    state = state._replace(own=own)
    return bounded(rule, changed, weights, state), state


def bounded(rule: Plasticity, changed: Weights, before: Weights, state: PlasticState) -> Weights:
    """Clip to the bounds, then scale each post neuron's in-weights to its target sum.

    Golden et al. 2022, "Applying traces".
    """
    low, high = rule.bounds(state.own)
    changed = jnp.clip(changed, low, high)
    free = (before != 0) & ~state.locked
    held = jnp.where(state.locked, before, 0.0)
    changed = jnp.where(free, changed, 0.0)
    if not rule.normalise:
        return held + changed
    total = changed.sum(axis=0)
    least = jnp.where(free, low, 0.0).sum(axis=0)
    left = jnp.maximum(state.target - held.sum(axis=0), least)
    scale = jnp.where(total > 0, left / jnp.where(total > 0, total, 1.0), 0.0)
    return held + changed * scale
