"""What an agent carries from cycle to cycle, and what happened over some of them."""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt32

from sleeprun import noise
from sleeprun.noise import Purpose
from sleeprun.spiking.network import Network, NetworkState
from sleeprun.tasks.agent import World

Start = dict[str, Float[Array, "_ _"]]  # a seed's starting weights


class ClosedLoop(eqx.Module):
    """What all seeds share: the network's constants, the world and its tasks."""

    network: Network
    world: World
    sees: str = eqx.field(static=True)  # the population that sees
    vision: tuple[int, ...] = eqx.field(static=True)  # its size
    moves: str = eqx.field(static=True)


class AgentState(NamedTuple):
    network: NetworkState
    world: Any
    key: UInt32[Array, "2"]
    cycle: Int[Array, ""]
    rates: dict[str, Float[Array, "task _"]]  # mean spikes a cycle while training each task
    trained: Bool[Array, " task"]
    heard: dict[str, Int[Array, " _"]]  # spikes since this waking phase began
    heard_cycles: Int[Array, ""]


class Tally(NamedTuple):
    """What happened over some cycles. `spikes` are counted by population, over all its neurons."""

    awake: Int[Array, ""]
    asleep: Int[Array, ""]
    rewarded: Int[Array, ""]
    punished: Int[Array, ""]
    neutral: Int[Array, ""]
    spikes: dict[str, Int[Array, ""]]


def birth(
    loop: ClosedLoop, weights: dict[str, Float[Array, "_ _"]], key: UInt32[Array, "2"]
) -> AgentState:
    """A seed's agent before it has seen anything."""
    sizes = {name: population.size for name, population in loop.network.populations.items()}
    tasks = len(loop.world.tasks)
    return AgentState(
        loop.network.init(weights, noise.stream(key, Purpose.NEURONS)),
        loop.world.nowhere(),
        key,
        jnp.int32(0),
        {name: jnp.zeros((tasks, size)) for name, size in sizes.items()},
        jnp.zeros(tasks, bool),
        {name: jnp.zeros(size, jnp.int32) for name, size in sizes.items()},
        jnp.int32(0),
    )


def blank_tally(loop: ClosedLoop) -> Tally:
    zero = jnp.int32(0)
    spikes = {name: zero for name in loop.network.populations}
    return Tally(zero, zero, zero, zero, zero, spikes)
