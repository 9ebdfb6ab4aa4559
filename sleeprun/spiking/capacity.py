"""How much the lists of spikes and traces hold: fixed within a program, and grown between them."""

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from sleeprun.config import ConfigError
from sleeprun.config.values import MOST_CAPACITY as MOST
from sleeprun.spiking import spikes
from sleeprun.spiking.network import Network, NetworkState

BUSIEST = 5  # steps between two spikes of every neuron
Listed = TypeVar("Listed", bound=PyTree[Array])
Capacity = dict[str, int]  # entries of each population's list of spikes and projection's of traces


def capacity(network: Network, state: NetworkState) -> Capacity:
    """How much the lists hold; leaves of `state` are [seed, ...]."""
    sizes = {name: listed.time.shape[-1] for name, listed in state.spikes.items()}
    for name, rule in network.rules.items():
        if size := rule.capacity(state.plastic[name].own):
            sizes[name] = size
    return sizes


def overrun(network: Network, state: NetworkState) -> list[str]:
    """Whose lists ran over, in any seed."""
    flags = {name: listed.overflowed for name, listed in state.spikes.items()}
    flags |= {name: rule.overrun(state.plastic[name].own) for name, rule in network.rules.items()}
    return [name for name, flag in flags.items() if np.any(flag)]


def doubled(network: Network, state: NetworkState, names: list[str]) -> NetworkState:
    """The same state with twice the capacity of the named lists.

    Raises ConfigError where a population spikes in more than every `BUSIEST`th step of what its
    list holds, or a list would go past MOST.
    """
    there = capacity(network, state)
    wanted = there | {name: 2 * there[name] for name in names}
    reach = max((int(rule.reach) for rule in network.rules.values()), default=0)
    held = network.cycle_steps + reach
    for name in names:
        population = network.populations.get(name)
        if population and there[name] > population.size * held / BUSIEST:
            raise ConfigError(
                f"network.populations.{name}: its neurons spike in more than every {BUSIEST}th "
                "step; with these weights, drives and kicks the activity runs away"
            )
        if wanted[name] > MOST:
            raise ConfigError(
                f"network: more than {MOST:,d} spikes or traces of {name} at a time; "
                "with these constants the activity runs away"
            )
    return with_capacity(network, state, wanted)


def with_capacity(network: Network, state: NetworkState, wanted: Capacity) -> NetworkState:
    """The same state in lists of the wanted sizes, none smaller than it is."""
    there = capacity(network, state)
    grown = {name for name, size in wanted.items() if there[name] < size}
    spiking = {
        name: _each_seed(spikes.grow, listed, wanted[name]) if name in grown else listed
        for name, listed in state.spikes.items()
    }
    plastic = dict(state.plastic)
    for name, rule in network.rules.items():
        if name in grown:
            own = _each_seed(rule.grown, plastic[name].own, wanted[name])
            plastic[name] = plastic[name]._replace(own=own)
    return state._replace(spikes=spiking, plastic=plastic)


def _each_seed(grow: Callable[[Listed, int], Listed], listed: Listed, size: int) -> Listed:
    return jax.vmap(lambda one: grow(one, size))(jax.tree.map(jnp.asarray, listed))
