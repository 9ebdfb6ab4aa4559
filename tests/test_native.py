"""Every build of the kernel does the same, and nothing that C++ leaves undefined."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sleeprun import native

pytestmark = pytest.mark.slow

SOURCE = Path(native.__file__).parent
EXERCISE = Path(__file__).parent / "exercise_kernel.py"


def exercise(folder: Path, build: str, **environment: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(EXERCISE), str(folder), build],
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
    folder = next(place for place in native.PLACES if (place / native.BUILDS[0]).exists())
    return folder, exercise(folder, native.BUILDS[0])


def test_skipping_does_not_matter(plain: Any) -> None:
    stepped, skipped = plain[1]
    assert sum(stepped["spikes"]) > 500
    assert stepped["overflowed"], "a full list was to be tried as well"
    assert_same([stepped], [skipped])


@pytest.mark.parametrize("build", native.BUILDS[1:])
def test_every_processor_gets_the_same(plain: Any, build: str) -> None:
    level = native.BUILDS.index(build)
    if native.processor() < level:
        pytest.skip(f"this processor cannot run {build}")
    assert_same(exercise(plain[0], build), plain[1])


def test_the_sanitizers_find_nothing(plain: Any, tmp_path: Path) -> None:
    """The address sanitizer sees out-of-bounds access, the other one undefined behaviour."""
    if not shutil.which("cmake") or not shutil.which("g++"):
        pytest.skip("needs cmake and g++")
    configure = [
        "cmake", "-S", str(SOURCE), "-B", str(tmp_path), "-DSANITIZE=ON",
        f"-DPython_EXECUTABLE={sys.executable}",
    ]  # fmt: skip
    subprocess.run(configure, check=True, capture_output=True)
    build = ["cmake", "--build", str(tmp_path), "--target", "kernel"]
    subprocess.run(build, check=True, capture_output=True)
    # XLA throws exceptions, which the sanitizer can only follow if the C++ library is there first.
    preload = [
        subprocess.check_output(["g++", f"-print-file-name={name}"], text=True).strip()
        for name in ("libasan.so", "libstdc++.so")
    ]
    found = exercise(
        tmp_path,
        "kernel.so",
        LD_PRELOAD=" ".join(preload),
        ASAN_OPTIONS="detect_leaks=0",
        UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1",
    )
    assert_same(found, plain[1])
