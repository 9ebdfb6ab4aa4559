"""Measures of forgetting: pure functions of R[stage, task], one network's scores.

Row 0 is the untrained network, row b the end of training stage b, after the sleep that belongs
to it where there is one; `learned[j]` is the first stage that trains task j. Other boundaries
(before a sleep, after a lesion) are in the record and not in these measures. A measure without
its data is nan.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from sleeprun.measures import statistics
from sleeprun.measures.statistics import Measure

Scores = Float[np.ndarray, "stage task"]
NEAR = 0.05  # of the way from a floor to 1


@runtime_checkable
class BoundaryLike(Protocol):
    """Whether a row of R follows sleep, or that or a rival of it, and the tasks of the stage that
    it closes, if any."""

    @property
    def after_sleep(self) -> bool: ...

    @property
    def after_rest(self) -> bool: ...

    @property
    def tasks(self) -> Sequence[str]: ...


def accuracy(R: Scores, learned: dict[int, int]) -> float:
    """ACC: mean score after the last stage over the tasks that were trained."""
    return _mean([R[-1, j] for j in learned])


def learning_accuracy(R: Scores, learned: dict[int, int]) -> float:
    return _mean([R[stage, j] for j, stage in learned.items()])


def backward_transfer(R: Scores, learned: dict[int, int]) -> float:
    """BWT (Lopez-Paz & Ranzato 2017), over the tasks learned before the last stage."""
    return _mean([R[-1, j] - R[stage, j] for j, stage in _earlier(R, learned)])


def forward_transfer(R: Scores, learned: dict[int, int]) -> float:
    """FWT: the score just before a task is trained minus the untrained one, from stage 2 on."""
    return _mean([R[stage - 1, j] - R[0, j] for j, stage in learned.items() if stage > 1])


def forgetting(R: Scores, learned: dict[int, int]) -> float:
    """Chaudhry et al. 2018: best earlier score since a task was learned minus the last one."""
    return _mean([R[stage:-1, j].max() - R[-1, j] for j, stage in _earlier(R, learned)])


def intransigence(R: Scores, learned: dict[int, int], joint: Float[np.ndarray, " task"]) -> float:
    """How far learning stayed behind a network trained on all tasks at once."""
    return _mean([joint[j] - R[stage, j] for j, stage in learned.items()])


def share(score: float, floor: float) -> float:
    """How much of the way from a floor, chance or the untrained score, to 1."""
    return (score - floor) / (1 - floor) if floor < 1 else 1.0


def near(score: float, floor: float) -> bool:
    """Whether a score is hardly above the floor."""
    return share(score, floor) < NEAR


def _earlier(R: Scores, learned: dict[int, int]) -> list[tuple[int, int]]:
    """The tasks learned before the last stage, with their stages."""
    return [(j, stage) for j, stage in learned.items() if stage < len(R) - 1]


def sleep_gains(
    scores: Float[np.ndarray, "boundary task"], rows: Sequence[BoundaryLike], tasks: list[str]
) -> tuple[float, float]:
    """Mean change of score over a sleep: (of the tasks learned before, of the newest)."""
    old: list[float] = []
    new: list[float] = []
    seen: set[str] = set()
    for index, row in enumerate(rows):
        if row.after_sleep:
            change = scores[index] - scores[index - 1]
            new += [change[tasks.index(name)] for name in row.tasks]
            old += [change[tasks.index(name)] for name in sorted(seen.difference(row.tasks))]
        seen.update(row.tasks)
    return _mean(old), _mean(new)


def stage_ends(rows: Sequence[BoundaryLike]) -> list[int]:
    """The boundaries that close the training stages: after a stage's own sleep or rival, if any."""
    ends: list[int] = []
    for index, row in enumerate(rows):
        if row.after_rest and ends and row.tasks:
            ends[-1] = index
        elif row.tasks:
            ends.append(index)
    return ends


def learned_stages(rows: Sequence[BoundaryLike], tasks: list[str]) -> dict[int, int]:
    """For every trained task its first stage; stage 1 is the first."""
    learned: dict[int, int] = {}
    for stage, end in enumerate(stage_ends(rows), 1):
        for name in rows[end].tasks:
            learned.setdefault(tasks.index(name), stage)
    return learned


OF_SCORES = {
    "accuracy": accuracy,
    "learning_accuracy": learning_accuracy,
    "backward_transfer": backward_transfer,
    "forward_transfer": forward_transfer,
    "forgetting": forgetting,
}
GAINS = ("sleep_gain_old", "sleep_gain_new")
BESIDE_JOINT = "intransigence"
MEASURES = (*OF_SCORES, *GAINS, BESIDE_JOINT)


def measures(
    scores: Float[np.ndarray, "seed boundary task"],
    tasks: list[str],
    rows: Sequence[BoundaryLike],
    joint: Float[np.ndarray, "seed task"] | None = None,
) -> dict[str, list[float]]:
    """Every measure of each seed, of a run that came so far."""
    learned = learned_stages(rows, tasks)
    per_seed: dict[str, list[float]] = {}
    for seed, of_seed in enumerate(scores):
        R = of_seed[[0, *stage_ends(rows)]]
        values = {name: measure(R, learned) for name, measure in OF_SCORES.items()}
        values |= zip(GAINS, sleep_gains(of_seed, rows, tasks), strict=True)
        if joint is not None:
            values[BESIDE_JOINT] = intransigence(R, learned, joint[seed])
        for name, value in values.items():
            per_seed.setdefault(name, []).append(float(value))
    return per_seed


def summary(
    scores: Float[np.ndarray, "seed boundary task"],
    tasks: list[str],
    rows: Sequence[BoundaryLike],
    joint: Float[np.ndarray, "seed task"] | None = None,
) -> dict[str, Measure]:
    """Every measure and the final scores, with mean, sd and bootstrap 95 % interval over seeds."""
    last = [0, *stage_ends(rows)][-1]
    finals = {f"final/{task}": scores[:, last, j].tolist() for j, task in enumerate(tasks)}
    per_seed = measures(scores, tasks, rows, joint) | finals
    return {name: statistics.describe(values) for name, values in per_seed.items()}


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
