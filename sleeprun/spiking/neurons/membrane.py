"""What a neuron with a membrane potential is, on which conductances can act."""

from abc import abstractmethod
from typing import NamedTuple

import jax.numpy as jnp

from sleeprun.spiking.neurons.neuron import Neuron, Neurons, Scalar, State


class Opened(NamedTuple):
    """Conductances that synapses open, in the neuron's units: their current is driven - g V."""

    g: Neurons  # summed
    driven: Neurons  # sum of g E


class Membrane(Neuron[State]):
    """A model with a membrane potential in mV.

    Its state has a field `opened`, too: what is open in the coming step. Synapses add to it between
    steps, and a step closes it.
    """

    @abstractmethod
    def potential(self, state: State) -> Neurons:
        """In mV."""


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
