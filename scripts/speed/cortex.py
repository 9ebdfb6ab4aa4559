"""Brian2's C++ program of cortical cells: what it is told of a network, and how it is run."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Float

from sleeprun.spiking.network import Network, NetworkState
from sleeprun.spiking.neurons.calcium import MOLAR
from speed.rounds import Sample
from speed.standalone import Unavailable

Cells = Float[np.ndarray, " cell"]

BUILDER = Path(__file__).with_name("brian2_cortex.py")


def description(network: Network, state: NetworkState, step_ms: float) -> dict[str, Any]:
    """All that Brian2's program is told: the constants, and a newborn state of cortical cells."""
    return {
        "step_ms": step_ms,
        "populations": {name: _cells(network, state, name) for name in network.populations},
        "projections": {name: _wires(network, state, name) for name in network.projections},
    }


def _numbers(part: eqx.Module) -> dict[str, float]:
    """The constants that a model computes with."""
    return {name: float(value) for name, value in vars(part).items() if eqx.is_array(value)}


def _cells(network: Network, state: NetworkState, name: str) -> dict[str, Any]:
    neuron: Any = network.populations[name].neuron
    living: Any = state.neurons[name]
    return {
        "size": network.populations[name].size,
        "numbers": _numbers(neuron),
        "soma_substeps": neuron.soma_substeps,
        "calcium": {"molar": MOLAR, **_numbers(neuron.calcium)},
        "dendrite": _channels(neuron.dendrite, living.dendrite),
        "soma": _channels(neuron.soma, living.soma),
    }


def _channels(channels: Mapping[str, eqx.Module], gates: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {
            "kind": type(channel).__name__,
            "numbers": _numbers(channel),
            "gates": [np.asarray(gate).tolist() for gate in jax.tree.leaves(gates[name])],
        }
        for name, channel in channels.items()
    }


def _wires(network: Network, state: NetworkState, name: str) -> dict[str, Any]:
    wires, weights = network.projections[name], np.asarray(state.weights[name])
    synapse: Any = wires.synapse
    pre, post = np.nonzero(weights)
    ends = {"pre": wires.pre, "post": wires.post}
    pairs = {"pre_cells": pre.tolist(), "post_cells": post.tolist()}
    pairs["weights"] = weights[pre, post].tolist()
    return ends | pairs | _numbers(synapse) | _numbers(synapse.kinetics)


class Program(NamedTuple):
    """Brian2's. It lives `ms` from birth on, and counts spikes after the `silent` first of them."""

    folder: Path
    populations: tuple[str, ...]
    ms: float
    silent: float

    def __call__(self) -> Sample:
        """Its own measure of the loop over steps: processor time, without start and end."""
        self.run({})
        seconds = float((self.folder / "results" / "last_run_info.txt").read_text().split()[0])
        counted = (self.ms - self.silent) / 1000
        spikes = {name: float(self.found(name, "counted").mean()) for name in self.populations}
        hertz = {name: mean / counted for name, mean in spikes.items()}
        return Sample(self.ms / 1000 / seconds, hertz)

    def run(self, drive: Mapping[str, Cells]) -> None:
        """With so much current into the cells of some populations, uA/cm2."""
        given = []
        for name, current in drive.items():
            file = self.folder / f"drive_{name}.bin"
            current.astype(np.float32).tofile(file)
            given.append(f"{name}.drive={file}")
        command = ["./main", *given]
        subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def found(self, population: str, variable: str) -> Cells:
        """A variable at the end."""
        name = f"_array_{population}_{variable}_[0-9]*"
        return np.fromfile(next((self.folder / "results").glob(name)), np.float32)


def program(
    python: Path, folder: Path, told: Mapping[str, Any], ms: float, silent: float = 0.0
) -> Program:
    """Build the program of what it is told."""
    if not python.exists():
        raise Unavailable(f"no interpreter with Brian2 at {python}")
    folder.mkdir(parents=True)
    file = folder / "network.json"
    file.write_text(json.dumps(told))
    built = folder / "program"
    command = [python, BUILDER, file, built, str(ms), str(silent)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable((done.stderr.strip() or "Brian2 failed").splitlines()[-1])
    return Program(built, tuple(told["populations"]), ms, silent)
