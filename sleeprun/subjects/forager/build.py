"""From a config to the arrays of a closed loop: what all seeds share, and each seed's birth."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt32

from sleeprun import noise
from sleeprun.config.promise import part_of
from sleeprun.config.runtime import Engine
from sleeprun.spiking import engines, promises
from sleeprun.spiking.build import build as network_of
from sleeprun.spiking.build import starting_weights
from sleeprun.spiking.engines import Chosen
from sleeprun.subjects.forager.schema import Config
from sleeprun.subjects.forager.state import AgentState, ClosedLoop, birth
from sleeprun.tasks import agent as world


def build(config: Config, engine: Engine | None = None) -> ClosedLoop:
    """By the engine that is chosen for it, where none is given."""
    tasks, network = config.agent_tasks, config.network
    vision = tuple(network.populations[tasks.sees].size)
    loop = ClosedLoop(
        network=network_of(network, engine or chosen(config).engine, config.runtime.skip_quiet),
        world=world.world_of(tasks, vision),
        sees=tasks.sees,
        vision=vision,
        moves=tasks.moves,
    )
    _check(config, loop)
    return loop


def _check(config: Config, loop: ClosedLoop) -> None:
    """Raises ConfigError where a class of a user's own does not do what it must."""
    promises.check(loop.network)
    sizes = {name: each.count for name, each in config.network.populations.items()}
    with part_of("tasks"):
        world.check(loop.world, sizes[loop.sees], sizes[loop.moves])
    for key, sleep in config.driven():
        with part_of(f"{key}.drive"):
            size = sizes[sleep.drive.population]
            promises.check_drive(sleep.drive.make(), size, config.network.cycle_steps)


def chosen(config: Config) -> Chosen:
    """What simulates the network here."""
    return engines.chosen(network_of(config.network), config.runtime.simulate)


def newborns(config: Config, loop: ClosedLoop, seeds: list[int]) -> AgentState:
    """The agents of all seeds before they have seen anything; every leaf is [seed, ...]."""
    together = weights_at_birth(config, seeds)
    keys = jnp.asarray(np.stack([noise.seed_key(seed) for seed in seeds]))
    return _births(loop, together, keys)


def weights_at_birth(config: Config, seeds: list[int]) -> dict[str, Float[Array, "seed _ _"]]:
    """Of every projection."""
    weights = [starting_weights(config.network, seed) for seed in seeds]
    return jax.tree.map(lambda *leaves: jnp.asarray(np.stack(leaves)), *weights)


@eqx.filter_jit
def _births(loop: ClosedLoop, weights: Any, keys: UInt32[Array, "seed 2"]) -> AgentState:
    return jax.vmap(lambda weight, key: birth(loop, weight, key))(weights, keys)
