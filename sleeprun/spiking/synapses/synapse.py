"""What a synapse is: how spikes that arrive act on the post neurons."""

from abc import abstractmethod
from typing import ClassVar, Generic, TypeVar

import equinox as eqx
from jaxtyping import Array, Bool, Float, Int, PyTree

from sleeprun.config.declared import number
from sleeprun.spiking.spikes import SpikeList
from sleeprun.spiking.synapses.along import Along
from sleeprun.spiking.synapses.delivery import deliver_step

Post = Float[Array, " post"]


State = TypeVar("State", bound=PyTree[Array])


class Synapse(eqx.Module, Generic[State]):
    """A model: declared constants, and pure functions of one projection.

    What a spike brings is multiplied by a random factor of its own, U(1 - R, 1 + R).
    """

    # Whether it takes weights [slot, post], and finds pre neurons by `along.each` alone.
    takes_slots: ClassVar[bool] = False

    jitter: Float[Array, ""] = number("R of that factor", ge=0, le=1)

    def init(self, pre: int, post: int) -> State:
        """The state of a projection between `pre` and `post` neurons; by default it has none."""
        return ()  # type: ignore[return-value]

    def born(self, state: State, weights: Float[Array, "pre post"]) -> State:
        """That state in a newborn network, where it depends on the starting weights."""
        return state

    @abstractmethod
    def step(
        self, state: State, fired: Bool[Array, " pre"], along: Along, v: Post | None
    ) -> tuple[State, Post]:
        """After a step in which some fired: the state, and the current that is brought.

        `v` is the post neurons' potential in mV; None where they have none.
        """

    def over_window(
        self,
        current: Float[Array, "time post"],
        spikes: SpikeList,
        first: Int[Array, ""],
        start: Int[Array, ""],
        along: Along,
    ) -> Float[Array, "time post"] | None:
        """`current` plus what a window of steps brings, all at once; None if it must be stepped.

        The spikes are those from index `first` on; row 0 is time `start` on their clock.
        """
        return None

    def delivered(self, released: Float[Array, " pre"], along: Along) -> Post:
        """What a step brings of what each pre neuron releases, by weight and random factor."""
        return deliver_step(along, released, self.jitter)


class Conducting(Synapse[State]):
    """A synapse that opens a conductance for a step, and does not add to a lasting current.

    What `step` gives is the conductance; weights are conductances, positive whatever the
    projection's sign.
    """

    reversal: Float[Array, ""] = number("potential E", unit="mV")
    gain: Float[Array, ""] = number(
        "factor on the conductance, as of neuromodulators", ge=0, default=1.0
    )

    def inhibits(self, rest: Float[Array, ""]) -> bool:
        """Whether it keeps neurons that rest at this potential (mV) from spiking."""
        return bool(self.reversal <= rest)
