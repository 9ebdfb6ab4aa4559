"""Days and nights of small networks by one build of the kernel, told as JSON on stdout.

Run in a process of its own, since a process can only ever have one kernel:
python exercise_kernel.py DIRECTORY BUILD [wild] [agents]

`wild` lets networks live whose constants mean nothing; `agents` leaves out cells of channels.
"""

import json
import sys
from contextlib import suppress
from functools import partial
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from conftest import configured
from jax import lax
from replaying import drive, rule
from thalamocortical import network as described

from sleeprun import noise
from sleeprun.gradient import replay
from sleeprun.spiking import native
from sleeprun.spiking.build import build, starting_weights
from sleeprun.spiking.learning import learn
from sleeprun.spiking.native import conducting, library
from sleeprun.spiking.network import Clock, Network, NetworkState, kick
from sleeprun.spiking.schema import NetworkConfig
from sleeprun.spiking.simulate import advance

HIDDEN, CYCLES = 75, 15  # no whole number of vectors
FIRST = 2**31 // 600 - 7  # the clock of steps wraps around on the way
PLASTIC = ("input_hidden", "hidden_output")


def one_cycle(
    network: Network, state: NetworkState, number: Any, plastic: tuple[str, ...]
) -> tuple[NetworkState, Any]:
    """A cycle awake with a fifth of the inputs kicked, or asleep with a third of the hidden."""
    asleep = number % 3 == 2
    clock = Clock(number, 0, noise.stream(noise.seed_key(0), 11))
    draws = noise.uniform(clock.words, number, -1, jnp.arange(HIDDEN, dtype=jnp.int32))
    kicks = jnp.where(asleep & (draws < 0.3), 0.025, 0.0)
    state = advance(network, state, clock, 1, {"hidden": kicks[None]})
    early = state.spiked
    state = learn(network, state, clock, jnp.where(number % 7 == 0, 1.0, -0.001), plastic)
    food = jnp.where(~asleep & (draws[:49] < 0.2), 0.025, 0.0)
    state = kick(network, state, "input", food)
    state = advance(network, state, clock._replace(step=1), network.cycle_steps - 1)
    return state, [*early.values(), *state.spiked.values()]


def exercise(skip_quiet: bool) -> dict[str, list[Any]]:
    """The spikes of every neuron and cycle, and every weight and cell at the end."""
    config = configured(
        f"network.populations.hidden.size={HIDDEN}",
        "network.populations.input.spike_capacity=4",
        "network.rules.rewarded.trace_capacity=64",
        "network.rules.unsupervised.trace_capacity=32",
    ).network
    network = build(config, "native", skip_quiet)

    @partial(jax.jit, static_argnums=2)
    def days_and_nights(state: NetworkState, first: Any, plastic: tuple[str, ...]) -> Any:
        numbers = first + jnp.arange(CYCLES, dtype=jnp.int32)
        return lax.scan(lambda s, number: one_cycle(network, s, number, plastic), state, numbers)

    state = network.init(starting_weights(config, 0))
    resistance = {name: jnp.linspace(0.3, 1.7, r.size) for name, r in state.resistance.items()}
    state, early = days_and_nights(state._replace(resistance=resistance), FIRST, PLASTIC)
    state, late = days_and_nights(injured(state), FIRST + CYCLES, PLASTIC[1:])
    spikes = [*early, *late]
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state.neurons))
    weights = [np.asarray(w).ravel() for w in state.weights.values()]
    return {
        "spikes": np.concatenate([np.asarray(s).ravel() for s in spikes]).tolist(),
        "weights": np.concatenate(weights).tolist(),
        "cells": [np.asarray(leaf).tolist() for leaf in jax.tree.leaves(state.neurons)],
        "overflowed": [
            bool(state.spikes["input"].overflowed),
            *(bool(rule.own.traces.overflowed) for rule in state.plastic.values()),
        ],
    }


WILD = (np.nan, np.inf, -np.inf, 3e38, 1e-38, 0.0)


def live_wildly() -> None:
    """A night and days of networks with constants that mean nothing; nobody asks what comes out."""
    config = configured(f"network.populations.hidden.size={HIDDEN}").network
    network = build(config, "native", skip_quiet=True)
    leaves, structure = jax.tree.flatten(eqx.filter(network, eqx.is_inexact_array))
    static = eqx.filter(network, eqx.is_inexact_array, inverse=True)

    @jax.jit
    def lived(leaves: Any, first: Any, state: NetworkState) -> Any:
        wild = eqx.combine(jax.tree.unflatten(structure, leaves), static)
        numbers = first + jnp.arange(3, dtype=jnp.int32)
        return lax.scan(lambda s, number: one_cycle(wild, s, number, PLASTIC), state, numbers)

    state = network.init(starting_weights(config, 0))
    for place, value in product(range(len(leaves)), WILD):
        changed = [*leaves[:place], jnp.full_like(leaves[place], value), *leaves[place + 1 :]]
        jax.block_until_ready(lived(changed, jnp.int32(0), state))


