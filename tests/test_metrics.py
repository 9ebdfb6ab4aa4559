"""The measures of forgetting on matrices small enough to compute by hand."""

import numpy as np
import pytest

from sleeprun.measures import forgetting, statistics
from sleeprun.protocol.phases import Boundary

TASKS = ["a", "b"]
ROWS = [
    Boundary(0, "untrained", "start"),
    Boundary(1, "unsupervised", "unsupervised"),
    Boundary(2, "a", "wake", ("a",)),
    Boundary(3, "b", "wake", ("b",)),
]
R = np.array([[0.5, 0.48], [0.52, 0.5], [0.8, 0.55], [0.6, 0.7]])


def means(R: np.ndarray, rows: list[Boundary], joint: np.ndarray | None = None) -> dict[str, float]:
    measures = forgetting.summary(R[None], TASKS, rows, joint)
    return {name: measure["mean"] for name, measure in measures.items()}


def test_two_tasks_in_sequence() -> None:
    found = means(R, ROWS)
    assert found["accuracy"] == pytest.approx(0.65)
    assert found["learning_accuracy"] == pytest.approx(0.75)
    assert found["backward_transfer"] == pytest.approx(-0.2)
    assert found["forgetting"] == pytest.approx(0.2)
    assert found["forward_transfer"] == pytest.approx(0.55 - 0.48)
    assert found["sleep_gain_old"] is None
    assert found["final/a"] == pytest.approx(0.6)


def test_forgetting_is_from_the_best_row_since_a_task_was_learned() -> None:
    rows = [*ROWS, Boundary(4, "a#2", "wake", ("a",))]
    later = np.vstack([R, [0.75, 0.65]])
    found = means(later, rows)
    assert found["forgetting"] == pytest.approx(((0.8 - 0.75) + (0.7 - 0.65)) / 2)
    assert found["backward_transfer"] == pytest.approx(((0.75 - 0.8) + (0.65 - 0.7)) / 2)
    better = np.vstack([R, [0.9, 0.65]])
    assert means(better, rows)["forgetting"] == pytest.approx(((0.8 - 0.9) + (0.7 - 0.65)) / 2)


def test_sleep_belongs_to_the_task_before_it() -> None:
    rows = [
        ROWS[0],
        Boundary(1, "a", "wake", ("a",)),
        Boundary(2, "a, slept", "sleep", ("a",)),
        Boundary(3, "b", "wake", ("b",)),
        Boundary(4, "b, slept", "sleep", ("b",)),
    ]
    scores = np.array([[0.5, 0.5], [0.8, 0.5], [0.82, 0.5], [0.6, 0.7], [0.72, 0.69]])
    found = means(scores, rows)
    assert forgetting.stage_ends(rows) == [2, 4]
    assert forgetting.learned_stages(rows, TASKS) == {0: 1, 1: 2}
    assert found["learning_accuracy"] == pytest.approx((0.82 + 0.69) / 2)
    assert found["backward_transfer"] == pytest.approx(0.72 - 0.82)
    assert found["forgetting"] == pytest.approx(0.82 - 0.72)
    assert found["sleep_gain_old"] == pytest.approx(0.12)
    assert found["sleep_gain_new"] == pytest.approx((0.02 - 0.01) / 2)


def test_tasks_in_turns_are_learned_in_the_same_row() -> None:
    rows = [*ROWS[:3], Boundary(3, "a+b", "interleave", ("a", "b"))]
    assert forgetting.learned_stages(rows, TASKS) == {0: 1, 1: 2}
    assert means(R, rows)["forgetting"] == pytest.approx(0.2)


def test_only_the_ends_of_stages_count() -> None:
    """Neither the row before the last sleep nor a lesion after it is a stage of its own."""
    rows = [
        ROWS[0],
        Boundary(1, "a", "wake", ("a",)),
        Boundary(2, "b", "wake", ("b",)),
        Boundary(3, "b, slept", "sleep", ("b",)),
        Boundary(4, "lesioned", "lesion"),
    ]
    scores = np.array([[0.5, 0.5], [0.8, 0.5], [0.9, 0.7], [0.7, 0.6], [0.1, 0.2]])
    found = means(scores, rows)
    assert found["forgetting"] == pytest.approx(0.8 - 0.7)
    assert found["accuracy"] == pytest.approx((0.7 + 0.6) / 2)
    assert found["final/a"] == pytest.approx(0.7)


def test_forward_transfer_is_from_the_stage_just_before() -> None:
    """Tasks a, b, a, c: c is compared after the second a."""
    rows = [ROWS[0], *(Boundary(0, n, "wake", (n,)) for n in ("a", "b", "a", "c"))]
    scores = np.full((5, 3), 0.5)
    scores[3, 2] = 0.6
    measures = forgetting.summary(scores[None], ["a", "b", "c"], rows)
    assert measures["forward_transfer"]["mean"] == pytest.approx((0.0 + 0.1) / 2)


def test_intransigence_is_against_the_same_seeds_joint_run() -> None:
    joint = np.array([[0.85, 0.9]])
    assert means(R, ROWS, joint)["intransigence"] == pytest.approx((0.05 + 0.2) / 2)


def test_unknown_scores_are_left_out_over_seeds() -> None:
    two = np.stack([R, R.copy()])
    two[1, -1, 0] = np.nan
    measure = forgetting.summary(two, TASKS, ROWS)["final/a"]
    assert (measure["n"], measure["mean"], measure["sd"]) == (1, pytest.approx(0.6), None)


def test_statistics_over_seeds() -> None:
    values = [0.1, 0.2, 0.3, 0.4, 0.5]
    found = statistics.describe(values)
    assert found["mean"] == pytest.approx(0.3)
    assert found["sd"] == pytest.approx(np.std(values, ddof=1))
    low, high = found["ci95"]
    assert 0.1 < low < 0.3 < high < 0.5
    paired = statistics.paired_difference(values, [0.0, 0.1, 0.2, 0.3, 0.4])
    assert paired["mean"] == pytest.approx(0.1)
    assert paired["ci95"] == pytest.approx([0.1, 0.1])
    assert statistics.describe([0.5, 0.6])["ci95"] is None


def test_a_difference_in_words() -> None:
    assert (
        statistics.mean_and_interval({"mean": 0.061, "ci95": [0.04, 0.081]})
        == "+0.06 [+0.04, +0.08]"
    )
    assert statistics.mean_and_interval({"mean": -0.5, "ci95": None}) == "-0.50"
    assert statistics.mean_and_interval({"mean": None, "ci95": None}) == "-"
