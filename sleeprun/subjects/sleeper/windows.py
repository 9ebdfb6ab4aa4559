"""Some cycles of a network at once: one by the portable path, many by the compiled kernel."""

from collections.abc import Collection
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sleeprun.spiking import spikes as spike_lists
from sleeprun.spiking.learning import learn
from sleeprun.spiking.modulation import Course
from sleeprun.spiking.native import conducting
from sleeprun.spiking.network import Clock, Edges, Network, NetworkState
from sleeprun.spiking.neurons import Membrane
from sleeprun.spiking.simulate import advance as simulate
from sleeprun.spiking.spikes import SpikeList
from sleeprun.subjects.sleeper.state import Stimulated


class Window(NamedTuple):
    """What some cycles made of a network, and the spikes of its populations in them."""

    network: NetworkState
    heard: dict[str, SpikeList]  # no older ones count
    spikes: dict[str, Int[Array, ""]]
    potential: Float[Array, " cycle"]  # mean of the cells that are read, at the end of each


def compiled(shared: Stimulated) -> bool:
    return shared.network.engine == "native"


def most_cycles(shared: Stimulated) -> int:
    """Of a window. None goes on into another period, so that its stimulus comes at its beginning.

    It is in the first of the kernel's rows alone, however late in a period a window begins.
    """
    return shared.period if compiled(shared) else 1


def driven_steps(shared: Stimulated) -> int:
    """Of a window, from its beginning on; later ones have no stimulus."""
    return shared.stimulated_steps if compiled(shared) else shared.network.cycle_steps


def cycles_of(
    shared: Stimulated, course: Course, since: Int[Array, ""], place: Int[Array, ""]
) -> Int[Array, ""]:
    """How many a window can have that begins at a cycle of a phase, and at one of a period."""
    most = most_cycles(shared)
    if most == 1:
        return jnp.int32(1)
    steady = course.steady(since.astype(jnp.float32), most)
    return jnp.minimum(steady, shared.period - place)


def live(
    shared: Stimulated,
    network: Network,
    state: NetworkState,
    clock: Clock,
    cycles: Int[Array, ""],
    drive: dict[str, Float[Array, "time _"]],
    plastic: Collection[str],
    edges: Edges,
) -> Window:
    """The spikes of the network as it then is have been heard."""
    if compiled(shared):
        steps = cycles * network.cycle_steps
        after, means = conducting.traced(
            network, _unheard(state), clock, steps, drive, plastic, shared.local, shared.period
        )
        return Window(_unheard(after), after.spikes, _counted(after), means[shared.population])
    before = simulate(network, state, clock, network.cycle_steps, drive, edges)
    later = clock._replace(cycle=clock.cycle + 1)
    after = learn(network, before, later, jnp.float32(0), plastic, edges)
    return Window(after, before.spikes, _counted(before), _potential(shared, before)[None])


def _potential(shared: Stimulated, state: NetworkState) -> Float[Array, ""]:
    """Nan, of neurons that have none."""
    neuron = shared.network.populations[shared.population].neuron
    if not isinstance(neuron, Membrane):
        return jnp.float32(jnp.nan)
    return neuron.potential(state.neurons[shared.population]).mean()


def _counted(state: NetworkState) -> dict[str, Int[Array, ""]]:
    return {name: each.sum().astype(jnp.int32) for name, each in state.spiked.items()}


def _unheard(state: NetworkState) -> NetworkState:
    """Without spikes, but for that some did not fit."""
    empty = {
        name: spike_lists.empty(len(each.time))._replace(overflowed=each.overflowed)
        for name, each in state.spikes.items()
    }
    silent = {name: jnp.zeros_like(each) for name, each in state.spiked.items()}
    return state._replace(spikes=empty, spiked=silent)
