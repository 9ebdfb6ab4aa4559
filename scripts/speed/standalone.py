"""Brian2's C++ program of the network: built by Brian2's interpreter, run as a process."""

import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from sleeprun.subjects.forager.state import AgentState, ClosedLoop
from speed.agents import Activity
from speed.rounds import Sample

BUILDER = Path(__file__).with_name("brian2_network.py")
CYCLES = 300
VARIANTS = {"brian2": ["--stdp"], "brian2/no_stdp": []}


class Unavailable(Exception):
    """There is no Brian2, or it could not build the program."""


def programs(python: Path, folder: Path, loop: ClosedLoop, agents: AgentState) -> dict[str, Path]:
    """Build the first agent's network, with STDP and without; the folders of the programs."""
    if not python.exists():
        raise Unavailable(f"no interpreter with Brian2 at {python}")
    numbers = folder / "network.npz"
    np.savez(numbers, **_numbers(loop, agents))
    found = {}
    for name, options in VARIANTS.items():
        found[name] = folder / name.replace("/", "_")
        command = [python, BUILDER, numbers, found[name], str(CYCLES), *options]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise Unavailable((done.stderr.strip() or "Brian2 failed").splitlines()[-1])
    return found


def _numbers(loop: ClosedLoop, agents: AgentState) -> dict[str, np.ndarray]:
    network, state = loop.network, agents.network
    neuron = network.populations["hidden"].neuron
    weights = {name: state.weights[name][0] for name in ("input_hidden", "hidden_output")}
    resistance = np.concatenate([state.resistance[name][0] for name in network.populations])
    rest = {
        "resistance": resistance,
        "jitter": network.projections["input_hidden"].synapse.jitter,
        "kick": loop.world.kick,
    }
    return {name: np.asarray(value) for name, value in (vars(neuron) | weights | rest).items()}


def entry(program: Path, loop: ClosedLoop, activity: Activity) -> Callable[[], Sample]:
    """The program, kicking as many neurons as were kicked in this stretch."""
    sizes = {name: pop.size for name, pop in loop.network.populations.items()}
    chances = [activity.kicks.get(name, np.zeros(size, np.float32)) for name, size in sizes.items()]
    kicks = program / f"{'_'.join(activity.kicks)}.bin"
    np.concatenate(chances).astype(np.float32).tofile(kicks)
    return partial(_run, program, kicks, sizes)


def _run(program: Path, kicks: Path, sizes: dict[str, int]) -> Sample:
    """Its own measure of the loop over steps: processor time, without start and end."""
    subprocess.run(
        ["./main", f"cells.chance={kicks}"], cwd=program, check=True, stdout=subprocess.DEVNULL
    )
    results = program / "results"
    seconds = float((results / "last_run_info.txt").read_text().split()[0])
    spikes = np.fromfile(next(results.glob("_array_spikes_count_*")), np.int32)
    parts = np.split(spikes, np.cumsum(list(sizes.values()))[:-1])
    counted = {name: part.sum() / CYCLES for name, part in zip(sizes, parts, strict=True)}
    return Sample(CYCLES / seconds, counted)
