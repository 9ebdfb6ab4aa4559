"""What the terminal's tables say, and that they fit."""

from typing import Any

import pytest
from rich.console import Console, RenderableType

from sleeprun.measures import statistics
from sleeprun.protocol.describe import duration
from sleeprun.report import tables

PAIRS = ["0-1", "2-3", "4-5", "6-7"]
R = [[[0.0, 0.2, 0.1, 0.1], [0.9, 0.5, 0.4, 0.2]], [[0.1, 0.1, 0.1, 0.1], [0.7, 0.3, 0.2, 0.4]]]
TOOK = (
    "carried from task to task: 3.1 kB; 500 training and 125,000 sleep steps a seed; all seeds: 9 s"
)
ACCOUNT = {"carried_bytes": 3148, "training_steps": 500, "sleep_steps": 125000, "wall_seconds": 9}


def measured(*values: float) -> dict[str, Any]:
    return statistics.describe(values)


def results(tasks: list[str]) -> dict[str, Any]:
    ends = {f"final/{task}": measured(0.9, 0.8) for task in tasks}
    of_joint = {"run": "images:joint", "accuracy": measured(0.96, 0.94), **ends}
    return ACCOUNT | {
        "experiment": "images", "variant": "a note of some length on what differs here",
        "shortened": False, "scale": 1.0, "chance": 0.1, "tasks": tasks, "seeds": [0, 1],
        "boundaries": [{"name": "untrained"}, {"name": "6-7, slept"}],
        "bounds": {"joint": of_joint},
        "R": [[row[: len(tasks)] for row in seed] for seed in R],
    }  # fmt: skip


def with_arms(tasks: list[str], seeds: int) -> dict[str, Any]:
    ends = {name: measured(*[0.5, 0.6] * (seeds // 2)) for name in ("accuracy", "final/a")}
    arms = {"naive": ends, "src_rehearsal": ends}
    apart = measured(*[0.2, 0.4] * (seeds // 2))
    differences = {f"src_rehearsal - naive: {told}": apart for told in ("all tasks", "a")}
    idle = {"carried_bytes": None, "training_steps": 5, "sleep_steps": 0, "wall_seconds": 125.4}
    accounts = {"naive": idle, "src_rehearsal": ACCOUNT}
    told = {"arms": arms, "differences": differences, "accounts": accounts}
    return results(PAIRS) | {"seeds": list(range(seeds)), "training_steps": 0} | told


def printed(*told: RenderableType, width: int = 80) -> list[str]:
    console = Console(width=width, force_terminal=False)
    with console.capture() as capture:
        console.print(*told, sep="\n")
    lines = capture.get().splitlines()
    assert max(map(len, lines)) <= width
    return lines


def cells(lines: list[str], name: str) -> list[str]:
    (row,) = (line for line in lines if line.startswith(f"│ {name}"))
    return [cell.strip() for cell in row.strip("│").split("│")]


def test_many_tasks_have_a_mean_over_all() -> None:
    lines = printed(tables.score_table(results(PAIRS)))
    # seeds 0 and 1 score 0.5 and 0.4 on average over the tasks
    expected = ["6-7, slept", "0.80", "0.40", "0.30", "0.30", "0.45 +- 0.07"]
    assert cells(lines, "6-7, slept") == expected
    assert cells(lines, "chance")[1:] == ["0.10"] * 5
    assert cells(lines, "joint")[1:] == ["0.85"] * 4 + ["0.95 +- 0.01"]
    assert " ".join(map(str.strip, lines)).endswith(TOOK)
    assert "images: performance, mean +- sd over 2 seeds" in lines


def test_few_tasks_have_their_spread() -> None:
    lines = printed(tables.score_table(results(PAIRS[:2])))
    assert cells(lines, "6-7, slept") == ["6-7, slept", "0.80 +- 0.14", "0.40 +- 0.14"]


def test_an_unknown_score_has_no_mean() -> None:
    unknown = results(PAIRS)
    unknown["R"][0][1] = [0.5, None, 0.5, 0.5]
    assert cells(printed(tables.score_table(unknown)), "6-7, slept")[-1] == "0.40"


@pytest.mark.parametrize("width", [80, 120])
def test_arms_with_what_they_took(width: int) -> None:
    told = with_arms(PAIRS, 6)
    lines = printed(*tables.arms_tables(told, Console(width=width)), width=width)
    rows = [line for line in lines if line.startswith("│ src_rehearsal")]
    assert len(rows) == (1 if width == 120 else 2)
    row = " ".join(rows)
    for cell in ("0.55 +- 0.05 [0.52, 0.58]", "+0.30 [", "3.1 kB", "500", "125,000", "9 s"):
        assert f" {cell}" in row
    assert any("│ naive" in line and "2 min 05 s" in line for line in lines)
    assert any(line.startswith("chance 0.10; upper bound 0.95") for line in lines)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.4, "0 s"), (59.6, "1 min 00 s"), (3599.7, "1 h 00 min"), (7384.0, "2 h 03 min")],
)
def test_durations(seconds: float, told: str) -> None:
    assert duration(seconds) == told
