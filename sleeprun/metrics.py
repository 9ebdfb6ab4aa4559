"""Measures of forgetting: pure functions of R[boundary, task], one network's scores.

Row 0 is the untrained network. `learned[j]` is the row right after task j was first trained,
after the sleep that belongs to it where there is one. A measure without its data is nan.
"""

from typing import Any

import numpy as np
from jaxtyping import Float

from sleeprun import stats

Scores = Float[np.ndarray, "boundary task"]
Row = dict[str, Any]


def accuracy(R: Scores, learned: dict[int, int]) -> float:
    """ACC: mean score after the last boundary over the tasks that were trained."""
    return _mean([R[-1, j] for j in learned])


def learning_accuracy(R: Scores, learned: dict[int, int]) -> float:
    return _mean([R[row, j] for j, row in learned.items()])


def backward_transfer(R: Scores, earlier: dict[int, int]) -> float:
    """BWT (Lopez-Paz & Ranzato 2017), over the tasks learned before the last stage."""
    return _mean([R[-1, j] - R[row, j] for j, row in earlier.items()])


def forward_transfer(R: Scores, learned: dict[int, int]) -> float:
    """FWT: the score just before a task is trained minus the untrained one, from the second on."""
    rows = sorted(learned.values())
    later = [(j, row) for j, row in learned.items() if row > rows[0]] if rows else []
    return _mean([R[max(r for r in rows if r < row), j] - R[0, j] for j, row in later])


def forgetting(R: Scores, earlier: dict[int, int]) -> float:
    """Chaudhry et al. 2018: best earlier score since a task was learned minus the last one."""
    return _mean([R[row:-1, j].max() - R[-1, j] for j, row in earlier.items()])


def intransigence(R: Scores, learned: dict[int, int], joint: Float[np.ndarray, " task"]) -> float:
    """How far learning stayed behind a network trained on all tasks at once."""
    return _mean([joint[j] - R[row, j] for j, row in learned.items()])


def sleep_gains(R: Scores, rows: list[Row], tasks: list[str]) -> tuple[float, float]:
    """Mean change of score over a sleep: (of the tasks learned before, of the newest)."""
    old: list[float] = []
    new: list[float] = []
    seen: set[str] = set()
    for index, row in enumerate(rows):
        names = trained_in(row)
        if row["phase"] == "sleep":
            change = R[index] - R[index - 1]
            new += [change[tasks.index(name)] for name in names]
            old += [change[tasks.index(name)] for name in sorted(seen.difference(names))]
        seen.update(names)
    return _mean(old), _mean(new)


def trained_in(row: Row) -> list[str]:
    """The tasks of the stage that a boundary closes; none for other boundaries."""
    return row["task"].split("+") if row["task"] else []


def learned_rows(rows: list[Row], tasks: list[str]) -> dict[int, int]:
    """For every trained task the row at the end of its first stage, its own sleep included."""
    learned: dict[int, int] = {}
    for index, row in enumerate(rows):
        for name in trained_in(row):
            j = tasks.index(name)
            own_sleep = row["phase"] == "sleep" and learned.get(j) == index - 1
            if j not in learned or own_sleep:
                learned[j] = index
    return learned


def summary(
    R: Float[np.ndarray, "seed boundary task"],
    tasks: list[str],
    rows: list[Row],
    joint: Float[np.ndarray, "seed task"] | None = None,
) -> dict[str, dict[str, Any]]:
    """Every measure per seed, with mean, sd and bootstrap 95 % interval over seeds."""
    learned = learned_rows(rows, tasks)
    last = max((index for index, row in enumerate(rows) if row["task"]), default=0)
    earlier = {j: row for j, row in learned.items() if row < last}
    per_seed: dict[str, list[float]] = {}
    for seed, scores in enumerate(R):
        old, new = sleep_gains(scores, rows, tasks)
        values = {
            "accuracy": accuracy(scores, learned),
            "learning_accuracy": learning_accuracy(scores, learned),
            "backward_transfer": backward_transfer(scores, earlier),
            "forward_transfer": forward_transfer(scores, learned),
            "forgetting": forgetting(scores, earlier),
            "sleep_gain_old": old,
            "sleep_gain_new": new,
        }
        if joint is not None:
            reference = joint[seed] if len(joint) == len(R) else joint.mean(axis=0)
            values["intransigence"] = intransigence(scores, learned, reference)
        values |= {f"final/{task}": scores[-1, j] for j, task in enumerate(tasks)}
        for name, value in values.items():
            per_seed.setdefault(name, []).append(float(value))
    return {name: stats.describe(values) for name, values in per_seed.items()}


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
