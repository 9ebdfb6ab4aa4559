"""Days and nights of a small network by one build of the kernel, told as JSON on stdout.

Run in a process of its own, since a process can only ever have one kernel:
python exercise_kernel.py DIRECTORY BUILD
"""

import json
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from conftest import configured
from jax import lax

from sleeprun import native, noise
from sleeprun.adapt import learn
from sleeprun.network import Clock, Network, NetworkState, kick
from sleeprun.networks import agent
from sleeprun.simulate import advance

HIDDEN, CYCLES = 75, 30  # no whole number of vectors
PLASTIC = ("input_hidden", "hidden_output")


def one_cycle(
    network: Network, state: NetworkState, number: Any, asleep: Any
) -> tuple[NetworkState, Any]:
    """A cycle awake with a fifth of the inputs kicked, or asleep with a third of the hidden."""
    clock = Clock(number, 0, noise.stream(noise.seed_key(0), 11))
    draws = noise.uniform(clock.words, number, -1, jnp.arange(HIDDEN, dtype=jnp.int32))
    kicks = jnp.where(asleep & (draws < 0.3), 0.025, 0.0)
    state = advance(network, state, clock, 1, {"hidden": kicks[None]})
    early = state.spiked
    state = learn(network, state, clock, jnp.where(number % 7 == 0, 1.0, -0.001), PLASTIC)
    food = jnp.where(~asleep & (draws[:49] < 0.2), 0.025, 0.0)
    state = kick(network, state, "input", food)
    state = advance(network, state, clock._replace(step=1), network.cycle_steps - 1)
    return state, [*early.values(), *state.spiked.values()]


def exercise(skip_quiet: bool) -> dict[str, list[float]]:
    """The spikes of every neuron and cycle, and every weight at the end."""
    config = configured(f"network.hidden.size={HIDDEN}", "network.input.spike_room=4").network
    network = agent.build(config, "native", skip_quiet)
    numbers = jnp.arange(CYCLES, dtype=jnp.int32)

    @jax.jit
    def days_and_nights(state: NetworkState) -> Any:
        return lax.scan(
            lambda state, number: one_cycle(network, state, number, number % 3 == 2),
            state,
            numbers,
        )

    state, spikes = days_and_nights(network.init(agent.starting_weights(config, 0)))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state.neurons))
    weights = [np.asarray(w).ravel() for w in state.weights.values()]
    return {
        "spikes": np.concatenate([np.asarray(s).ravel() for s in spikes]).tolist(),
        "weights": np.concatenate(weights).tolist(),
        "overflowed": bool(state.spikes["input"].overflowed),
    }


if __name__ == "__main__":
    native.PLACES, native.BUILDS = (Path(sys.argv[1]),), (sys.argv[2],)
    assert native.available()
    print(json.dumps([exercise(skip_quiet) for skip_quiet in (False, True)]))
