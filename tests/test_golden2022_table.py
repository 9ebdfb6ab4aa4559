"""The script behind the published table, from nothing to its end, broken off on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.long]

SCRIPT = Path(__file__).parent.parent / "scripts" / "golden2022_table.py"
PATIENCE = 600  # seconds, far more than anything here takes
SMALL = (
    "network.populations.hidden.size=[6,6]", "tasks.unsupervised=0.2", "tasks.train=0.4",
    "tasks.test=0.2", "tasks.alternate=5", "sleep.length=5", "runtime.chunk_cycles=2",
    "runtime.checkpoint_minutes=0.001", "runtime.figures=false",
    "runtime.report=false", "tracking=disabled",
)  # fmt: skip
NAMES = (
    "task1", "task2", "sequential", "interleaved_tasks", "interleaved_sleep",
    "interleaved_sleep_control", "interleaved_quiet_wake", "sequential_then_sleep",
)  # fmt: skip


def begin(folder: Path, *overrides: str, scale: str = "0.5") -> subprocess.Popen[str]:
    where = ["--scale", scale, "--seeds", "2", "--folder", str(folder)]
    return subprocess.Popen(
        [sys.executable, SCRIPT, *where, "--", *overrides],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def results(run: Path) -> dict[str, Any]:
    return json.loads((run / "results.json").read_text())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder and what was said at last, after a call was killed with its run, one without."""
    folder = tmp_path_factory.mktemp("table") / "made"
    first = begin(folder, *SMALL)
    wait_for(folder / "task1" / "checkpoints" / "boundary-00.ckpt", first)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    second = begin(folder, *SMALL)
    wait_for(folder / "sequential" / "events.jsonl", second)
    second.kill()  # the run itself lives on
    code, out, err = end(begin(folder, *SMALL))
    assert code == 0, out + err
    second.communicate()
    return folder, out


def test_every_condition_is_an_ordinary_run(made: tuple[Path, str]) -> None:
    folder, _ = made
    for name in NAMES:
        assert (folder / name / "DONE").exists()
        assert results(folder / name)["experiment"] == f"golden2022/{name}"


def test_what_they_share_was_simulated_once(made: tuple[Path, str]) -> None:
    folder, _ = made
    shared = results(folder / "task1")["R"]
    for name in NAMES[1:]:
        found = results(folder / name)
        origin = "sequential" if name == "sequential_then_sleep" else "task1"
        assert Path(found["branched_from"]["path"]).parts[-3] == origin
        behind = 2 if name == "task2" else 3  # boundaries
        assert [seed[:behind] for seed in found["R"]] == [seed[:behind] for seed in shared]


def test_the_table_has_ours_and_the_published(made: tuple[Path, str]) -> None:
    folder, said = made
    table = (folder / "table.md").read_text()
    assert table in said
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    ours = {row[0]: row for row in rows if len(row) == 7}
    assert len(ours) == 2 + len(NAMES)
    mean = results(folder / "task1")["metrics"]["final/task1"]["mean"]
    assert ours["task 1 only"][1].startswith(f"{mean:.2f}")
    assert ours["task 1, then task 2"][2::2][:2] == ["0.52 +- 0.02", "0.69 +- 0.03"]
    assert "interleaved_sleep minus sequential" in [row[0] for row in rows if len(row) == 3]
    assert "Shortened protocol (scale 0.5)." in table
    assert (folder / "performance.png").read_bytes().startswith(b"\x89PNG")


def test_finished_runs_are_only_read(made: tuple[Path, str]) -> None:
    folder, _ = made
    before = {
        path: path.stat().st_mtime_ns for name in NAMES for path in (folder / name).rglob("*")
    }
    code, out, err = end(begin(folder, *SMALL))
    assert (code, err) == (0, "")
    assert "sleeprun +experiment" not in out
    assert "together 0 s on" in out
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_folder_of_another_table_is_refused(made: tuple[Path, str]) -> None:
    folder, _ = made
    code, _, err = end(begin(folder, *SMALL, scale="0.4"))
    assert code == 2
    assert "was run with +experiment=golden2022/task1 protocol.scale=0.5" in err
    assert len(err.splitlines()) == 1


def test_a_dry_run_says_how_long_all_takes_and_leaves_nothing(tmp_path: Path) -> None:
    code, out, err = end(begin(tmp_path / "none", *SMALL, "dry_run=true"))
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[1:-1]] == list(NAMES)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("sed=3", "did you mean 'seeds'?"),
        ("tasks.test=0", "tasks.test=0"),
        ("+arms.a={}", "arms: the conditions have none"),
    ],
)
def test_a_mistake_is_told_before_anything_is_run(tmp_path: Path, override: str, told: str) -> None:
    code, out, err = end(begin(tmp_path / "none", override))
    assert (code, out) == (2, "")
    assert told in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "none").exists()
