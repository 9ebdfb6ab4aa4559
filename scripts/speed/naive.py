"""The plain way to write the model in JAX, without its plasticity.

A scan over steps, a vmap over seeds, dense matrices and fresh threefry keys for the noise of
every step. One draw serves all of a neuron's synapses, which makes the output livelier asleep; a
draw for each is many times slower.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from sleeprun.subjects.forager.state import AgentState, ClosedLoop

Kicks = dict[str, Float[Array, " neuron"]]


@eqx.filter_jit
def run(
    loop: ClosedLoop, kicks: Kicks, count: Int[Array, ""], state: AgentState
) -> dict[str, Float[Array, "seed neuron"]]:
    """`count` cycles of all seeds; returns every neuron's spikes."""
    return jax.vmap(lambda agent: _cycles(loop, kicks, count, agent))(state)


def _cycles(loop: ClosedLoop, kicks: Kicks, count: Int[Array, ""], agent: AgentState) -> Any:
    network = loop.network

    def one(number, carry):
        neurons, spikes = carry
        for name, chance in kicks.items():
            kicked = jax.random.uniform(jax.random.key(number), chance.shape) < chance
            cell = neurons[name]
            kick = jnp.where(kicked, loop.world.kick, 0.0)
            neurons = neurons | {name: cell._replace(i=cell.i + kick)}
        steps = number * network.cycle_steps + jnp.arange(network.cycle_steps, dtype=jnp.int32)
        step = lambda carry, time: (_step(loop, agent, time, *carry), None)  # noqa: E731
        return lax.scan(step, (neurons, spikes), steps)[0]

    silence = {name: jnp.zeros(pop.size) for name, pop in network.populations.items()}
    return lax.fori_loop(0, count, one, (agent.network.neurons, silence))[1]


def _step(
    loop: ClosedLoop, agent: AgentState, time: Int[Array, ""], neurons: Any, spikes: Any
) -> tuple[Any, Any]:
    network, state = loop.network, agent.network
    keys = jax.random.split(
        jax.random.fold_in(jax.random.wrap_key_data(agent.key), time), len(network.projections)
    )
    after, fired = {}, {}
    for name, population in network.populations.items():
        after[name], spiked = population.neuron.step(neurons[name])
        fired[name] = spiked.astype(jnp.float32)
    for key, (name, wires) in zip(keys, network.projections.items(), strict=True):
        weights = state.weights[name]
        factor = 1 + wires.synapse.jitter * jax.random.uniform(key, weights.shape[1:], minval=-1.0)
        arriving = fired[wires.pre] @ weights * factor / state.resistance[wires.post]
        cell = after[wires.post]
        after[wires.post] = cell._replace(i=cell.i + arriving)
    return after, {name: spikes[name] + fired[name] for name in spikes}
