"""How long a sweep takes: batched beside basic and joblib, in turns; prints a line of JSON.

    python scripts/benchmark_sweep.py [--rounds 3] [--sweeps foraging images] [--launchers ...]

Two sweeps of short jobs: 32 of the foraging agent (4 rewards asleep x 8 seeds), and 24 of
perceptrons (4 rates of sleep x 6 seeds; the images come with scikit-learn). Wall time and
processor time are those of the whole command and its children, start-up included. A first,
untimed round compiles: JAX's cache then has every program, as it has in daily use.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

SWEEPS = {
    "foraging": [
        "+experiment=golden2022/interleaved_sleep",
        "protocol.scale=0.0001",
        "sleep.reward=0,0.25,0.5,1",
        "seeds=[0],[1],[2],[3],[4],[5],[6],[7]",
    ],
    "images": [
        "+experiment=src_quick",
        "tasks/data=digits",
        "arms=none",
        "network.hidden=[128,64]",
        "tasks.samples=200",
        "training.epochs=10",
        "sleep.drive.patch=6",
        "sleep.length=2000",
        "sleep.longer=500",
        "sleep.drive.max_rate=100,200,300,400",
        "seeds=[0],[1],[2],[3],[4],[5]",
    ],
}
LAUNCHERS = ("batched", "basic", "joblib")
QUIET = ("tracking=disabled", "runtime.figures=false", "runtime.progress=false")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sweeps", nargs="+", choices=SWEEPS, default=list(SWEEPS))
    parser.add_argument("--launchers", nargs="+", choices=LAUNCHERS, default=LAUNCHERS)
    given = parser.parse_args()
    for sweep in given.sweeps:
        rounds = [
            {launcher: timed(SWEEPS[sweep], launcher) for launcher in given.launchers}
            for _ in range(given.rounds + 1)
        ][1:]
        print(json.dumps({"sweep": sweep, "cores": os.cpu_count(), **told(rounds)}), flush=True)


def told(rounds: list[dict[str, tuple[float, float]]]) -> dict[str, dict[str, float]]:
    """Of every launcher the median seconds, and by the median of each round how many times
    the first launcher's."""
    first = next(iter(rounds[0]))
    return {
        launcher: {
            "wall": round(median(each[launcher][0] for each in rounds), 1),
            "processor": round(median(each[launcher][1] for each in rounds), 1),
            f"wall / {first}": round(median(r[launcher][0] / r[first][0] for r in rounds), 2),
        }
        for launcher in rounds[0]
    }


def timed(overrides: list[str], launcher: str) -> tuple[float, float]:
    """Wall and processor seconds."""
    with tempfile.TemporaryDirectory() as cwd:
        command = [Path(sys.executable).with_name("sleeprun"), "-m", *overrides, *QUIET]
        began, before = time.monotonic(), os.times()
        done = subprocess.run(
            [*command, f"hydra/launcher={launcher}"], cwd=cwd, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        after = os.times()
        used = after.children_user + after.children_system
        used -= before.children_user + before.children_system
        return time.monotonic() - began, used


if __name__ == "__main__":
    main()
