"""What a neuron with a membrane potential is, on which conductances can act."""

from abc import abstractmethod
from typing import NamedTuple, Protocol, TypeVar, runtime_checkable

import jax.numpy as jnp

from sleeprun.spiking.neurons.neuron import Neuron, Neurons, NeuronState, Scalar


class Opened(NamedTuple):
    """Conductances that synapses open, in the neuron's units: their current is driven - g V."""

    g: Neurons  # summed
    driven: Neurons  # sum of g E


@runtime_checkable
class MembraneState(NeuronState, Protocol):
    """It also has what is open in the coming step; synapses add to that, and a step closes it."""

    @property
    def opened(self) -> Opened: ...


State = TypeVar("State", bound=MembraneState)


class Membrane(Neuron[State]):
    """A model with a membrane potential in mV."""

    @abstractmethod
    def potential(self, state: State) -> Neurons:
        """In mV."""

    def open(self, state: State, g: Neurons, reversal: Scalar) -> State:
        """With so much more conductance in the coming step."""
        there = state.opened
        return state._replace(opened=Opened(there.g + g, there.driven + g * reversal))


def closed(size: int) -> Opened:
    return Opened(jnp.zeros(size), jnp.zeros(size))


def relaxed(v: Neurons, g: Neurons, driven: Neurons, capacitance: Scalar, dt: Scalar) -> Neurons:
    """V after `dt` ms of C V' = driven - g V, solved with g and driven held: it never passes
    driven / g, however long that is (exponential Euler).
    """
    shares = g * dt / capacitance
    small = shares < 1e-4
    safe = jnp.where(small, 1.0, shares)
    slowed = jnp.where(small, 1 - shares / 2, -jnp.expm1(-safe) / safe)
    return v + dt / capacitance * (driven - g * v) * slowed
