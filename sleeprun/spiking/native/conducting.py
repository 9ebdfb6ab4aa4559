"""The call that simulates cells built of channels, and the synapses that open conductances there.

`conducting.cc` reads the arrays in the order in which they are given here.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from sleeprun.spiking.native import cells, nearest, receptors
from sleeprun.spiking.native.library import call
from sleeprun.spiking.network import Clock, Network, NetworkState, now, projection_words

Means = dict[str, Float[Array, " cycle"]]  # by population


def refused(network: Network) -> list[str]:
    """What of a network of cells built of channels the kernel does not take."""
    found = []
    for name, population in network.populations.items():
        if told := cells.unlike(population.neuron):
            found.append(f"population {name} ({told})")
    for name, projection in network.projections.items():
        if told := receptors.unlike(projection.synapse):
            found.append(f"projection {name} ({told})")
    return found


class LocalSteps(NamedTuple):
    """Blocks of 16 cells that are quiet take some steps as one, at the end of them.

    A block is quiet while its cells' potentials (where their spikes are counted) are below that of
    their population, and nothing drives it. Its error is that of so long a step. Slow gates take
    such steps in all blocks: of high-voltage calcium, of potassium by calcium, the inactivation of
    T-currents, the h current; and so do the conductances of GABA_B synapses. Long steps begin with
    each cycle, and what is left of it behind the last whole one has none.
    """

    steps: int
    below: Mapping[str, float]  # mV, by population; one that is not named always takes all steps


ALL_STEPS = LocalSteps(1, {})


def window(
    network: Network,
    state: NetworkState,
    clock: Clock,
    steps: int | Int[Array, ""],
    drive: dict[str, Float[Array, "time _"]],
    plastic: Collection[str] = (),
    local: LocalSteps = ALL_STEPS,
) -> NetworkState:
    """Simulate `steps` steps of the whole network, as `simulate.advance` does by_step.

    Rows of the drive beyond them are not used. Windows that end with a cycle can be cut between
    any two of its cycles, and come to the same bits. The `plastic` projections learn at the end of
    each cycle; all spikes count as seen afterwards, and the lists hold those of the window. Raises
    ValueError where a window of plasticity is no number of cycles.
    """
    return traced(network, state, clock, steps, drive, plastic, local, cycles=0)[0]


def traced(
    network: Network,
    state: NetworkState,
    clock: Clock,
    steps: int | Int[Array, ""],
    drive: dict[str, Float[Array, "time _"]],
    plastic: Collection[str],
    local: LocalSteps,
    cycles: int,
) -> tuple[NetworkState, Means]:
    """The same; and the mean potential of every population at the end of each of its first so many
    cycles, mV, 0 where it ends before.
    """
    if plastic and (clock.step or (isinstance(steps, int) and steps % network.cycle_steps)):
        raise ValueError(f"{steps} steps from {clock.step} on are no whole cycles")
    wires = list(network.projections)
    learning = [name for name in wires if name in plastic]
    if learning:
        state = nearest.unheard(state)
    fixed = _fixed(network, state, clock, steps, drive, local)
    for name in learning:
        fixed += nearest.own_constants(network, state, name)
    means = jnp.zeros((cycles, len(network.populations)))
    taken = (*_taken(network, state), [nearest.taken(state, name) for name in learning], means)
    shape = _shape(network, clock) | {
        "plastic": _integers(map(wires.index, learning)),
        "local_steps": local.steps,
    }
    living, joining, learned, means = call("sleeprun_conducting", fixed, taken, **shape)
    after = _given_back(network, state, living, joining)
    if learning:
        after = nearest.given_back(after, dict(zip(learning, learned, strict=True)))
    return after, dict(zip(network.populations, means.T, strict=True))


def _fixed(
    network: Network,
    state: NetworkState,
    clock: Clock,
    steps: int | Int[Array, ""],
    drive: dict[str, Float[Array, "time _"]],
    local: LocalSteps,
) -> list[Array]:
    """What a window does not change, whether it learns or not."""
    wires = network.projections
    words = [projection_words(network, clock, name) for name in wires]
    fixed: list[Array] = [
        jnp.stack([clock.cycle, now(network, clock), jnp.asarray(steps, jnp.int32)]),
        jnp.stack(words) if words else jnp.zeros((0, 2), jnp.uint32),
        jnp.array([local.below.get(name, -jnp.inf) for name in network.populations], jnp.float32),
    ]
    for name, population in network.populations.items():
        fixed += cells.own_constants(population.neuron)
        fixed += cells.leaks(population.neuron, state.neurons[name])
        fixed.append(drive.get(name, jnp.zeros((0, population.size))))
    for name, projection in wires.items():
        fixed += [*receptors.own_constants(projection.synapse), state.weights[name]]
    return fixed


def _taken(network: Network, state: NetworkState) -> tuple[list, list]:
    living = [
        (
            cells.taken(population.neuron, state.neurons[name]),
            state.spiked[name],
            state.spikes[name],
        )
        for name, population in network.populations.items()
    ]
    joining = [
        receptors.taken(projection.synapse, state.synapses[name])
        for name, projection in network.projections.items()
    ]
    return living, joining


def _given_back(network: Network, state: NetworkState, changed: list, joined: list) -> NetworkState:
    living = dict(zip(network.populations, changed, strict=True))
    joining = dict(zip(network.projections, joined, strict=True))
    neurons = {
        name: cells.given_back(network.populations[name].neuron, state.neurons[name], arrays)
        for name, (arrays, _, _) in living.items()
    }
    synapses = {
        name: receptors.given_back(network.projections[name].synapse, state.synapses[name], after)
        for name, after in joining.items()
    }
    return state._replace(
        neurons=neurons,
        spiked={name: spiked for name, (_, spiked, _) in living.items()},
        spikes={name: spikes for name, (_, _, spikes) in living.items()},
        synapses=synapses,
    )


def _shape(network: Network, clock: Clock) -> dict[str, np.ndarray | int]:
    order = list(network.populations)
    neurons: list[Any] = [population.neuron for population in network.populations.values()]
    wires = network.projections.values()
    return {
        "kinds": _integers(cells.kind(neuron) for neuron in neurons),
        "substeps": _integers(neuron.substeps for neuron in neurons),
        "soma_substeps": _integers(getattr(neuron, "soma_substeps", 1) for neuron in neurons),
        "pre": _integers(order.index(each.pre) for each in wires),
        "post": _integers(order.index(each.post) for each in wires),
        "synapses": _integers(receptors.kind(each.synapse) for each in wires),
        "first_step": clock.step,
        "cycle_steps": network.cycle_steps,
    }


def _integers(numbers: Iterable[int | None]) -> np.ndarray:
    return np.array(list(numbers), np.int64)
