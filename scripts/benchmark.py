"""How fast the simulator is: one line of JSON with movement cycles/s, awake and asleep.

The formulations are timed in turns in this one process, on one core. `naive` is the plain way
to write the model in JAX: a scan over steps, a vmap over seeds, dense matrices and fresh
threefry keys for the noise of every step. It gets its plasticity for free, and one draw serves
all of a neuron's synapses (a draw for each makes it some seventeen times slower).
"""

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from hydra import compose, initialize_config_dir
from jax import lax
from omegaconf import OmegaConf

from sleeprun import cycles, native
from sleeprun.__main__ import conf_dir
from sleeprun.config import Config, parse
from sleeprun.cycles import AgentState, Experiment
from sleeprun.experiment import build, newborns
from sleeprun.phases import Sleep, Wake
from sleeprun.run import leg_of
from sleeprun.seeds import over_seeds

PLASTIC = ("hidden_output",)
PHASES = {"wake": Wake("task1", 1, PLASTIC), "sleep": Sleep(1, PLASTIC)}
ENGINES = ("native", "by_layer")
SETTLE = 20  # cycles before timing


def config_of(seeds: int, engine: str) -> Config:
    OmegaConf.register_new_resolver("sleeprun.folder", lambda *_: "unused", replace=True)
    OmegaConf.register_new_resolver("sleeprun.record", lambda *_: None, replace=True)
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = compose("config", overrides=[f"seeds={seeds}", f"runtime.simulate={engine}"])
    return parse(OmegaConf.to_container(config, resolve=True))  # type: ignore[arg-type]


def naive_cycles(experiment: Experiment, asleep: bool, count: jax.Array, state: AgentState) -> Any:
    """`count` cycles of the dynamics alone, as one would first write them."""
    network = experiment.network
    shape = {name: pop.size for name, pop in network.populations.items()}

    def step(carry, time):
        neurons, number = carry
        key = jax.random.fold_in(jax.random.wrap_key_data(state.key), number * 600 + time)
        fired, after = {}, {}
        for name, population in network.populations.items():
            after[name], fired[name] = population.neuron.step(neurons[name])
        for projection, (name, wires) in zip(
            jax.random.split(key, len(network.projections)),
            network.projections.items(),
            strict=True,
        ):
            weights = state.network.weights[name]
            draws = jax.random.uniform(projection, weights.shape[1:], minval=-1.0)
            arriving = fired[wires.pre].astype(jnp.float32) @ weights * (1 + wires.jitter * draws)
            cell = after[wires.post]
            after[wires.post] = cell._replace(i=cell.i + arriving)
        return (after, number), None

    def one(number, neurons):
        target, share = ("hidden", 0.05) if asleep else ("input", 0.1)
        kicked = jax.random.uniform(jax.random.key(number), shape[target]) < share
        cell = neurons[target]
        neurons = neurons | {target: cell._replace(i=cell.i + jnp.where(kicked, 0.025, 0.0))}
        steps = jnp.arange(network.cycle_steps, dtype=jnp.int32)
        return lax.scan(step, (neurons, number), steps)[0][0]

    return lax.fori_loop(0, count, one, state.network.neurons)


def prepared(seeds: int, engine: str) -> tuple[Experiment, AgentState]:
    """Agents that have settled into a task's world."""
    config = config_of(seeds, engine)
    experiment = build(config)
    state = newborns(config, experiment, config.seeds)
    leg = leg_of(experiment, PHASES["wake"])
    state = over_seeds(cycles.begin, 1)(experiment, leg, state)
    state, _ = over_seeds(cycles.advance, 1)(experiment, leg, jnp.int32(SETTLE), state)
    state = over_seeds(cycles.end, 1)(experiment, leg, state)
    return experiment, state


def contenders(seeds: int, naive: bool) -> dict[str, Callable[[int], Any]]:
    """What is timed: a function of the number of cycles for every formulation and phase."""
    found: dict[str, Callable[[int], Any]] = {}
    for engine in ENGINES[not native.available() :]:
        experiment, state = prepared(seeds, engine)
        for name, phase in PHASES.items():
            arguments = (experiment, leg_of(experiment, phase))
            found[f"{name}/{engine}"] = partial(_ours, *arguments, state)
            if naive and engine == "by_layer":
                found[f"{name}/naive"] = partial(_naive, experiment, name == "sleep", state)
    return found


def _ours(experiment: Experiment, leg: cycles.Leg, state: AgentState, count: int) -> Any:
    return over_seeds(cycles.advance, 1)(experiment, leg, jnp.int32(count), state)


@eqx.filter_jit
def _batched_naive(experiment: Experiment, asleep: bool, state: AgentState, count: Any) -> Any:
    return jax.vmap(lambda one: naive_cycles(experiment, asleep, count, one))(state)


def _naive(experiment: Experiment, asleep: bool, state: AgentState, count: int) -> Any:
    return _batched_naive(experiment, asleep, state, jnp.int32(count))


def timed(function: Callable[[int], Any], count: int) -> float:
    start = time.perf_counter()
    jax.block_until_ready(function(count))
    return time.perf_counter() - start


def measure(seeds: int, rounds: int, naive: bool) -> dict[str, float]:
    """Median total cycles/s over the rounds, and the seconds of compilation."""
    entries = contenders(seeds, naive)
    compiling = {name: timed(function, 1) for name, function in entries.items()}
    rates: dict[str, list[float]] = {name: [] for name in entries}
    for _ in range(rounds):
        for name, function in entries.items():
            count = max(2, (4 if name.endswith("naive") else 200) // seeds)
            rates[name].append(seeds * count / timed(function, count))
    found = {name: round(statistics.median(values), 1) for name, values in rates.items()}
    found |= {f"{name}/compile_seconds": round(s, 1) for name, s in compiling.items()}
    for name in list(rates):
        phase, engine = name.split("/")
        if naive and engine != "naive":
            ratio = statistics.median(rates[name]) / statistics.median(rates[f"{phase}/naive"])
            found[f"{name}/ratio_to_naive"] = round(ratio, 1)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 10, 64])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    jax.config.update("jax_num_cpu_devices", 1)
    line: dict[str, Any] = {"device": jax.devices()[0].device_kind, "unit": "cycles/s"}
    for seeds in arguments.seeds:
        line[f"seeds={seeds}"] = measure(seeds, arguments.rounds, naive=seeds <= 10)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(line | {"peak_memory_mb": round(peak)}))


if __name__ == "__main__":
    main()
