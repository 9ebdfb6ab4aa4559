"""What is done to an agent between the stages of its life; every function carries one seed."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from sleeprun import noise
from sleeprun.noise import Purpose
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
    """
    size = loop.network.populations[population].size
    words = noise.stream(state.key, Purpose.LESION)
    draws = noise.uniform(words, jnp.arange(size, dtype=jnp.int32))
    count = jnp.round(size * percent / 100).astype(jnp.int32)
    spared = jnp.argsort(jnp.argsort(draws)) >= count
    weights = dict(state.network.weights)
    for name, projection in loop.network.projections.items():
        if projection.pre == population:
            weights[name] = jnp.where(spared[:, None], weights[name], 0.0)
        if projection.post == population:
            weights[name] = jnp.where(spared[None, :], weights[name], 0.0)
    return state._replace(network=state.network._replace(weights=weights))
