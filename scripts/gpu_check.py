"""Whether a GPU computes what a CPU does, and how fast it is: a line of JSON, in some minutes.

    python scripts/gpu_check.py > mine.json

A process of its own on the CPU settles two agents and takes 16 copies of them step by step
(`by_step`) through 20 cycles awake and 20 asleep, with plasticity. Then the engines of the device
that JAX finds take the same cycles, and their spikes and weights are compared; they are timed in
movement cycles/s of wall time, all networks together; so are perceptrons asleep, in steps/s,
networks of Gonzalez et al. 2020 that learn awake and in N3, in simulated seconds/s, and a short
sweep, batched beside basic. What it is at goes to stderr.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

import benchmark_sweep
import sleeprun
from sleeprun.protocol.phases import Live
from sleeprun.runs.devices import device_name
from sleeprun.spiking import native
from sleeprun.subjects.forager import cycles
from sleeprun.subjects.forager.build import build
from sleeprun.subjects.forager.forager import leg_of
from sleeprun.subjects.forager.state import AgentState, ClosedLoop
from sleeprun.subjects.seeds import over_seeds
from sleeprun.subjects.sleeper.experiment import SleeperExperiment
from sleeprun.subjects.sleeper.phases import Sleep
from sleeprun.subjects.sleeper.sleeper import Sleeper
from sleeprun.subjects.sleeper.state import SleeperState
from speed import agents
from speed.agents import PHASES
from speed.sleeper import before_sleeps, classifier_of

State = TypeVar("State", AgentState, SleeperState)

CYCLES = 30  # of 10 ms, of networks of thalamus and cortex: settled, and timed
HORIZON = 20  # cycles compared, one by one
COMPARED = 16  # networks
DRAWN = 4  # networks of thalamus and cortex, of which others are copies on noise of their own
SWEEP = [
    "+experiment=golden2022/interleaved_sleep",
    "protocol.scale=0.0001",
    "sleep.reward=0,1",
    "seeds=[0],[1],[2],[3]",
]


def path_of(loop: ClosedLoop, phase: str, state: AgentState) -> dict[str, np.ndarray]:
    """Where the next cycles lead: each one's spikes, and the weights after the last."""
    leg, one, found = leg_of(loop, PHASES[phase]), jnp.int32(1), {}
    for cycle in range(HORIZON):
        state, _ = over_seeds(cycles.advance, 1)(loop, leg, one, state)
        for name, spiked in state.network.spiked.items():
            found[f"{cycle}/{name}"] = np.asarray(spiked, np.int16)
    return found | {f"weights/{name}": np.asarray(w) for name, w in state.network.weights.items()}


def compared(ours: dict[str, np.ndarray], theirs: dict[str, Any], start: AgentState) -> Any:
    """The share of networks whose spikes are the same until a cycle's end, and weights' errors."""
    same, shares = np.ones(len(start.cycle), bool), []
    for cycle in range(HORIZON):
        for name in start.network.spiked:
            place = f"{cycle}/{name}"
            same &= (ours[place] == theirs[place]).all(axis=1)
        shares.append(round(float(same.mean()), 3))
    weights = {}
    for name, before in start.network.weights.items():
        moved = np.abs(theirs[f"weights/{name}"] - np.asarray(before)).max()
        error = np.abs(ours[f"weights/{name}"] - theirs[f"weights/{name}"])
        weights[name] = {"moved": float(moved), "error": float(error.max())}
        weights[name]["error_where_same"] = float(error[same].max()) if same.any() else None
    return {"same_spikes_until": {1: shares[0], HORIZON: shares[-1]}, "weights": weights}


def timed(loop: ClosedLoop, phase: str, state: AgentState, wanted: float) -> dict[str, Any]:
    """Cycles/s of all networks together; the stretch is as long as takes the seconds wanted."""
    leg, run = leg_of(loop, PHASES[phase]), over_seeds(cycles.advance, 1)

    def seconds(count: int) -> float:
        start = time.perf_counter()
        jax.block_until_ready(run(loop, leg, jnp.int32(count), state))
        return time.perf_counter() - start

    first = seconds(1)
    few = seconds(2)
    count = max(2, int(2 * wanted / few))
    rates = sorted(count * len(state.cycle) / seconds(count) for _ in range(3))
    return {
        "cycles_per_second": round(rates[1]),
        "least": round(rates[0]),
        "most": round(rates[2]),
        "count": count,
        "first_call_s": round(first, 1),
    }


def engines() -> list[str]:
    """Of this device, the fastest first."""
    if native.available():
        return ["native/skip", "by_layer"]
    return ["by_layer"] if jax.default_backend() == "cpu" else ["fused", "by_layer"]


def engine_of(engine: str) -> ClosedLoop:
    name, _, skip = engine.partition("/")
    return build(
        agents.configured([f"runtime.simulate={name}", f"runtime.skip_quiet={skip == 'skip'}"])
    )


def repeated(few: State, networks: int) -> State:
    """So many, each on noise of its own."""
    index = np.arange(networks) % len(few.cycle)
    state = jax.tree.map(lambda leaf: np.asarray(leaf)[index], few)
    keys = np.asarray(jax.random.bits(jax.random.key(0), (networks, 2), jnp.uint32))
    return jax.tree.map(jnp.asarray, state._replace(key=keys))


