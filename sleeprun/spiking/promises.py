"""What a network's parts promise, whoever wrote them: the shapes of what their functions give."""

import jax.numpy as jnp

from sleeprun.config import ConfigError
from sleeprun.config.promise import keeps, named
from sleeprun.spiking.drives import Drive
from sleeprun.spiking.network import Clock, Network, NetworkState, along
from sleeprun.spiking.neurons import Membrane, NeuronState
from sleeprun.spiking.plasticity import PlasticityEvent

WORDS = jnp.zeros(2, jnp.uint32)


def check(network: Network) -> None:
    """Raises ConfigError where a part of a user's own gives another thing than it must."""
    sizes = {name: population.size for name, population in network.populations.items()}
    for name, size in sizes.items():
        neuron = network.populations[name].neuron
        cell = neuron.init(size)
        if not isinstance(cell, NeuronState):
            raise ConfigError(f"{named(neuron, 'init')}: must give a NamedTuple with a field i")
        keeps(neuron, "step", (cell,), (cell, jnp.zeros(size, bool)))
        if isinstance(neuron, Membrane):
            keeps(neuron, "potential", (cell,), jnp.zeros(size))
    ends = {name: (sizes[each.pre], sizes[each.post]) for name, each in network.projections.items()}
    state = network.init({name: jnp.zeros(shape) for name, shape in ends.items()})
    for name in network.projections:
        _check_projection(network, state, name)


def _check_projection(network: Network, state: NetworkState, name: str) -> None:
    projection, weights = network.projections[name], state.weights[name]
    pre, post = weights.shape
    clock = Clock(jnp.int32(0), 0, WORDS)
    path = along(network, state, clock, name)
    v = jnp.zeros(post) if projection.synapse.conducts else None
    own = state.synapses[name]
    told = own, jnp.zeros(pre, bool), path, v
    keeps(projection.synapse, "step", told, (own, jnp.zeros(post)))
    if projection.rule is not None:
        spikes = state.spikes[projection.pre], state.spikes[projection.post]
        event = PlasticityEvent(*spikes, jnp.float32(0), jnp.zeros(pre), jnp.int32(0))
        kept = state.plastic[name].own
        keeps(projection.rule, "update", (kept, weights, event), (weights, kept))


def check_drive(drive: Drive, size: int, steps: int) -> None:
    """Raises ConfigError where a drive of a user's own kicks other neurons than there are."""
    first, later = jnp.zeros((1, size)), jnp.zeros((steps - 1, size))
    told = jnp.zeros(size), WORDS, jnp.int32(0), steps
    keeps(drive, "__call__", told, (first, None), (first, later))
