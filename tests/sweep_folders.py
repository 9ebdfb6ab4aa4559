"""Directories of a sweep and its jobs, made up."""

import json
from pathlib import Path

from sleeprun.measures import statistics


def job(folder: Path, overrides: list[str], seeds: list[int], accuracy: list[float]) -> Path:
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "overrides.yaml").write_text(json.dumps(overrides))
    forgetting = statistics.describe([1 - score for score in accuracy])
    metrics = {"accuracy": statistics.describe(accuracy), "forgetting": forgetting}
    told = {"experiment": "made up", "seeds": seeds, "metrics": metrics}
    (folder / "results.json").write_text(json.dumps(told))
    (folder / "DONE").touch()
    return folder


def listing(folder: Path, jobs: list[Path], numbers: list[int]) -> Path:
    folder.mkdir(exist_ok=True)
    lines = []
    for path, number in zip(jobs, numbers, strict=True):
        given = json.loads((path / ".hydra" / "overrides.yaml").read_text())
        lines.append(json.dumps({"number": number, "path": str(path), "overrides": given}))
    (folder / "jobs.jsonl").write_text("\n".join(lines) + "\n")
    return folder