def refer(folder: Path, settle: int) -> None:
    """Leaves the agents, and where they come to step by step."""
    settled = agents.settled(settle)
    agents.save(folder / "agents.npz", settled)
    start, loop = repeated(settled, COMPARED), engine_of("by_step")
    for phase in PHASES:
        np.savez(folder / f"{phase}.npz", **path_of(loop, phase, start))


def on_the_cpu(folder: Path, settle: int) -> None:
    command = [sys.executable, __file__, "--refer", str(folder), "--settle", str(settle)]
    subprocess.run(command, check=True, env={**os.environ, "JAX_PLATFORMS": "cpu"})


def agreement(folder: Path, names: list[str]) -> dict[str, Any]:
    start = repeated(agents.load(folder / "agents.npz"), COMPARED)
    found: dict[str, Any] = {engine: {} for engine in names}
    for phase in PHASES:
        with np.load(folder / f"{phase}.npz") as file:
            theirs = dict(file)
        for engine in names:
            say(f"{engine}, {phase}: as by_step on the CPU?")
            found[engine][phase] = compared(path_of(engine_of(engine), phase, start), theirs, start)
    return found


def speeds(folder: Path, names: list[str], networks: list[int], wanted: float) -> dict[str, Any]:
    """Of the first engine with all numbers of networks, of the others with the largest."""
    settled, found = agents.load(folder / "agents.npz"), {}
    for engine in names:
        found[engine] = {}
        for many in networks if engine == names[0] else networks[-1:]:
            state, loop = repeated(settled, many), engine_of(engine)
            for phase in PHASES:
                say(f"{engine}, {phase}: {many} networks")
                found[engine][f"{phase}, {many}"] = timed(loop, phase, state, wanted)
    return found


def asleep(networks: int, steps: int) -> dict[str, float]:
    """Perceptrons, trained on a first task: steps/s of all together."""
    say(f"{networks} perceptrons asleep")
    classifier = classifier_of("auto", f"seeds={networks}")
    phase, state = next(before_sleeps(classifier))

    def seconds() -> float:
        start = time.perf_counter()
        jax.block_until_ready(classifier.advance(phase, steps, state))
        return time.perf_counter() - start

    first = seconds()
    rates = sorted(networks * steps / seconds() for _ in range(3))
    return {"steps_per_second": round(rates[1]), "first_call_s": round(first, 1)}


def cortices(networks: int) -> dict[str, Any]:
    """Networks of thalamus and cortex, after some cycles: simulated seconds/s of all together."""
    config = sleeprun.compose("gonzalez2020/sequences_quick", "arms=none", f"seeds={DRAWN}")
    assert isinstance(config, SleeperExperiment)
    sleeper, found = Sleeper(config, 1), {}
    born = repeated(sleeper.birth(), networks)
    for phase in config.phases():
        stage = "n3" if isinstance(phase, Sleep) else "training"
        if not isinstance(phase, Live) or not phase.plastic or stage in found:
            continue
        say(f"{networks} networks of thalamus and cortex: {stage}")
        state, seconds = sleeper.begin(phase, born), []
        for _ in range(2):
            start = time.perf_counter()
            state, _ = sleeper.advance(phase, CYCLES, state)
            seconds.append(time.perf_counter() - start)
        cycle = config.network.cycle_steps * config.network.step_ms / 1000
        found[stage] = {
            "seconds_per_second": round(networks * CYCLES * cycle / seconds[1], 2),
            "first_call_s": round(seconds[0], 1),
        }
    return found


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def sweeps() -> dict[str, Any]:
    """Seconds of a batched and a basic sweep, of their second call."""
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # this process has memory there, too
    rounds = []
    for _ in range(2):
        say("a sweep, batched and basic")
        rounds.append({each: benchmark_sweep.timed(SWEEP, each) for each in ("batched", "basic")})
    return benchmark_sweep.told(rounds[1:])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", type=int, nargs="+", default=[1, 132, 1000])
    parser.add_argument("--perceptrons", type=int, nargs="*", default=[10, 100])
    parser.add_argument("--cortices", type=int, nargs="*", default=[1, 132, 1000])
    parser.add_argument("--steps", type=int, default=2000, help="of a perceptron's sleep")
    parser.add_argument("--settle", type=int, default=12000, help="cycles before all else")
    parser.add_argument("--seconds", type=float, default=1.0, help="a timed stretch")
    parser.add_argument("--no-sweep", action="store_true")
    parser.add_argument("--refer", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.refer:
        refer(given.refer, given.settle)
        return
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        say("the same on the CPU, step by step")
        on_the_cpu(Path(folder), given.settle)
        line = {
            "device": device_name(jax.devices()[0]),
            "jax": jax.__version__,
            "as_by_step": agreement(Path(folder), engines()),
            "cycles": speeds(Path(folder), engines(), given.networks, given.seconds),
            "perceptrons": {many: asleep(many, given.steps) for many in given.perceptrons},
            "cortices": {many: cortices(many) for many in given.cortices},
        }
    if not given.no_sweep:
        line["sweep"] = sweeps()
    print(json.dumps(line | {"seconds": round(time.monotonic() - began)}))


if __name__ == "__main__":
    main()
