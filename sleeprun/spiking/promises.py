"""What a network's parts promise, whoever wrote them: the shapes of what their functions give."""

from sleeprun.config.promise import array, broken, given, keeps
from sleeprun.spiking.drives import Drive
from sleeprun.spiking.network import Network, Population, Projection
from sleeprun.spiking.neurons import Membrane, NeuronState
from sleeprun.spiking.plasticity import PlasticityEvent
from sleeprun.spiking.spikes import SpikeList
from sleeprun.spiking.synapses import Along

WORDS, NUMBER, CYCLE = array("uint32", 2), array("float32"), array("int32")


def check(network: Network) -> None:
    """Raises ConfigError where a part of a user's own gives another thing than it must."""
    for population in network.populations.values():
        _check_neuron(population)
    for projection in network.projections.values():
        ends = (network.populations[end] for end in (projection.pre, projection.post))
        _check_projection(projection, *ends)


def _check_neuron(population: Population) -> None:
    neuron, size = population.neuron, population.size
    cell = given(neuron, "init", size)
    if not isinstance(cell, NeuronState):
        raise broken(neuron, "init", "must give a NamedTuple with a field i")
    keeps(neuron, "step", (cell,), (cell, array("bool", size)))
    if population.homeostasis is not None:
        each = array("float32", size)
        for method in ("smooth", "down", "up"):
            keeps(population.homeostasis, method, (each, each), each)
    if isinstance(neuron, Membrane):
        keeps(neuron, "potential", (cell,), array("float32", size))


def _check_projection(projection: Projection, pre: Population, post: Population) -> None:
    synapse, rule = projection.synapse, projection.rule
    weights, brought = array("float32", pre.size, post.size), array("float32", post.size)
    state = given(synapse, "init", pre.size, post.size)
    path = Along(weights, WORDS, CYCLE, CYCLE)
    v = brought if isinstance(post.neuron, Membrane) else None
    keeps(synapse, "step", (state, array("bool", pre.size), path, v), (state, brought))
    if rule is not None:
        spikes, drift = (_spikes(pre), _spikes(post)), array("float32", pre.size)
        event = PlasticityEvent(*spikes, NUMBER, drift, CYCLE)
        kept = given(rule, "init", weights)
        keeps(rule, "update", (kept, weights, event), (weights, kept))


def _spikes(population: Population) -> SpikeList:
    times = array("int32", population.spike_capacity)
    return SpikeList(times, times, CYCLE, CYCLE, array("bool"))


def check_drive(drive: Drive, size: int, steps: int) -> None:
    """Raises ConfigError where a drive of a user's own kicks other neurons than there are."""
    first, later = array("float32", 1, size), array("float32", steps - 1, size)
    told = array("float32", size), WORDS, CYCLE, steps
    keeps(drive, "__call__", told, (first, None), (first, later))
