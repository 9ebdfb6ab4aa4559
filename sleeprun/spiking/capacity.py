"""Room for spikes and traces: lists have a fixed size within a program, and grow between them."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sleeprun.config import ConfigError
from sleeprun.config.kinds import MOST_ROOM as MOST
from sleeprun.spiking import plasticity, spikes
from sleeprun.spiking.network import NetworkState

Room = dict[str, int]  # entries of the list of each population's spikes and projection's traces


def room(state: NetworkState) -> Room:
    """How much the lists hold; leaves of `state` are [seed, ...]."""
    sizes = {name: listed.time.shape[-1] for name, listed in state.spikes.items()}
    return sizes | {name: rule.traces.time.shape[-1] for name, rule in state.plastic.items()}


def overrun(state: NetworkState) -> list[str]:
    """Whose lists ran over, in any seed."""
    flags = {name: listed.overflowed for name, listed in state.spikes.items()}
    flags |= {name: rule.traces.overflowed for name, rule in state.plastic.items()}
    return [name for name, flag in flags.items() if np.any(flag)]


def doubled(state: NetworkState, names: list[str]) -> NetworkState:
    """The same state with twice the room in the named lists. Raises ConfigError past MOST."""
    wanted = room(state) | {name: 2 * room(state)[name] for name in names}
    if most := [name for name in names if wanted[name] > MOST]:
        raise ConfigError(
            f"network: more than {MOST:,d} spikes or traces of {', '.join(most)} at a time; "
            "with these constants the activity runs away"
        )
    return with_room(state, wanted)


def with_room(state: NetworkState, wanted: Room) -> NetworkState:
    """The same state in lists of the wanted sizes, none smaller than it is."""
    roomy_spikes = {
        name: _each_seed(spikes.grow, listed, wanted[name]) for name, listed in state.spikes.items()
    }
    roomy_rules = {
        name: rule._replace(traces=_each_seed(plasticity.grow, rule.traces, wanted[name]))
        for name, rule in state.plastic.items()
    }
    return state._replace(spikes=roomy_spikes, plastic=roomy_rules)


def _each_seed(grow: Any, listed: Any, size: int) -> Any:
    if listed.time.shape[-1] >= size:
        return listed
    return jax.vmap(lambda one: grow(one, size))(jax.tree.map(jnp.asarray, listed))
