"""The check of a device: what it compares, and that it runs to its line of JSON."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

SCRIPT = Path(__file__).parent.parent / "scripts" / "gpu_check.py"


@pytest.fixture(scope="module")
def check(scripts: Callable[[str], Any]) -> Any:
    return scripts("gpu_check")


def test_networks_agree_until_a_spike_differs(check: Any) -> None:
    """Of four networks one parts in the first cycle, and one in the last."""
    theirs = {f"{cycle}/hidden": np.zeros((4, 3), np.int16) for cycle in range(check.HORIZON)}
    ours = {place: spikes.copy() for place, spikes in theirs.items()}
    ours["0/hidden"][1, 2] = 1
    ours[f"{check.HORIZON - 1}/hidden"][3, 0] = 1
    before = np.ones((4, 2, 2), np.float32)
    theirs["weights/in"], ours["weights/in"] = before + 0.5, before + 0.5
    ours["weights/in"][0, 0, 0] += 0.125
    ours["weights/in"][1] += 0.25  # of one that has parted
    network = SimpleNamespace(spiked={"hidden": None}, weights={"in": before})
    start = SimpleNamespace(cycle=np.zeros(4), network=network)
    assert check.compared(ours, theirs, start) == {
        "same_spikes_until": {1: 0.75, check.HORIZON: 0.5},
        "weights": {"in": {"moved": 0.5, "error": 0.25, "error_where_same": 0.125}},
    }


@pytest.mark.slow
@pytest.mark.long
def test_the_check_runs_on_a_cpu_too() -> None:
    given = "--networks 1 --perceptrons 1 --cortices 1 --steps 20 --settle 200 --no-sweep"
    given += " --seconds 0.02"
    done = subprocess.run(
        [sys.executable, SCRIPT, *given.split()], capture_output=True, text=True, check=True
    )
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    for engine in found["as_by_step"].values():
        for phase in ("wake", "sleep"):
            assert engine[phase]["same_spikes_until"]["1"] == 1.0
    rates = [one["cycles_per_second"] for each in found["cycles"].values() for one in each.values()]
    assert len(rates) >= 2
    assert min(rates) > 0
    assert found["perceptrons"]["1"]["steps_per_second"] > 0
    assert found["cortices"]["1"]["n3"]["seconds_per_second"] > 0
