"""How fast a device is, and whether it computes what a CPU does: a line of JSON an entry.

    python scripts/benchmark_device.py --agents agents.npz                # on the CPU, first
    python scripts/benchmark_device.py --agents agents.npz --engines fused by_layer   # on a GPU

The first call settles agents and leaves them, and where the fastest engine takes them, in the
file; the second compares spikes and weights with that and times movement cycles/s, awake and
asleep, for so many networks at once. Wall time: an accelerator works beside its host.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sleeprun.runs.devices import device_name
from sleeprun.subjects.forager import cycles
from sleeprun.subjects.forager.build import build
from sleeprun.subjects.forager.forager import leg_of
from sleeprun.subjects.forager.state import AgentState, ClosedLoop
from sleeprun.subjects.seeds import over_seeds
from speed import agents
from speed.agents import PHASES

HORIZON = 20  # cycles compared, one by one


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


def entries(arguments: argparse.Namespace, settled: AgentState) -> Iterator[dict[str, Any]]:
    for networks in arguments.networks:
        state = repeated(settled, networks)
        for engine in arguments.engines:
            for phase in PHASES:
                loop = engine_of(engine)
                entry = {"engine": engine, "networks": networks, "phase": phase}
                yield entry | timed(loop, phase, state, arguments.seconds)


def engine_of(engine: str) -> ClosedLoop:
    name, _, skip = engine.partition("/")
    return build(
        agents.configured([f"runtime.simulate={name}", f"runtime.skip_quiet={skip == 'skip'}"])
    )


def repeated(settled: AgentState, networks: int) -> AgentState:
    """So many agents, each on noise of its own."""
    index = np.arange(networks) % len(settled.cycle)
    state = jax.tree.map(lambda leaf: np.asarray(leaf)[index], settled)
    keys = np.asarray(jax.random.bits(jax.random.key(0), (networks, 2), jnp.uint32))
    return jax.tree.map(jnp.asarray, state._replace(key=keys))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--agents", type=Path, required=True, help="settled agents, made if new")
    parser.add_argument("--networks", type=int, nargs="+", default=[1, 132, 1000])
    parser.add_argument("--engines", nargs="+", default=["native/skip", "native", "by_layer"])
    parser.add_argument("--settle", type=int, default=12000, help="cycles before timing")
    parser.add_argument("--seconds", type=float, default=2.0, help="a timed stretch")
    arguments = parser.parse_args()
    reference = arguments.agents.with_suffix(".reference.npz")
    made = not arguments.agents.exists()
    if made:
        agents.save(arguments.agents, agents.settled(arguments.settle))
    settled = agents.load(arguments.agents)
    print(json.dumps({"device": device_name(jax.devices()[0]), "jax": jax.__version__}), flush=True)
    start = repeated(settled, 16)
    if made:
        paths = {phase: path_of(engine_of("native"), phase, start) for phase in PHASES}
        np.savez(reference, **{f"{p}/{k}": v for p, path in paths.items() for k, v in path.items()})
    with np.load(reference) as file:
        theirs = dict(file)
    for engine in arguments.engines:
        for phase in PHASES:
            ours = path_of(engine_of(engine), phase, start)
            known = {
                k.removeprefix(f"{phase}/"): v for k, v in theirs.items() if k.startswith(phase)
            }
            agreement = compared(ours, known, start)
            print(json.dumps({"engine": engine, "phase": phase} | agreement), flush=True)
    for entry in entries(arguments, settled):
        print(json.dumps(entry), flush=True)


if __name__ == "__main__":
    main()
