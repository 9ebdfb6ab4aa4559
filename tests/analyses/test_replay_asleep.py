"""Sleep beside waking: planted replay is found, and shuffled is not; what runs in Up states."""

import numpy as np

from sleeprun.analyses.replay import matches, patterns
from sleeprun.protocol.family import Cycle

NEURONS, BINS = 60, 4


def planted(share: float) -> tuple[np.ndarray, np.ndarray]:
    """A template, and a sleep of noise in whose first windows it is repeated, noisily."""
    draw = np.random.default_rng(1)
    awake = draw.gamma(1.0, 1.0, (BINS, NEURONS)).astype(np.float32)
    asleep = draw.poisson(1.0, (100, BINS, NEURONS)).astype(np.float32)
    repeated = round(share * 100)
    asleep[:repeated] = draw.poisson(awake, (repeated, BINS, NEURONS))
    return asleep, awake


def test_planted_replay_is_found_where_it_is() -> None:
    asleep, awake = planted(0.3)
    found = matches(asleep, awake, shuffles=100, sure=0.01, seed=0)
    assert found.matched[:30].mean() > 0.95
    assert found.matched[30:].mean() < 0.1
    assert found.above[:30].mean() > 5
    assert abs(found.above[30:].mean()) < 1


def test_shuffled_neurons_are_no_replay() -> None:
    asleep, awake = planted(1.0)
    order = np.random.default_rng(2).permutation(NEURONS)
    assert matches(asleep[:, :, order], awake, 100, 0.01, 0).matched.mean() < 0.1


def test_of_noise_no_more_matches_than_p_says() -> None:
    draw = np.random.default_rng(5)
    for shuffles, sure in ((20, 0.05), (100, 0.01)):
        shares = []
        for seed in range(150):
            asleep, awake = draw.poisson(1.0, (40, 2, 40)), draw.poisson(1.0, (2, 40))
            noise = asleep.astype(np.float32), awake.astype(np.float32)
            shares.append(matches(*noise, shuffles, sure, seed).matched.mean())
        assert np.mean(shares) < 1.25 * sure


def test_order_in_time_counts() -> None:
    """The same neurons as often, in the bins the other way round, are less like the template."""
    asleep, awake = planted(1.0)
    forward, backward = (matches(each, awake, 100, 0.01, 0) for each in (asleep, asleep[:, ::-1]))
    assert forward.r.mean() > backward.r.mean() + 0.3


def test_a_silent_window_is_like_nothing() -> None:
    asleep, awake = planted(0.0)
    asleep[3] = 0
    found = matches(asleep, awake, 100, 0.01, 0)
    assert np.flatnonzero(np.isnan(found.r)).tolist() == [3]
    assert not found.matched[3]


def test_spikes_are_counted_in_bins_of_windows_of_whole_cycles() -> None:
    """Five cycles of 10 steps in windows of two, with two bins each: the last cycle is left out."""
    cycle = Cycle(10, 0.5, {"hidden": 3})
    spikes = [[[0, 0]], [[9, 2], [9, 2]], [], [[0, 1]], [[5, 1]]]
    cycles = [{"hidden": [[], each]} for each in spikes]  # of two seeds
    found = patterns(cycles, "hidden", 1, cycle, window=2, bins=2)
    assert found.tolist() == [[[1, 0, 0], [0, 0, 2]], [[0, 0, 0], [0, 1, 0]]]
    assert not patterns(cycles, "hidden", 0, cycle, window=2, bins=2).any()
