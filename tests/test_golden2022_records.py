"""Pieces of the foraging agent's table: together they are the table of all their networks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import configured

from sleeprun.measures import statistics

TASKS = ["task1", "task2"]


@pytest.fixture(scope="module")
def records(scripts: Callable[[str], Any]) -> Any:
    return scripts("golden2022_records")


def results(conditions: list[str], seeds: list[int]) -> dict[str, Any]:
    """As of runs of these seeds, each with scores of its own."""
    found = {}
    for place, name in enumerate(conditions):
        scores = {
            task: [float(np.random.default_rng([place, k, seed]).random()) for seed in seeds]
            for k, task in enumerate(TASKS)
        }
        metrics = {f"final/{task}": statistics.describe(values) for task, values in scores.items()}
        found[name] = {
            "tasks": TASKS, "variant": None, "engine": "native", "device": "a core",
            "versions": {}, "seeds": seeds, "wall_seconds": 60.0 * len(seeds), "metrics": metrics,
        }  # fmt: skip
    return found


def test_pieces_make_the_table_of_all(records: Any, tmp_path: Path) -> None:
    config = configured("protocol.scale=0.5", "seeds=6")
    conditions = list(records.CONDITIONS)
    for seeds in ([0, 1], [2, 3, 4], [5]):
        piece = config.model_copy(update={"seeds": seeds})
        record = records.record_of(piece, tmp_path)
        assert not record.exists()
        records.keep(results(conditions, seeds), piece, record)
        assert records.record_of(piece, tmp_path).exists()
    told = records.report(tmp_path)
    assert told == records.told(results(conditions, [*range(6)]), config)
    assert "| 6 | 6 min 00 s |" in told[2]
    assert "Shortened protocol (scale 0.5)." in told


def test_pieces_of_unlike_lengths_are_no_table(records: Any, tmp_path: Path) -> None:
    assert "no piece is done" in records.report(tmp_path)[0]
    for seed, scale in enumerate((0.5, 1)):
        piece = configured(f"protocol.scale={scale}", f"seeds=[{seed}]")
        made = results(list(records.CONDITIONS), [seed])
        records.keep(made, piece, records.record_of(piece, tmp_path))
    (told,) = records.report(tmp_path)
    assert "of unlike lengths" in told
