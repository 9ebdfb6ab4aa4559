"""Nothing that ran gives another number: runs as they were recorded, bit for bit.

They are the same with every build of the kernel, on every x86 processor with AVX2. Another XLA may
round otherwise; the numbers then say nothing.
"""

import hashlib
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sleeprun
from sleeprun.spiking.native import library

pytestmark = pytest.mark.slow
RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text())


def digests(weights: dict[str, np.ndarray]) -> list[str]:
    arrays = (np.ascontiguousarray(weights[name]) for name in sorted(weights))
    return [hashlib.sha256(array.tobytes()).hexdigest() for array in arrays]


SHORT = {"smoke", "src_ewc_after"}
RUNS = [pytest.param(n, marks=() if n in SHORT else pytest.mark.long) for n in RECORDED["runs"]]


@pytest.mark.parametrize("name", RUNS)
def test_a_run_gives_the_recorded_numbers(name: str, tmp_path: Path) -> None:
    if library.processor() == 0:
        pytest.skip("recorded on x86 with AVX2; without it XLA may round otherwise")
    if version("jaxlib") != RECORDED["jaxlib"]:
        pytest.skip(f"recorded with jaxlib {RECORDED['jaxlib']}, here is {version('jaxlib')}")
    recorded: dict[str, Any] = RECORDED["runs"][name]
    settings = [f"hydra.run.dir={tmp_path}", "tracking=disabled", "runtime.keep_boundaries=true"]
    command = [sys.executable, "-m", "sleeprun", *recorded["arguments"], *settings]
    subprocess.run([*command, "runtime.figures=false"], check=True, capture_output=True)
    run = sleeprun.load(tmp_path)
    for arm, numbers in recorded["arms"].items():
        found = run.arms[arm] if arm else run
        assert found.results["R"] == numbers["R"]
        measured = found.results["metrics"]
        assert {name: each["per_seed"] for name, each in measured.items()} == numbers["metrics"]
        assert digests(found.weights()) == numbers["weights"]
