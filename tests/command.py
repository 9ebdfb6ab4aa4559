"""The `sleeprun` command in a process of its own, and how to read what it leaves behind."""

import atexit
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fuzzing.forked import Forked

from sleeprun.sweeps.outcomes import jobs_of

BIN = Path(sys.executable).parent
PATIENCE = 300  # seconds, far more than anything here takes
TINY = """\
# @package _global_
# two tasks and interleaved sleep, in seconds
defaults:
  - override /network: accelerated
  - override /tasks: foraging_accelerated
  - override /sleep: interleaved

name: tiny
variant: far too small to learn
seeds: 2
network:
  populations:
    hidden: {size: [6, 6]}
  rules:
    unsupervised: {trace_capacity: 4096}
    rewarded: {trace_capacity: 4096}
sleep: {length: 5}
tasks: {stages: [task1, task2], unsupervised: 0.0, train: 4.0, test: 1.0, alternate: 5}
runtime: {chunk_cycles: 20, checkpoint_minutes: 0.005, figures: false, report: false}
tracking: {mode: disabled}
"""


@dataclass(frozen=True)
class Ended:
    """A command that has come to its end, and the folder that it was called in."""

    code: int
    out: str
    err: str
    cwd: Path

    @property
    def run(self) -> Path:
        """The one run directory."""
        (folder,) = self.cwd.glob("runs/tiny/*")
        return folder

    @property
    def jobs(self) -> list[Path]:
        """The job directories of the one multirun."""
        (listed,) = self.cwd.glob("multirun/tiny/*/jobs.jsonl")
        return list(jobs_of(listed.parent))


def own_tiny(folder: Path) -> list[str]:
    """An experiment `tiny` in a user's own config folder; the arguments that call it."""
    experiment = folder / "conf" / "experiment" / "tiny.yaml"
    experiment.parent.mkdir(parents=True)
    experiment.write_text(TINY)
    return ["--config-dir", str(folder / "conf"), "+experiment=tiny"]


def surroundings(cwd: Path) -> dict[str, str]:
    return {"COLUMNS": "240", "WANDB_DATA_DIR": str(cwd.parent / "wandb-data")}


def begin(*arguments: str, cwd: Path, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [BIN / "sleeprun", *arguments],
        cwd=cwd,
        env=os.environ | surroundings(cwd) | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str], cwd: Path) -> Ended:
    out, err = process.communicate(timeout=PATIENCE)
    return Ended(process.returncode, out, err, cwd)


def sleeprun(*arguments: str, cwd: Path, **env: str) -> Ended:
    return end(begin(*arguments, cwd=cwd, **env), cwd)


def forked(*arguments: str, cwd: Path, **env: str) -> Ended:
    """The same without a start that takes longer than most answers: a fork, which has imported all.

    What is read when Python or JAX start, as JAX_PLATFORMS, says nothing to it.
    """
    if sys.platform != "linux":
        return sleeprun(*arguments, cwd=cwd, **env)
    ended = _started()(*arguments, here=cwd, **surroundings(cwd), **env)
    return Ended(ended.code, ended.out, ended.err, cwd)


@cache
def _started() -> Forked:
    """One for all tests of a process."""
    started = Forked(seconds=PATIENCE)
    atexit.register(started.close)
    return started


def results(run: Path) -> dict[str, Any]:
    return json.loads((run / "results.json").read_text())


def events(run: Path, *kinds: str) -> list[dict[str, Any]]:
    lines = (run / "events.jsonl").read_text().splitlines()
    return [event for line in lines if (event := json.loads(line))["event"] in kinds]


def header(checkpoint: Path) -> dict[str, Any]:
    with checkpoint.open("rb") as file:
        return json.loads(file.readline())
