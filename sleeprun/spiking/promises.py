"""What a network's parts promise, whoever wrote them: the shapes of what their functions give."""

from typing import Any

import jax

from sleeprun.config.promise import array, broken, given, keeps, part_of
from sleeprun.spiking.drives import Drive
from sleeprun.spiking.network import Network, Population, Projection
from sleeprun.spiking.neurons import Membrane, MembraneState, Neuron, NeuronState
from sleeprun.spiking.plasticity import PlasticityEvent
from sleeprun.spiking.spikes import SpikeList
from sleeprun.spiking.synapses import Along

WORDS, NUMBER, CYCLE = array("uint32", 2), array("float32"), array("int32")


def check(network: Network) -> None:
    """Raises ConfigError where a part of a user's own gives another thing than it must."""
    for name, population in network.populations.items():
        key = f"network.populations.{name}"
        with part_of(f"{key}.neuron"):
            _check_neuron(population.neuron, population.size)
        with part_of(f"{key}.homeostasis"):
            _check_homeostasis(population)
    for name, projection in network.projections.items():
        ends = (network.populations[end] for end in (projection.pre, projection.post))
        _check_projection(f"network.projections.{name}", projection, *ends)


def _check_homeostasis(population: Population) -> None:
    if population.homeostasis is not None:
        each = array("float32", population.size)
        for method in ("smooth", "down", "up"):
            keeps(population.homeostasis, method, (each, each), each)


def _check_neuron(neuron: Neuron, size: int) -> None:
    cell = given(neuron, "init", size)
    if not isinstance(cell, NeuronState):
        raise broken(neuron, "init", "must give a NamedTuple with a field i")
    for path, leaf in jax.tree.leaves_with_path(cell):
        if leaf.shape and size not in leaf.shape:
            name = jax.tree_util.keystr(path, simple=True, separator=".")
            told = f"gives {name} of shape {[*leaf.shape]} for {size} neurons; must give"
            raise broken(neuron, "init", f"{told} {[size]}")
    keeps(neuron, "born", (cell, WORDS), cell)
    keeps(neuron, "step", (cell,), (cell, array("bool", size)))
    if isinstance(neuron, Membrane):
        _check_membrane(neuron, cell, array("float32", size))


def _check_membrane(neuron: Membrane, cell: NeuronState, each: Any) -> None:
    if not isinstance(cell, MembraneState):
        raise broken(neuron, "init", "must give a NamedTuple with a field opened, an Opened")
    keeps(neuron, "potential", (cell,), each)
    keeps(neuron, "open", (cell, each, NUMBER), cell)


def _check_projection(key: str, projection: Projection, pre: Population, post: Population) -> None:
    weights, brought = array("float32", pre.size, post.size), array("float32", post.size)
    path = Along(weights, WORDS, CYCLE, CYCLE)
    v = brought if isinstance(post.neuron, Membrane) else None
    with part_of(f"{key}.synapse"):
        state = given(projection.synapse, "init", pre.size, post.size)
        keeps(projection.synapse, "born", (state, weights), state)
        told = state, array("bool", pre.size), path, v
        keeps(projection.synapse, "step", told, (state, brought))
    if projection.rule is None:
        return
    spikes, drift = (_spikes(pre), _spikes(post)), array("float32", pre.size)
    event = PlasticityEvent(*spikes, NUMBER, drift, CYCLE)
    with part_of(f"{key}.plasticity"):
        kept = given(projection.rule, "init", weights)
        keeps(projection.rule, "update", (kept, weights, event), (weights, kept))


def _spikes(population: Population) -> SpikeList:
    times = array("int32", population.spike_capacity)
    return SpikeList(times, times, CYCLE, CYCLE, array("bool"))


def check_drive(drive: Drive, size: int, steps: int) -> None:
    """Raises ConfigError where a drive of a user's own kicks other neurons than there are."""
    first, later = array("float32", 1, size), array("float32", steps - 1, size)
    told = array("float32", size), WORDS, CYCLE, steps
    keeps(drive, "__call__", told, (first, None), (first, later))
