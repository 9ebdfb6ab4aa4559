"""Small spiking networks of any kinds, and windows of them: no tests here."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sleeprun import noise
from sleeprun.config.runtime import Engine
from sleeprun.spiking import native
from sleeprun.spiking.build import build, starting_weights
from sleeprun.spiking.network import Clock, Network, NetworkState
from sleeprun.spiking.neurons import NEURONS
from sleeprun.spiking.schema import NetworkConfig
from sleeprun.spiking.simulate import advance
from sleeprun.spiking.synapses import SYNAPSES

STEP_MS = 0.1
HH = {"leak": {"kind": "leak"}, "sodium": {"kind": "sodium"}, "potassium": {"kind": "potassium"}}
CELLS: dict[str, dict[str, Any]] = {
    "rulkov": {
        "kind": "rulkov",
        "alpha": 3.65,
        "beta_e": 0.133,
        "mu": 0.0005,
        "sigma": 0.06,
        "current_decay": 0.985,
        "v_start": -0.94,
        "u_start": -2.8214433,
    },
    "lif": {"kind": "lif", "tau": 40.0, "gain": 120.0, "current_decay": 0.985, "refractory": 10.0},
    "adex": {"kind": "adex", "current_decay": 0.98},
    "channels": {
        "kind": "conductance_based",
        "current_decay": 0.98,
        "v_start": -65.0,
        "substeps": 4,
        "channels": HH,
    },
}
# What a strong kick is, and a synapse that a spike can cross, in each one's own units.
KICKS = {"rulkov": 0.04, "lif": 0.04, "adex": 3000.0, "channels": 25.0}
CROSSING = {"rulkov": 0.03, "lif": 0.03, "adex": 4000.0, "channels": 20.0}
CONDUCTANCES = {"adex": 80.0, "channels": 0.4}


def cell(step_ms: float = STEP_MS, **keys: Any) -> Any:
    """A neuron model, as a config makes it."""
    return NEURONS.section(keys["kind"]).model_validate(keys).make(step_ms=step_ms)


def synapse(**keys: Any) -> Any:
    return SYNAPSES.section(keys["kind"]).model_validate(keys).make(step_ms=STEP_MS)


CURRENT = {"kind": "current", "jitter": 0.1}
EXPONENTIAL = {
    "kind": "conductance",
    "jitter": 0.1,
    "reversal": 0.0,
    "use": 0.2,
    "recovery": 100.0,
    "kinetics": {"kind": "exponential", "tau": 5.0},
}
ALPHA_BETA = EXPONENTIAL | {
    "kinetics": {
        "kind": "alpha_beta",
        "alpha": 1.1,
        "beta": 0.19,
        "pulse": 0.33,
        "dead_time": 1.3,
    }
}


def population(neuron: str, size: int) -> dict[str, Any]:
    return {"size": [size], "neuron": neuron, "homeostasis": None, "spike_capacity": 4096}


def projection(pre: str, post: str, weight: float, **more: Any) -> dict[str, Any]:
    return {
        "pre": pre,
        "post": post,
        "wiring": {"kind": "random", "probability": 0.5},
        "weights": {"kind": "constant", "value": weight},
        "synapse": CURRENT,
        "plasticity": None,
    } | more


def config_of(
    populations: dict[str, Any],
    projections: dict[str, Any],
    neurons: dict[str, Any] = CELLS,
    rules: dict[str, Any] | None = None,
) -> NetworkConfig:
    return NetworkConfig.model_validate(
        {
            "kind": "spiking",
            "cycle_steps": 100,
            "step_ms": STEP_MS,
            "neurons": neurons,
            "rules": rules or {},
            "populations": populations,
            "projections": projections,
        }
    )


def kicked(
    config: NetworkConfig, engine: Engine, kicks: dict[str, np.ndarray], windows: int = 3
) -> tuple[Network, NetworkState]:
    """A seed's network after some windows of 100 steps; `kicks` [time, neuron] come in the first.

    The lists keep all spikes.
    """
    assert native.available(), "the package must be built with its kernel to be tested"
    network = build(config, engine)
    words = noise.stream(noise.seed_key(1), 11)
    state = network.init(starting_weights(config, 1))

    @jax.jit
    def window(state: NetworkState, cycle: Any, drive: dict[str, Any]) -> NetworkState:
        return advance(network, state, Clock(cycle, 0, words), config.cycle_steps, drive)

    for cycle in range(windows):
        drive = {
            name: jnp.asarray(rows if cycle == 0 else 0 * rows) for name, rows in kicks.items()
        }
        state = window(state, jnp.int32(cycle), drive)
    return network, state


def kicks_of(size: int, kick: float, steps: int = 100) -> np.ndarray:
    """Of half of the neurons each, at some time of a window: the same at every call."""
    rng = np.random.default_rng(5)
    rows = np.zeros((steps, size), np.float32)
    rows[rng.integers(0, steps, size), np.arange(size)] = kick * (rng.random(size) < 0.5)
    return rows


def spikes_of(state: NetworkState) -> dict[str, list[tuple[int, int]]]:
    """(step, neuron), in order, of every population."""
    return {
        name: sorted(
            (int(listed.time[k]), int(listed.neuron[k])) for k in range(int(listed.length))
        )
        for name, listed in state.spikes.items()
    }
