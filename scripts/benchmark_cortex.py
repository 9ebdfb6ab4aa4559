"""How fast the network of Gonzalez et al. 2020 is simulated: JSON on stdout, a table on stderr.

Simulated seconds per second of processor time, of one network on one core, awake and in N3: the
compiled kernel at several steps, with and without long steps of quiet cells and with STDP, in turns
with the portable path by its synapses alone. Each is settled for a second and then timed second by
second; the portable one for less.

Then its cortex, by a config without the thalamus, in turns with Brian2's C++ program of the same
cells and synapses. That they are the same is seen in their rates and, without synapses, in the
potentials of cells under graded currents.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sleeprun.noise import seed_key
from sleeprun.runs.devices import device_name
from sleeprun.spiking.native import available, conducting
from sleeprun.spiking.network import Clock, Network
from sleeprun.spiking.simulate import advance
from speed import cortex, rounds, standalone
from speed.living import Living, Way, newborn

BRIAN2 = Path(sys.prefix) / "brian2" / "bin" / "python"
REFERENCE = Way(0.02, native=False, method="runge_kutta")
WAYS = (
    Way(0.02),
    Way(0.05),
    Way(0.1),
    Way(0.05, local=True),
    Way(0.05, local=True, plastic=True),
    Way(0.1, local=True),
    Way(0.05, native=False),
    REFERENCE,
)
CORTICAL_WAYS = (Way(0.05), Way(0.05, local=True))
SECONDS, SETTLING = 8, 2  # of the cortex in a round, which begins at its birth
DRIVEN_MS, MOST = 50, 3.0  # how long cells are driven, and by how much at most: uA/cm2


def whole(stage: str, times: int) -> dict[str, Any]:
    """All ways of the whole network."""
    entries: rounds.Entries = {
        way.name: Living(way, newborn(way, stage == "n3")) for way in WAYS if _possible(way)
    }
    return compared(stage, entries, times, REFERENCE.name, "RK4")


def alone(stage: str, python: Path, folder: Path, times: int) -> dict[str, Any]:
    """The cortex alone, in turns with Brian2's."""
    born = newborn(CORTICAL_WAYS[0], stage == "n3", thalamus=False)
    entries: rounds.Entries = {
        way.name: Living(way, born, SECONDS, SETTLING) for way in CORTICAL_WAYS if _possible(way)
    }
    told = cortex.description(born.network, born.state, born.config.step_ms)
    lengths = 1000.0 * (SETTLING + SECONDS), 1000.0 * SETTLING
    entries["brian2"] = cortex.program(python, folder / stage, told, *lengths)
    return compared(f"cortex {stage}", entries, times, "brian2", "Brian2")


def _possible(way: Way) -> bool:
    return available() or not way.native


def compared(
    title: str, entries: rounds.Entries, times: int, baseline: str, called: str
) -> dict[str, Any]:
    for entry in entries.values():
        entry()
    found = rounds.compared(rounds.in_turns(entries, times), "second", [baseline])
    for name, one in found.items():
        hertz = ", ".join(f"{cell} {rate:.2f}" for cell, rate in one["spikes_a_second"].items())
        beside = "".join(f"{each['median']:.1f} x {called}" for each in one["ratio_to"].values())
        speed = one["seconds_per_second"]["median"]
        print(f"{title:14}{name:36}{speed:8.2f}  {beside:14}{hertz}", file=sys.stderr, flush=True)
    return found


def driven_cells(python: Path, folder: Path) -> dict[str, Any]:
    """Cells of the cortex without synapses, each under a current of its own: how many spikes they
    have, and how far their potentials are from Brian2's at the end.
    """
    born = newborn(CORTICAL_WAYS[0], asleep=False, thalamus=False)
    network = Network(born.network.populations, {}, born.network.cycle_steps)
    state = network.init({}, seed_key(0))
    told = cortex.description(network, state, born.config.step_ms)
    theirs = cortex.program(python, folder / "cells", told, DRIVEN_MS)
    sizes = {name: each.size for name, each in network.populations.items()}
    current = {name: np.linspace(0, MOST, size, dtype=np.float32) for name, size in sizes.items()}
    theirs.run(current)
    steps = round(DRIVEN_MS / born.config.step_ms)
    drive = {name: jnp.tile(jnp.asarray(one), (steps, 1)) for name, one in current.items()}
    found: dict[str, Any] = {
        name: {"brian2": {"spikes": float(theirs.found(name, "counted").sum())}} for name in sizes
    }
    engines = {"by_step": advance} | ({"native": conducting.window} if available() else {})
    for engine, lives in engines.items():
        ours = lives(network, state, Clock(jnp.int32(0), 0, seed_key(1)), steps, drive)
        for name in sizes:
            apart = np.abs(theirs.found(name, "v") - np.asarray(ours.neurons[name].v))
            told_apart = {f"{q} %": round(float(np.percentile(apart, q)), 4) for q in (50, 95, 100)}
            spikes = float(ours.spiked[name].sum())
            found[name][engine] = {"spikes": spikes, "mv_from_brian2": told_apart}
    for name, one in found.items():
        print(f"{name}, driven, without synapses: {one}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--brian2", type=Path, default=BRIAN2, help="an interpreter with Brian2")
    arguments = parser.parse_args()
    rounds.pin(1)
    line: dict[str, Any] = {"device": device_name(jax.devices()[0]), "unit": "s/s"}
    stages = ("awake", "n3")
    line |= {stage: whole(stage, arguments.rounds) for stage in stages}
    with tempfile.TemporaryDirectory() as folder:
        beside = arguments.brian2, Path(folder)
        try:
            line["driven_cells"] = driven_cells(*beside)
            line["cortex"] = {stage: alone(stage, *beside, arguments.rounds) for stage in stages}
        except standalone.Unavailable as reason:
            line["brian2"] = f"left out: {reason}"
    print(json.dumps(line))


if __name__ == "__main__":
    main()
