"""From a config to the arrays of an experiment: what all seeds share, and each seed's birth."""

import logging
from functools import cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, UInt32

from sleeprun import noise
from sleeprun.config import AnyConfig, Config, ConfigError, ImagesConfig
from sleeprun.spiking import build as agent
from sleeprun.spiking import native
from sleeprun.spiking.network import Engine
from sleeprun.subjects.forager.cycles import AgentState, Experiment, birth
from sleeprun.tasks.foraging import ForagingWorld, Task

log = logging.getLogger("sleeprun")


def build(config: Config) -> Experiment:
    world, food = config.world, config.world.particles
    return Experiment(
        network=agent.build(config.network, engine_of(config), config.runtime.skip_quiet),
        world=ForagingWorld(
            hunger_per_percent=jnp.float32(world.hunger_per_percent),
            food_kick=jnp.float32(world.food_kick),
            nothing=jnp.float32(world.reward.otherwise),
            size=world.size,
            vision=(config.network.input.size[0], config.network.input.size[1]),
        ),
        tasks={
            name: _task(config, [task.rewarded, task.punished], food.task, task.rewarded)
            for name, task in world.tasks.items()
        },
        unsupervised=_task(config, list(world.kinds), food.unsupervised, None),
    )


def engine_of(config: AnyConfig) -> Engine:
    """The means of simulation: the backend's kernel where there is one, unless told otherwise."""
    wanted = config.runtime.simulate
    if wanted == "native" and not native.available():
        raise ConfigError("runtime.simulate='native': the package was built without its kernel")
    if isinstance(config, ImagesConfig) and wanted == "fused":
        raise ConfigError("runtime.simulate='fused': is for the spiking agent; must be auto here")
    if wanted != "auto":
        return wanted
    if native.available():
        return "native"
    if isinstance(config, ImagesConfig):
        return "by_layer"
    if jax.default_backend() == "cpu":
        _tell_of_the_portable_path()
    return "fused" if jax.default_backend() == "gpu" else "by_layer"


@cache
def _tell_of_the_portable_path() -> None:
    log.warning(
        "the package was built without its compiled kernel, so the portable path is used, which "
        "is several times slower; for the kernel, install g++ 11 or newer and then the package "
        "again (pip install --force-reinstall --no-deps)"
    )


def _task(config: Config, kinds: list[str], count: int, rewarded: str | None) -> Task:
    """`count` particles of each kind; where nothing is rewarded, nothing is punished either."""
    laid = [kind for kind in kinds for _ in range(count)]
    reward = config.world.reward
    worth = {kind: reward.otherwise if rewarded is None else reward.punished for kind in kinds}
    good = [kind == rewarded for kind in laid]
    if rewarded is not None:
        worth[rewarded] = reward.rewarded
    return Task(  # by numpy first: given a list, JAX compiles a program for its shape
        offset=jnp.asarray(np.array([config.world.kinds[kind] for kind in laid], np.int32)),
        reward=jnp.asarray(np.array([worth[kind] for kind in laid], np.float32)),
        rewarded=jnp.asarray(np.array(good)),
        punished=jnp.asarray(np.array([rewarded is not None and not is_good for is_good in good])),
    )


def newborns(config: Config, experiment: Experiment, seeds: list[int]) -> AgentState:
    """The agents of all seeds before they have seen anything; every leaf is [seed, ...]."""
    weights = [agent.starting_weights(config.network, seed) for seed in seeds]
    together = jax.tree.map(lambda *leaves: jnp.asarray(np.stack(leaves)), *weights)
    keys = jnp.asarray(np.stack([noise.seed_key(seed) for seed in seeds]))
    return _births(experiment, together, keys)


@eqx.filter_jit
def _births(experiment: Experiment, weights: Any, keys: UInt32[Array, "seed 2"]) -> AgentState:
    return jax.vmap(lambda weight, key: birth(experiment, weight, key))(weights, keys)
