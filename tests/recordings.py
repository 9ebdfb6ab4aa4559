"""Runs as they were recorded, to be compared with bit for bit.

They are the same with every build of the kernel, on every x86 processor with AVX2. Another XLA may
round otherwise; the numbers then say nothing.
"""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

import sleeprun
from sleeprun.spiking.native import library

RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text())
KEPT = (
    "tracking=disabled",
    "runtime.keep_boundaries=true",
    "runtime.figures=false",
    "runtime.report=false",
)


def skip_where_they_say_nothing() -> None:
    if library.processor() == 0:
        pytest.skip("recorded on x86 with AVX2; without it XLA may round otherwise")
    if version("jaxlib") != RECORDED["jaxlib"]:
        pytest.skip(f"recorded with jaxlib {RECORDED['jaxlib']}, here is {version('jaxlib')}")


def assert_as_recorded(name: str, folder: Path) -> None:
    """A run that was called with the record's arguments, and `KEPT`."""
    run = sleeprun.load(folder)
    for arm, numbers in RECORDED["runs"][name]["arms"].items():
        found = run.arms[arm] if arm else run
        assert found.results["R"] == numbers["R"]
        measured = found.results["metrics"]
        assert {name: each["per_seed"] for name, each in measured.items()} == numbers["metrics"]
        assert digests(found.weights()) == numbers["weights"]


def digests(weights: dict[str, np.ndarray]) -> list[str]:
    arrays = (np.ascontiguousarray(weights[name]) for name in sorted(weights))
    return [hashlib.sha256(array.tobytes()).hexdigest() for array in arrays]
