"""From a config to the arrays of a network that learns sequences."""

from math import ceil
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Shaped, UInt32

from sleeprun import noise
from sleeprun.config.runtime import Engine
from sleeprun.spiking.build import build as network_of
from sleeprun.spiking.build import local_steps, starting_weights
from sleeprun.spiking.edges import slots, sources_of
from sleeprun.subjects.sleeper.schema import Config
from sleeprun.subjects.sleeper.state import SleeperState, Stimulated, birth
from sleeprun.tasks.sequences.stimulus import members

Weights = dict[str, Shaped[np.ndarray, "_ _"]]


def build(config: Config, engine: Engine | None = None) -> Stimulated:
    """By the engine that is chosen for it, where none is given."""
    tasks, network = config.sequences, config.network
    cells = network.populations[tasks.population].count
    return Stimulated(
        network=network_of(network, engine or config.chosen.engine),
        stimulus=tasks.stimulus.make(),
        sequences={
            name: members(each.cells, tasks.group, cells) for name, each in tasks.sequences.items()
        },
        groups=members([*tasks.groups.values()], tasks.group, cells),
        spread=jnp.float32(tasks.spread),
        population=tasks.population,
        local=local_steps(network),
        step_ms=network.step_ms,
        bin_steps=config.recall_steps,
        replay_steps=config.replay_steps,
        period=config.cycles_a_period,
        longest=max(config.cycles_a_period, config.runtime.chunk_cycles),
        stimulated_steps=_stimulated_steps(config),
        tested_periods=max(1, config.runtime.chunk_cycles // config.cycles_a_period),
    )


def _stimulated_steps(config: Config) -> int:
    """From the first group's stimulus to the end of the last one's, in a period."""
    groups = max(len(each.cells) for each in config.sequences.sequences.values())
    steps = ceil(config.in_steps(config.sequences.lasting(groups))) + 1
    return min(steps, config.cycles_a_period * config.network.cycle_steps)


def packs(shared: Stimulated) -> bool:
    """Whether networks have their synapses alone, of which no kernel knows."""
    return shared.network.engine == "by_layer"


def drawn(config: Config, seed: int) -> Weights:
    """A seed's starting weights, [pre, post]."""
    return {name: np.asarray(each) for name, each in starting_weights(config.network, seed).items()}


def newborns(config: Config, shared: Stimulated) -> SleeperState:
    """The networks of all seeds; every leaf is [seed, ...]. All have as many slots as any needs."""
    weights = [drawn(config, seed) for seed in config.seeds]
    wide = slots(shared.network, weights) if packs(shared) else {}
    edges = [sources_of(each, wide) for each in weights]
    keys = jnp.asarray(np.stack([noise.seed_key(seed) for seed in config.seeds]))
    return _births(shared, _stacked(weights), _stacked(edges), keys)


def _stacked(of_seeds: list[Weights]) -> dict[str, Array]:
    return jax.tree.map(lambda *each: jnp.asarray(np.stack(each)), *of_seeds)


@eqx.filter_jit
def _births(shared: Stimulated, weights: Any, edges: Any, keys: UInt32[Array, "seed 2"]) -> Any:
    return jax.vmap(lambda *each: birth(shared, *each))(weights, edges, keys)
