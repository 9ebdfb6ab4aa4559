"""How fast the simulator is: one line of JSON on stdout, a table on stderr.

Movement cycles/s awake and asleep, of all seeds together. The formulations are timed in turns on
one core, in processor time, with agents whose network is as active as a trained one: sleeprun's
engines, the model as one would first write it in JAX (`naive`, which gets its plasticity for
free) and the network in Brian2's C++ (one network, whatever the number of seeds). Ratios are
taken round by round.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from sleeprun.runs.devices import device_name
from sleeprun.subjects.forager import cycles
from sleeprun.subjects.forager.build import build, newborns
from sleeprun.subjects.forager.forager import leg_of
from sleeprun.subjects.forager.state import AgentState, ClosedLoop
from sleeprun.subjects.seeds import over_seeds
from speed import agents, contenders, roofline, rounds, standalone
from speed.agents import PHASES

BRIAN2 = Path(sys.prefix) / "brian2" / "bin" / "python"
SEEDS = 10  # of the parts with a process of their own
CORES_CYCLES = 500  # a call, as in a run


def two_cores(settled: AgentState, times: int) -> dict[str, Any]:
    """Wall time of the same seeds on two cores and on one."""
    if (os.cpu_count() or 1) < 2:
        return {"missing": "a second core"}
    loop = build(agents.configured(["seeds=1"]))
    state = jax.device_get(agents.copies(settled, SEEDS))
    leg, count = leg_of(loop, PHASES["wake"]), jnp.int32(CORES_CYCLES)

    def rate(devices: int) -> float:
        run = over_seeds(cycles.advance, devices)
        took, _ = rounds.seconds(lambda: run(loop, leg, count, state), time.perf_counter)
        return SEEDS * CORES_CYCLES / took

    both = (1, 2)
    for devices in both:
        rate(devices)
    rates = [[rate(devices) for devices in both] for _ in range(times)]
    one, two = zip(*rates, strict=True)
    ratio = rounds.spread(b / a for a, b in rates)
    return {"seeds": SEEDS, "1": rounds.spread(one), "2": rounds.spread(two), "ratio": ratio}


def memory() -> dict[str, Any]:
    """The most memory that a process takes to compile waking and sleep and to run them."""
    config = agents.configured([f"seeds={SEEDS}"])
    loop = build(config)
    state = newborns(config, loop, config.seeds)
    for phase in PHASES.values():
        state, _ = agents.live(loop, phase, 20, state)
    jax.block_until_ready(state)
    # Linux hands the parent's peak down in `ru_maxrss`.
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s*(\d+)", status.read_text()) if status.exists() else None
    peak = int(found[1]) * 1024 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seeds": SEEDS, "peak_mb": round(peak / 1e6)}


def elsewhere(part: str, *options: str) -> Any:
    """A part of the benchmark in a process of its own."""
    command = [sys.executable, __file__, "--part", part, *options]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def measure(
    state: AgentState, programs: dict[str, Path], roof: roofline.Roof, times: int
) -> dict[str, Any]:
    """All formulations with these agents, awake and asleep."""
    loop = build(agents.configured(["seeds=1"]))
    found = {}
    for phase in PHASES:
        seen = agents.activity(state, phase, contenders.stretch(len(state.cycle)))
        entries = contenders.engines(phase, state) | contenders.naively(state, seen)
        first_calls = contenders.compiled(entries)
        for name, program in programs.items():
            entries[name] = standalone.entry(program, loop, seen)
        needed = roofline.work(loop, state, seen)
        engines = rounds.compared(rounds.in_turns(entries, times))
        for name, engine in engines.items():
            rate = engine["cycles_per_second"]["median"]
            engine |= roofline.estimate(roof, needed, rate)
            if name in first_calls:
                engine["first_call_s"] = first_calls[name]
        found[phase] = {"work_a_cycle": roofline.described(roof, needed), "engines": engines}
        print(table(f"{len(state.cycle)} seeds, {phase}", engines), file=sys.stderr, flush=True)
    return found


def table(title: str, engines: dict[str, Any]) -> str:
    """Median, range, spikes a cycle (hidden and output) and median ratios."""
    head = f"{title:18}{'cycles/s':>9}{'min':>8}{'max':>8}{'hidden':>8}{'output':>8}{'GFLOP/s':>9}"
    lines = [head + "".join(f"{'/ ' + name:>12}" for name in rounds.BASELINES)]
    for name, engine in engines.items():
        speed, spikes = engine["cycles_per_second"], engine["spikes_a_cycle"]
        line = f"{name:18}{speed['median']:9.0f}{speed['min']:8.0f}{speed['max']:8.0f}"
        line += f"{spikes['hidden']:8.1f}{spikes['output']:8.1f}{engine['gflops']:9.2f}"
        ratios = [engine["ratio_to"].get(other) for other in rounds.BASELINES]
        line += "".join(f"{each['median']:12.2f}" if each else " " * 12 for each in ratios)
        lines.append(line)
    return "\n".join(lines) + "\n"


def everything(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    rounds.pin(1)
    settled, roof = agents.settled(arguments.settle), roofline.measured()
    loop: ClosedLoop = build(agents.configured(["seeds=1"]))
    line: dict[str, Any] = {"device": device_name(jax.devices()[0]), "unit": "cycles/s"}
    line["roof"] = {name: round(value, 1) for name, value in roof._asdict().items()}
    programs: dict[str, Path] = {}
    try:
        programs = standalone.programs(arguments.brian2, folder, loop, settled)
    except standalone.Unavailable as reason:
        line["brian2"] = f"left out: {reason}"
    for seeds in arguments.seeds:
        state = agents.copies(settled, seeds)
        line[f"seeds={seeds}"] = measure(state, programs, roof, arguments.rounds)
    agents.save(folder / "agents.npz", settled)
    rounds_wanted = ("--rounds", str(arguments.rounds))
    line["cores"] = elsewhere("cores", "--agents", str(folder / "agents.npz"), *rounds_wanted)
    return line | {"memory": elsewhere("memory")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 10, 64])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--settle", type=int, default=12000, help="cycles before timing")
    parser.add_argument("--brian2", type=Path, default=BRIAN2, help="an interpreter with Brian2")
    parser.add_argument("--part", choices=["cores", "memory"], help="only this, in this process")
    parser.add_argument("--agents", type=Path, help="settled agents, for --part cores")
    arguments = parser.parse_args()
    if arguments.part == "memory":
        rounds.pin(1)
        print(json.dumps(memory()))
    elif arguments.part == "cores":
        rounds.pin(2)
        print(json.dumps(two_cores(agents.load(arguments.agents), arguments.rounds)))
    else:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(everything(arguments, Path(folder))))


if __name__ == "__main__":
    main()
