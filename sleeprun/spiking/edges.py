"""A network's state by its synapses alone: [slot, post] in the place of [pre, post].

Where few pairs of neurons are joined, a step then costs what synapses cost, not what pairs do, and
what spikes bring is a gather and a sum.
"""

from collections.abc import Iterable, Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from sleeprun.spiking.network import Edges, Network, NetworkState
from sleeprun.spiking.synapses.along import Sources

Weights = Mapping[str, Float[np.ndarray, "pre post"]]


def slots(network: Network, weights: Iterable[Weights]) -> dict[str, int]:
    """The most inputs that a neuron has by each projection that takes slots, in any network."""
    wanted = [name for name in network.projections if _takes_slots(network, name)]
    most = [
        {name: int(np.count_nonzero(each[name], axis=0).max(initial=1)) for name in wanted}
        for each in weights
    ]
    return {name: max(each[name] for each in most) for name in wanted}


def _takes_slots(network: Network, name: str) -> bool:
    """Whether its synapse and its rule do, of which a class of its own says it for itself."""
    its = network.projections[name]
    mirrored = its.mirrors or any(each.mirrors == name for each in network.projections.values())
    parts = [its.synapse, *([its.rule] if its.rule else [])]
    return not mirrored and all(vars(type(part)).get("takes_slots", False) for part in parts)


def sources_of(weights: Weights, slots: Mapping[str, int]) -> dict[str, Int[np.ndarray, "_ _"]]:
    """Who each synapse is from, in order. A slot to spare is from one who has no synapse there."""
    return {
        name: np.argsort(weights[name] == 0, axis=0, kind="stable")[:count].astype(np.int32)
        for name, count in slots.items()
    }


def packed(network: Network, state: NetworkState, edges: Edges) -> NetworkState:
    """A state whose projections with edges have all that is [pre, post] as [slot, post]."""

    def of(parts: Mapping) -> dict:
        return {
            name: jax.tree.map(partial(_taken, network, name, edges), part)
            for name, part in parts.items()
        }

    return state._replace(
        weights=of(state.weights), synapses=of(state.synapses), plastic=of(state.plastic)
    )


def _taken(network: Network, name: str, edges: Edges, leaf: Array) -> Array:
    ends = network.projections[name]
    pairs = tuple(network.populations[end].size for end in (ends.pre, ends.post))
    if name not in edges or leaf.shape != pairs:
        return leaf
    return jnp.take_along_axis(leaf, edges[name], axis=0)


def in_pairs(weights: Float[Array, "slot post"], sources: Sources, pre: int) -> Array:
    """Weights as [pre, post] again."""
    post = jnp.arange(weights.shape[1], dtype=jnp.int32)
    return jnp.zeros((pre, len(post))).at[sources, post].add(weights)
