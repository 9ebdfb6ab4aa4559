"""What is done to an agent between the stages of its life; every function carries one seed."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from sleeprun import noise
from sleeprun.noise import Purpose
from sleeprun.spiking.network import out_weights
from sleeprun.subjects.forager.state import AgentState, ClosedLoop


def freeze_strongest(
    loop: ClosedLoop, projection: str, percent: Float[Array, ""], state: AgentState
) -> AgentState:
    """Lock the strongest `percent` of a projection's synapses."""
    network = state.network
    weights, rule = network.weights[projection], network.plastic[projection]
    exists = weights != 0
    count = jnp.round(exists.sum().astype(jnp.float32) * percent / 100).astype(jnp.int32)
    rank = jnp.argsort(jnp.argsort(-jnp.where(exists, weights, -jnp.inf).ravel()))
    locked = rule.locked | ((rank < count).reshape(weights.shape) & exists)
    plastic = network.plastic | {projection: rule._replace(locked=locked)}
    return state._replace(network=network._replace(plastic=plastic))


def cut_synapses(
    loop: ClosedLoop, population: str, percent: Float[Array, ""], state: AgentState
) -> AgentState:
    """Cut every synapse from and to a random `percent` of a population: to those that were cut
    before others come.

    What neurons have lost is not made up for: the in-weights to which plasticity scales them, and
    the out-weights by which it steps, become those that are left.
    """
    network = state.network
    size = loop.network.populations[population].size
    words = noise.stream(state.key, Purpose.LESION)
    draws = noise.uniform(words, jnp.arange(size, dtype=jnp.int32))
    count = jnp.round(size * percent / 100).astype(jnp.int32)
    spared = jnp.argsort(jnp.argsort(draws)) >= count
    weights = dict(network.weights)
    for name, projection in loop.network.projections.items():
        if projection.pre == population:
            weights[name] = jnp.where(spared[:, None], weights[name], 0.0)
        if projection.post == population:
            weights[name] = jnp.where(spared[None, :], weights[name], 0.0)
    plastic = {
        name: rule._replace(target=_left(rule.target, network.weights[name], weights[name]))
        for name, rule in network.plastic.items()
    }
    before, after = (out_weights(loop.network, each) for each in (network.weights, weights))
    out_start = {
        name: _left(start, before[name][None], after[name][None])
        for name, start in network.out_start.items()
    }
    network = network._replace(weights=weights, plastic=plastic, out_start=out_start)
    return state._replace(network=network)


def _left(
    sums: Float[Array, " neuron"],
    before: Float[Array, "_ neuron"],
    after: Float[Array, "_ neuron"],
) -> Float[Array, " neuron"]:
    """Of sums of weights the share that a cut has left of them."""
    had = before.sum(axis=0)
    return jnp.where(had > 0, sums * after.sum(axis=0) / jnp.where(had > 0, had, 1.0), sums)
