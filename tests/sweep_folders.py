"""Directories of a sweep and its jobs, made up."""

import json
from pathlib import Path
from typing import Any

from sleeprun.measures import statistics


def job(folder: Path, overrides: list[str], seeds: list[int], accuracy: list[float]) -> Path:
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "overrides.yaml").write_text(json.dumps(overrides))
    forgetting = statistics.describe([1 - score for score in accuracy])
    metrics = {"accuracy": statistics.describe(accuracy), "forgetting": forgetting}
    return done(folder, {"experiment": "made up", "seeds": seeds, "metrics": metrics})


def done(folder: Path, told: dict[str, Any]) -> Path:
    """A run that is done, whose results say that and what else is compared."""
    finals = [key for key in told["metrics"] if key.startswith("final/")]
    said = {"tasks": [key.removeprefix("final/") for key in finals], "wall_seconds": 1.0}
    said |= {"variant": None, "shortened": False, "scale": 1.0, "R": [[[]]] * len(told["seeds"])}
    (folder / "results.json").write_text(json.dumps(said | told))
    for name in ("events.jsonl", "DONE"):
        (folder / name).touch()
    return folder


def listing(folder: Path, jobs: list[Path], numbers: list[int]) -> Path:
    folder.mkdir(exist_ok=True)
    lines = []
    for path, number in zip(jobs, numbers, strict=True):
        given = json.loads((path / ".hydra" / "overrides.yaml").read_text())
        lines.append(json.dumps({"number": number, "path": str(path), "overrides": given}))
    (folder / "jobs.jsonl").write_text("\n".join(lines) + "\n")
    return folder
