"""Replay in rasters made by hand: a bin is 5 ms."""

import numpy as np
import pytest

from sleeprun.measures.replay import Replays, chances, following, in_an_up_state, replays

LAG, SURE = 6, 0.05


def running(order: list[int], apart: int, bins: int = 40, begin: int = 2) -> np.ndarray:
    """A spike of each group, one after another."""
    counts = np.zeros((bins, len(order)), int)
    counts[begin + apart * np.arange(len(order)), order] = 1
    return counts


def test_following_counts_pairs_of_spikes_by_their_order() -> None:
    counts = running([0, 1, 2], apart=2)
    assert following(counts, 3).tolist() == [[0, 1, 0], [-1, 0, 1], [0, -1, 0]]
    assert following(counts, 4).tolist() == [[0, 1, 1], [-1, 0, 1], [-1, -1, 0]]
    assert following(counts, 1).tolist() == [[0.0] * 3] * 3
    together = np.ones((1, 3), int)
    assert following(together, 3).tolist() == [[0.0] * 3] * 3


def test_a_sequence_is_told_from_all_other_orders() -> None:
    forward, reverse = chances(running([0, 1, 2, 3, 4], apart=3), lag=3)
    assert forward == pytest.approx(1 / 120)
    assert reverse == 1
    forward, reverse = chances(running([4, 3, 2, 1, 0], apart=3), lag=3)
    assert reverse == pytest.approx(1 / 120)
    assert forward == 1
    assert chances(np.zeros((10, 5), int), lag=3) == (1, 1)


def test_up_states_are_counted_in_which_it_runs_forward_or_in_reverse() -> None:
    silent, alone = np.zeros((40, 5), int), np.zeros((40, 5), int)
    alone[:, 2] = 1
    other = running([2, 0, 4, 1, 3], apart=3)
    parts = [running([0, 1, 2, 3, 4], 3), running([4, 3, 2, 1, 0], 3), silent, other, alone]
    counts = np.concatenate([*parts, running([0, 1, 2, 3, 4], 3)])
    ups = 40 * np.array([[k, k + 1] for k in range(6)])
    assert replays(counts, ups, LAG, SURE) == Replays(forward=2, reverse=1, counted=4)
    assert replays(counts, ups[:0], LAG, SURE) == Replays(0, 0, 0)


def test_an_up_state_in_which_nothing_can_be_sure_is_none() -> None:
    counts = running([0, 1, 2, 3], apart=3)
    assert in_an_up_state(counts, LAG, SURE) == (1 / 24, 1.0)
    assert in_an_up_state(counts[:, ::-1], LAG, SURE) == (1.0, 1 / 24)
    assert in_an_up_state(counts * [1, 0, 0, 0], LAG, SURE) is None  # one group alone spikes
    assert in_an_up_state(counts[:, :3], LAG, SURE) is None  # the best of six orders has p = 1/6


def test_by_chance_alone_it_seldom_runs() -> None:
    draws = np.random.default_rng(1)
    counts = draws.poisson(0.3, (200 * 40, 5))
    ups = 40 * np.stack([np.arange(200), np.arange(1, 201)], axis=1)
    found = replays(counts, ups, LAG, SURE)
    assert found.counted == 200
    assert found.forward <= 20  # of 10 that are expected
    assert found.reverse <= 20
