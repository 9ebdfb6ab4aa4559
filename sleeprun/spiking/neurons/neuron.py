"""What a neuron model is: constants, and how a population of such neurons takes a step."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Generic, Protocol, Self, TypeVar, runtime_checkable

import equinox as eqx
from jaxtyping import Array, Bool, Float, UInt32

Scalar = Float[Array, ""]
Neurons = Float[Array, " neuron"]


@runtime_checkable
class NeuronState(Protocol):
    """A NamedTuple of arrays [neuron], among them the synaptic current.

    Spikes and kicks are added to the current between steps.
    """

    @property
    def i(self) -> Neurons: ...

    @property
    def _replace(self) -> Callable[..., Self]: ...


State = TypeVar("State", bound=NeuronState)


class Neuron(eqx.Module, Generic[State]):
    """A model: declared constants, and pure functions."""

    @property
    def slower(self) -> float | None:
        """Times that the network of Golden et al. 2022 of such neurons takes, by_layer on a CPU,
        of that of Rulkov neurons by the compiled kernel. Speaks for its own class alone, and not
        for what derives from it; None: not measured.
        """
        return None

    @abstractmethod
    def init(self, size: int) -> State:
        """The state of `size` neurons at rest."""

    def born(self, state: State, words: UInt32[Array, " words"]) -> State:
        """That state in a newborn network, where neurons differ in what is drawn for them."""
        return state

    @abstractmethod
    def step(self, state: State) -> tuple[State, Bool[Array, " neuron"]]:
        """The state one step later, and who spiked."""
