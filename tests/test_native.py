"""Every build of the kernel does the same, and nothing that C++ leaves undefined."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import jaxlib
import numpy as np
import pytest
from conftest import configured

from sleeprun.spiking import engines, native
from sleeprun.spiking.native import library
from sleeprun.subjects.forager import build as forager_build
from sleeprun.subjects.forager import cycles
from sleeprun.subjects.forager.build import build, newborns
from sleeprun.subjects.forager.forager import leg_of
from sleeprun.subjects.forager.phases import Wake
from sleeprun.subjects.seeds import over_seeds

pytestmark = pytest.mark.slow

SOURCE = Path(native.__file__).parent
EXERCISE = Path(__file__).parent / "exercise_kernel.py"


def exercise(folder: Path, build: str, *more: str, **environment: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(EXERCISE), str(folder), build, *more],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def assert_same(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    for one, other in zip(ours, theirs, strict=True):
        assert one["spikes"] == other["spikes"]
        np.testing.assert_allclose(one["weights"], other["weights"], rtol=2e-6)


@pytest.fixture(scope="module")
def plain() -> tuple[Path, list[dict[str, Any]]]:
    """The build for any processor."""
    assert native.available(), "the package must be built with its kernel to be tested"
    folder = next(place for place in library.PLACES if (place / library.BUILDS[0]).exists())
    return folder, exercise(folder, library.BUILDS[0])


def test_skipping_does_not_matter(plain: Any) -> None:
    stepped, skipped, *_ = plain[1]
    assert sum(stepped["spikes"]) > 500
    assert all(stepped["overflowed"]), "full lists were to be tried as well"
    assert_same([stepped], [skipped])


@pytest.mark.parametrize("build", library.BUILDS[1:])
def test_every_processor_gets_the_same_bits(plain: Any, build: str) -> None:
    level = library.BUILDS.index(build)
    if library.processor() < level:
        pytest.skip(f"this processor cannot run {build}")
    assert exercise(plain[0], build) == plain[1]


@pytest.mark.parametrize(
    ("left_out", "told"),
    [
        ("conducting.cc", ["agents"]),  # which takes the longest; its arrays come in the same way
        pytest.param("", [], marks=pytest.mark.long),
    ],
)
def test_the_sanitizers_find_nothing(
    plain: Any, left_out: str, told: list[str], tmp_path: Path
) -> None:
    """The address sanitizer sees out-of-bounds access, the other one undefined behaviour.

    Also where constants are NaN, infinite, huge or nothing.
    """
    if not shutil.which("g++"):
        pytest.skip("needs g++")
    build = [
        "g++", "-std=c++20", "-O1", "-g1", "-ffp-contract=off", "-shared", "-fPIC",
        "-fsanitize=address,undefined,float-cast-overflow", "-fno-sanitize-recover=all",
        "-isystem", str(Path(jaxlib.__file__).parent / "include"),
        *(str(source) for source in SOURCE.glob("*.cc") if source.name != left_out),
        "-o", str(tmp_path / library.BUILDS[0]),
    ]  # fmt: skip
    subprocess.run(build, check=True)
    # XLA throws exceptions, which the sanitizer can only follow if the C++ library is there first.
    preload = [
        subprocess.check_output(["g++", f"-print-file-name={name}"], text=True).strip()
        for name in ("libasan.so", "libstdc++.so")
    ]
    found = exercise(
        tmp_path,
        "kernel.so",
        "wild",
        *told,
        LD_PRELOAD=" ".join(preload),
        ASAN_OPTIONS="detect_leaks=0",
        UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1",
    )
    assert found == (plain[1][:-1] if left_out else plain[1])


@pytest.mark.long
def test_a_long_run_has_the_statistics_of_the_portable_path() -> None:
    """Round-off makes two right programs part after some hundred plastic cycles; compare means.

    In pairs of one seed, with one birth and one noise, the errors of the differences are 0.2 % of
    the mean (hidden spikes), 1.8 % (output), 1.3 % (eaten) and 0.1 % (spread): a bias of a tenth
    fails.
    """
    seeds, cycles_each = 8, 1500
    found = {}
    for engine in ("native", "by_layer"):
        config = configured(
            "network.populations.hidden.size=60",
            "tasks.size=16",
            "tasks.particles={unsupervised: 4, task: 8}",
            f"seeds={seeds}",
            f"runtime.simulate={engine}",
        )
        built = build(config)
        leg = leg_of(built, Wake("task1", cycles=1, plastic=("input_hidden", "hidden_output")))
        state = newborns(config, built, config.seeds)
        state = over_seeds(cycles.begin, 1)(built, leg, state)
        state, tally = over_seeds(cycles.advance, 1)(built, leg, jnp.int32(cycles_each), state)
        found[engine] = {
            "hidden": tally.spikes["hidden"] / cycles_each,
            "output": tally.spikes["output"] / cycles_each,
            "eaten": (tally.rewarded + tally.punished) / cycles_each,
            "spread": state.network.weights["hidden_output"].std(axis=(1, 2)),
        }
    for name, ours in found["native"].items():
        ours, theirs = (np.asarray(x, float) for x in (ours, found["by_layer"][name]))
        apart = (ours - theirs) / theirs.mean()
        assert apart.std(ddof=1) / np.sqrt(seeds) < 0.025, f"{name} is too noisy to be compared"
        assert abs(apart.mean()) < 0.05, name


def test_without_the_kernel_a_run_says_so_once(monkeypatch: Any, caplog: Any) -> None:
    monkeypatch.setattr(native, "available", lambda: False)
    engines._tell.cache_clear()
    with caplog.at_level("WARNING", "sleeprun"):
        found = [forager_build.chosen(configured()) for _ in range(2)]
    assert [each.engine for each in found] == ["by_layer"] * 2
    (record,) = caplog.records
    assert "g++" in record.message
    assert "portable path" in record.message
