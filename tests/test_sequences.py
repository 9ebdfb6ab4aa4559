"""The score of a recall on rasters made by hand, and the currents of a sequence."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import rankdata

from sleeprun.config.declared import section_of
from sleeprun.tasks.sequences.recall import FULL_WIDTH, Recall, matching, peaks
from sleeprun.tasks.sequences.stimulus import Stimulus, members

KEYS: dict[str, Any] = {
    "window": 350.0,
    "bin": 1.0,
    "kernel": 50.0,
    "width": "sd",
    "silent": "left_out",
    "ties": "in_order",
    "least": 0.8,
}
ORDER = [20, 60, 100, 140, 180]


def recall(**keys: Any) -> Recall:
    return Recall.model_validate(KEYS | keys)


def raster(*cues: list[int | None]) -> np.ndarray:
    """Ten spikes of each group in one bin, if any."""
    counts = np.zeros((len(cues), 350, len(cues[0])), int)
    for cue, times in enumerate(cues):
        for group, time in enumerate(times):
            if time is not None:
                counts[cue, time, group] = 10
    return counts


def score(times: list[int | None], **keys: Any) -> float:
    counts, its = raster(times), recall(**keys)
    (found,) = matching(peaks(counts, 5.0), counts.any(axis=1), its.silent, its.ties)
    return float(found)


def test_a_perfect_recall_and_a_reversed_one() -> None:
    assert score(ORDER) == 1.0
    assert score(ORDER[::-1]) == (10 - 12) / 10
    assert score([60, 20, 100, 140, 180]) == 0.8
    assert score([100, 20, 60, 140, 180]) == 0.6


def test_silent_groups_are_left_out_or_misplaced() -> None:
    assert score([20, 60, 100, 140, None]) == 0.8  # four of five in order
    assert score([None, 60, 100, 140, 180]) == 0.8
    assert score([None] * 5) == 0.0
    assert score([20, 60, 100, None, None]) == 0.6
    assert score([20, 60, 100, 140, None], silent="misplaced") == (10 - 4) / 10
    assert score([20, 60, None, 140, 180], silent="misplaced") == (10 - 2) / 10
    assert score([60, 20, 100, None, None], silent="misplaced") == (10 - 2 - 3 - 4) / 10
    assert score([None] * 5, silent="misplaced") == (10 - 4 - 3 - 2 - 3 - 4) / 10


def test_ties_are_counted_in_order_or_reversed_or_share_their_places() -> None:
    assert score([50] * 5) == 1.0
    assert score([50] * 5, ties="reversed") == -0.2
    assert score([50] * 5, ties="shared") == pytest.approx((10 - 6) / 10)  # all in place 2
    tied = [20, 50, 50, 60, 70]
    assert [score(tied, ties=ties) for ties in ("in_order", "shared", "reversed")] == [1, 0.9, 0.8]
    assert score([50, None, 50, 60, 70], ties="shared") == pytest.approx((8 - 1) / 10)


@pytest.mark.parametrize(("ties", "method"), [("shared", "average"), ("in_order", "ordinal")])
def test_places_are_ranks_of_the_groups_that_fired(ties: Any, method: str) -> None:
    rng = np.random.default_rng(0)
    answers, fired = rng.integers(0, 5, (200, 5)), rng.random((200, 5)) < 0.8
    expected = []
    for peak, heard in zip(answers, fired, strict=True):
        ranks = rankdata(peak[heard], method=method)
        off = np.abs(ranks - 1 - np.arange(len(ranks))).sum()
        expected.append((2 * heard.sum() - off) / 10)
    np.testing.assert_allclose(matching(answers, fired, "left_out", ties), expected)


def test_performance_is_the_share_of_cues_that_succeed() -> None:
    counts = raster(ORDER, ORDER[::-1], [60, 20, 100, 140, 180], [100, 20, 60, 140, 180])
    assert recall().performance(counts, "sd") == 0.5
    assert recall(least=0.9).performance(counts, "sd") == 0.25
    assert recall(least=0.6).performance(counts, "sd") == 0.75


def test_both_readings_of_the_kernels_width_are_told() -> None:
    """A group that fires early and later twice: a wide kernel joins what a narrow one parts."""
    counts = np.zeros((1, 350, 2), int)
    counts[0, 100, 0] = 10
    counts[0, 80, 1], counts[0, [150, 210], 1] = 11, 10
    told = recall(least=1.0).performances(counts)
    assert told == {"sd": 1.0, "full_width": 0.0}
    assert told["full_width"] == recall(least=1.0, kernel=50 / FULL_WIDTH).performance(counts, "sd")


def test_a_peak_is_that_of_the_smoothed_rate() -> None:
    counts = np.zeros((1, 350, 2), int)
    counts[0, 40, 0], counts[0, [200, 204, 208], 0] = 2, 1
    counts[0, 7, 1] = 1
    assert peaks(counts, 1.0).tolist() == [[40, 7]]
    assert peaks(counts, 10.0).tolist() == [[204, 7]]


def test_groups_are_stimulated_in_order_and_a_cue_is_the_first() -> None:
    stimulus = section_of(Stimulus).model_validate({"period": 1000.0}).make()
    who = members([4, 2, 0], 2, 8)
    assert np.argwhere(who).tolist() == [[0, 4], [0, 5], [1, 2], [1, 3], [2, 0], [2, 1]]
    time = jnp.arange(2000, dtype=jnp.float32)
    whole = np.asarray(stimulus.drive(time, who, jnp.float32(3)))
    assert set(np.unique(whole)) == {np.float32(0), np.float32(1.2)}
    for group, cells in enumerate(([4, 5], [2, 3], [0, 1])):
        on = np.flatnonzero(whole[:, cells[0]])
        begun = [*range(15 * group, 15 * group + 10)]
        assert on.tolist() == begun + [1000 + ms for ms in begun]
        np.testing.assert_array_equal(whole[:, cells[0]], whole[:, cells[1]])
    assert not whole[:, 6:].any()
    cue = np.asarray(stimulus.drive(time, who, jnp.float32(1)))
    assert np.flatnonzero(cue.any(axis=0)).tolist() == [4, 5]


def test_a_group_outside_of_the_population_is_refused() -> None:
    with pytest.raises(ValueError, match="cells 6 to 8: there are 8"):
        members([0, 6], 3, 8)