def injured(state: NetworkState) -> NetworkState:
    """A fifth of the hidden neurons cut off while their traces are live, some synapses locked."""
    spared = jnp.arange(HIDDEN) % 5 != 0
    weights = {
        name: jnp.where(spared[None, :] if name == "input_hidden" else spared[:, None], w, 0.0)
        for name, w in state.weights.items()
    }
    rule = state.plastic["hidden_output"]
    locked = weights["hidden_output"] > 0.0202
    plastic = state.plastic | {"hidden_output": rule._replace(locked=locked)}
    return state._replace(weights=weights, plastic=plastic)


def sleep_of_a_perceptron() -> dict[str, list[Any]]:
    """The spikes of every layer, and every weight at the end."""
    rng = np.random.default_rng(3)
    sizes = (50, HIDDEN, 37, 5)
    drawn = [rng.normal(0.03, 0.06, pair) for pair in pairwise(sizes)]
    weights = tuple(jnp.asarray(w, jnp.float32) for w in drawn)
    state = replay.Asleep(weights, tuple(jnp.zeros(size) for size in sizes[1:]))
    state, spikes = jax.jit(replay.sleep, static_argnums=(5, 9, 10))(
        rule(), drive(), jnp.ones(3), state, jnp.full(50, 0.5), (5, 10), noise.seed_key(0),
        jnp.int32(0), jnp.int32(300), "native", 128,
    )  # fmt: skip
    assert (spikes > 50).all()
    weights = np.concatenate([np.asarray(w).ravel() for w in state.weights])
    return {"spikes": spikes.tolist(), "weights": weights.tolist()}


def of_channels() -> NetworkConfig:
    """A small network of every kind of cell and synapse that conducts."""
    sizes = {"pyramidal": 37, "interneuron": 16, "relay": 5, "reticular": 20}
    named = (f"populations.{name}.size={size}" for name, size in sizes.items())
    return described(*named, "populations.pyramidal.spike_capacity=64", "cycle_steps=8")


def live_by_channels(network: Network, state: NetworkState, steps: int) -> NetworkState:
    """Under currents that leave a cell silent, or make it fire all the time."""
    drive = {
        name: jnp.broadcast_to(jnp.linspace(0.2, 3.0, pop.size), (steps, pop.size))
        for name, pop in network.populations.items()
    }
    clock = Clock(jnp.int32(FIRST), 0, noise.seed_key(1))
    local = conducting.LocalSteps(6, dict.fromkeys(network.populations, -70.0))
    return conducting.window(network, state, clock, steps, drive, ("pyramidal_pyramidal",), local)


def channels() -> dict[str, list[Any]]:
    """Every spike of 20 ms, and every gate, synapse and weight at the end."""
    config = of_channels()
    network = build(config, "by_step")
    born = network.init(starting_weights(config, 1), noise.seed_key(1))
    state = jax.jit(live_by_channels, static_argnums=2)(network, born, 400)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state.neurons))
    return {
        "spikes": np.concatenate([*state.spiked.values()]).tolist(),
        "listed": [np.asarray(leaf).tolist() for leaf in jax.tree.leaves(state.spikes)],
        "cells": [np.asarray(leaf).tolist() for leaf in jax.tree.leaves(state.neurons)],
        "synapses": [np.asarray(leaf).tolist() for leaf in jax.tree.leaves(state.synapses)],
        "learned": np.asarray(state.weights["pyramidal_pyramidal"]).tolist(),
    }


def channels_gone_wild() -> None:
    """The same with constants that mean nothing."""
    config = of_channels()
    network = build(config, "by_step")
    leaves, structure = jax.tree.flatten(eqx.filter(network, eqx.is_inexact_array))
    static = eqx.filter(network, eqx.is_inexact_array, inverse=True)
    state = network.init(starting_weights(config, 1), noise.seed_key(1))

    @jax.jit
    def lived(leaves: Any) -> NetworkState:
        wild = eqx.combine(jax.tree.unflatten(structure, leaves), static)
        return live_by_channels(wild, state, 8)

    for place, value in product(range(len(leaves)), (np.nan, 3e38)):
        changed = [*leaves[:place], jnp.full_like(leaves[place], value), *leaves[place + 1 :]]
        with suppress(jax.errors.JaxRuntimeError):  # it takes no jitter, for one
            jax.block_until_ready(lived(changed))


if __name__ == "__main__":
    library.PLACES, library.BUILDS = (Path(sys.argv[1]),), (sys.argv[2],)
    wild, conducts = "wild" in sys.argv[3:], "agents" not in sys.argv[3:]
    if not conducts:
        del library.CALLS["sleeprun_conducting"]
    assert native.available()
    if wild:
        live_wildly()
    if wild and conducts:
        channels_gone_wild()
    lived = [*(exercise(skip_quiet) for skip_quiet in (False, True)), sleep_of_a_perceptron()]
    print(json.dumps([*lived, channels()] if conducts else lived))
