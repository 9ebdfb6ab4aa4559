"""STDP of nearest pairs as the kernel learns it within a window: which rules, and their arrays."""

from collections.abc import Mapping

import jax.numpy as jnp
from jaxtyping import Array

from sleeprun.spiking.native.library import constants
from sleeprun.spiking.network import Network, NetworkState
from sleeprun.spiking.plasticity.nearest import NearestSTDP
from sleeprun.spiking.spikes import SpikeList


def unlearned(network: Network) -> list[str]:
    """Rules that the kernel does not know: it knows this one, without scaling, no more."""
    return [
        f"projection {name} (rule {type(rule).__name__})"
        for name, rule in network.rules.items()
        if type(rule) is not NearestSTDP or rule.normalise
    ]


def unheard(state: NetworkState) -> NetworkState:
    """With no spikes in the lists, which then hold those of the window."""
    return state._replace(spikes={name: _emptied(one) for name, one in state.spikes.items()})


def _emptied(spikes: SpikeList) -> SpikeList:
    nothing = jnp.zeros_like(spikes.length)
    return spikes._replace(length=nothing, fresh=nothing)


def own_constants(network: Network, state: NetworkState, name: str) -> list[Array]:
    """What the kernel takes of a projection's rule."""
    rule = state.plastic[name]
    return [constants("NearestSTDP", network.rules[name]), rule.own.start, rule.locked]


def taken(state: NetworkState, name: str) -> tuple[Array, ...]:
    """What it changes."""
    own = state.plastic[name].own
    return state.weights[name], own.pre, own.post, own.now


def given_back(state: NetworkState, learned: Mapping[str, tuple[Array, ...]]) -> NetworkState:
    """The state with that in it, by projection; and all spikes seen."""
    rules = dict(state.plastic)
    for name, (_, pre, post, time) in learned.items():
        own = rules[name].own._replace(pre=pre, post=post, now=time)
        rules[name] = rules[name]._replace(own=own)
    return state._replace(
        weights=state.weights | {name: weights for name, (weights, *_) in learned.items()},
        plastic=rules,
        spikes={name: one._replace(fresh=one.length) for name, one in state.spikes.items()},
    )
