"""What changes a network slowly: plasticity at an event, homeostasis once a cycle."""

from collections.abc import Collection, Mapping

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sleeprun.spiking import native
from sleeprun.spiking import spikes as spike_lists
from sleeprun.spiking.network import Clock, Edges, Network, NetworkState, Weights, now, out_weights
from sleeprun.spiking.plasticity import PlasticityEvent, apply
from sleeprun.spiking.synapses.weights import minus_row_mean


def learn(
    network: Network,
    state: NetworkState,
    clock: Clock,
    reward: Float[Array, ""],
    plastic: Collection[str],
    edges: Edges | None = None,
) -> NetworkState:
    """Plasticity of the named projections; every spike so far counts as seen afterwards.

    A state that is `packed` goes with its edges.
    """
    time = now(network, clock)
    horizon = time - _reach(network) if plastic else time
    if native.learns(network) and not edges:
        return native.learn(network, state, clock, reward, plastic, horizon)
    out = out_weights(network, state.weights, edges)
    weights, rules = dict(state.weights), dict(state.plastic)
    for name, projection in network.projections.items():
        if projection.rule is None:
            continue
        if name not in plastic:
            rules[name] = rules[name]._replace(own=projection.rule.skip(rules[name].own))
            continue
        pre = projection.pre
        drift = jnp.where(out[pre] > 0, state.out_start[pre] / out[pre], 0.0)
        spikes = state.spikes[pre], state.spikes[projection.post]
        event = PlasticityEvent(*spikes, reward, drift, time, (edges or {}).get(name))
        weights[name], rules[name] = apply(projection.rule, rules[name], weights[name], event)
    weights = _mirrored(network, weights, plastic)
    seen = {name: spike_lists.forget(s, horizon) for name, s in state.spikes.items()}
    silent = {name: jnp.zeros_like(spiked) for name, spiked in state.spiked.items()}
    return state._replace(weights=weights, plastic=rules, spikes=seen, spiked=silent)


def decay(
    network: Network,
    state: NetworkState,
    start: Mapping[str, Weights],
    share: Float[Array, ""],
    plastic: Collection[str],
) -> NetworkState:
    """The named projections' weights, a share of the way to where they started.

    Synapses that do not exist (weight 0) or are locked stay as they are.
    """
    weights = dict(state.weights)
    for name in plastic:
        here, locked = weights[name], state.plastic[name].locked
        nearer = (1 - share) * here + share * start[name]
        weights[name] = jnp.where((here != 0) & ~locked, nearer, here)
    return state._replace(weights=_mirrored(network, weights, plastic))


def _mirrored(
    network: Network, weights: dict[str, Weights], plastic: Collection[str]
) -> dict[str, Weights]:
    """With those that follow the weights of a plastic projection."""
    follow = {
        name: minus_row_mean(weights[projection.mirrors])
        for name, projection in network.projections.items()
        if projection.mirrors is not None and projection.mirrors in plastic
    }
    return weights | follow


def _reach(network) -> Int[Array, ""]:
    """How far back a spike can still be paired."""
    rules = [projection.rule for projection in network.projections.values() if projection.rule]
    return jnp.max(jnp.stack([rule.reach for rule in rules])) if rules else jnp.int32(0)


def regulate(
    network: Network,
    state: NetworkState,
    spiked: dict[str, Float[Array, " _"]],
    plastic: Collection[str],
) -> NetworkState:
    """Homeostasis, given the spikes of the last cycle; frozen in-weights keep their target."""
    resistance, rates, rules = dict(state.resistance), dict(state.rate), dict(state.plastic)
    for name, population in network.populations.items():
        rule = population.homeostasis
        if rule is None:
            continue
        rates[name] = rule.smooth(rates[name], spiked[name])
        if rule.regulates == "resistance":
            resistance[name] = rule.up(resistance[name], rates[name])
            continue
        for key in plastic:
            if network.projections[key].post == name:
                target = rule.down(rules[key].target, rates[name])
                rules[key] = rules[key]._replace(target=target)
    return state._replace(resistance=resistance, rate=rates, plastic=rules)
