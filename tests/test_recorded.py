"""Nothing that ran gives another number: runs as they were recorded, bit for bit.

That of smoke is compared in short by `test_cli`, which runs it anyway.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from recordings import KEPT, RECORDED, assert_as_recorded, skip_where_they_say_nothing

pytestmark = pytest.mark.slow
SHORT = {"src_ewc_after"}
RUNS = [pytest.param(n, marks=() if n in SHORT else pytest.mark.long) for n in RECORDED["runs"]]


@pytest.mark.parametrize("name", RUNS)
def test_a_run_gives_the_recorded_numbers(name: str, tmp_path: Path) -> None:
    skip_where_they_say_nothing()
    command = [sys.executable, "-m", "sleeprun", *RECORDED["runs"][name]["arguments"], *KEPT]
    subprocess.run([*command, f"hydra.run.dir={tmp_path}"], check=True, capture_output=True)
    assert_as_recorded(name, tmp_path)
