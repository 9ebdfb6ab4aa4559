"""Up and Down states of rasters small enough to count by hand, in bins of 20 ms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sleeprun.measures import slow_oscillation
from sleeprun.measures.slow_oscillation import Criterion

CELLS, WIDTH = 10, 20.0  # one spike of ten cells in a bin is 5 Hz
USUAL = Criterion(above=4.0, gap=40.0, least=80.0)


def up_states(counts: np.ndarray, **other: float) -> np.ndarray:
    return slow_oscillation.up_states(counts, CELLS, WIDTH, USUAL._replace(**other))


def raster(text: str) -> np.ndarray:
    return np.array([int(each) for each in text.replace(" ", "")])


TWO = raster("00 12221 00000 2222 0")


def test_up_states_are_where_the_rate_is_above_the_threshold() -> None:
    assert up_states(TWO).tolist() == [[2, 7], [12, 16]]
    assert up_states(TWO, above=6.0).tolist() == [[12, 16]]
    assert up_states(raster("000")).shape == (0, 2)
    assert up_states(raster("1111"), above=5.0).shape == (0, 2)


def test_gaps_of_two_bins_are_closed_and_those_of_three_are_not() -> None:
    assert up_states(raster("0 11 00 11 0")).tolist() == [[1, 7]]
    assert up_states(raster("0 1111 000 1111")).tolist() == [[1, 5], [8, 12]]
    assert up_states(raster("0 1111 000 1111"), gap=60.0).tolist() == [[1, 12]]


def test_what_lasts_three_bins_is_too_short() -> None:
    assert up_states(raster("0 111 0")).shape == (0, 2)
    assert up_states(raster("0 111 0"), least=60.0).tolist() == [[1, 4]]
    assert up_states(raster("0 1 00 1 0")).tolist() == [[1, 5]]  # once it is closed


def test_lengths_and_frequency_are_of_what_is_seen_whole() -> None:
    counts = raster("1111 000 1111 00000 11111 000 1111")
    ups = up_states(counts)
    assert ups.tolist() == [[0, 4], [7, 11], [16, 21], [24, 28]]
    assert slow_oscillation.up_lengths(ups, len(counts), WIDTH).tolist() == [80, 100]
    assert slow_oscillation.down_lengths(ups, WIDTH).tolist() == [60, 100, 60]
    seconds = (24 - 7) * WIDTH / 1000  # the first had begun before
    assert slow_oscillation.frequency(ups, WIDTH) == pytest.approx(2 / seconds)
    assert np.isnan(slow_oscillation.frequency(ups[:2], WIDTH))


def test_rates_and_spikes_are_of_a_cell() -> None:
    ups = up_states(TWO)
    assert slow_oscillation.rate(TWO, CELLS, WIDTH) == pytest.approx(16 / 10 / (17 * 0.02))
    assert slow_oscillation.spikes_an_up(TWO, CELLS, ups) == pytest.approx((8 + 8) / 2 / 10)
    assert slow_oscillation.peak(TWO, CELLS, WIDTH, ups) == pytest.approx(10.0)
    cut = TWO[:14]  # the second goes on
    assert slow_oscillation.spikes_an_up(cut, CELLS, up_states(cut)) == 0.8
    nothing = np.zeros(5, int)
    none = up_states(nothing)
    assert slow_oscillation.rate(nothing, CELLS, WIDTH) == 0
    assert np.isnan(slow_oscillation.spikes_an_up(nothing, CELLS, none))
    assert np.isnan(slow_oscillation.peak(nothing, CELLS, WIDTH, none))


def test_the_spread_is_of_the_first_spikes_of_cells() -> None:
    ups = np.array([[2, 7]])  # from 40 to 140 ms
    time = np.array([10.0, *(50.0 + 5 * k for k in range(11)), 120.0, 150.0])
    cell = np.array([0, *range(11), 0, 11])
    assert slow_oscillation.spread(time, cell, ups, WIDTH) == pytest.approx(40.0)
    twice = np.concatenate([ups, ups + 100])  # nobody spikes in the second
    assert slow_oscillation.spread(time, cell, twice, WIDTH) == pytest.approx(40.0)
    assert np.isnan(slow_oscillation.spread(time[:0], cell[:0], ups, WIDTH))


def test_bins_are_added_up_and_a_rest_is_left_out() -> None:
    counts = np.array([[1, 2, 3, 4, 5], [0, 1, 0, 1, 9]])
    assert slow_oscillation.in_bins(counts, 2).tolist() == [[3, 7], [1, 1]]
    assert slow_oscillation.in_bins(counts, 1).tolist() == counts.tolist()


def test_a_spindle_stands_out_of_noise() -> None:
    draws = np.random.default_rng(0)
    noise = draws.normal(size=1500).cumsum()  # 30 s, whose power falls with the frequency
    time = 0.02 * np.arange(1500)
    spindle = noise + 3 * np.sin(2 * np.pi * 11 * time) * (time % 5 < 1)
    assert slow_oscillation.spindle_peak(noise, WIDTH) < 3
    assert slow_oscillation.spindle_peak(spindle, WIDTH) > 10
    assert slow_oscillation.rhythm(spindle, WIDTH) == pytest.approx(11, abs=0.5)
    slower = noise + 3 * np.sin(2 * np.pi * 6 * time)
    assert slow_oscillation.rhythm(slower, WIDTH) == pytest.approx(6)
    assert np.isnan(slow_oscillation.spindle_peak(noise[:50], WIDTH))
    assert np.isnan(slow_oscillation.rhythm(np.ones(1500), WIDTH))


@given(counts=arrays(np.int64, st.integers(0, 60), elements=st.integers(0, 3)))
def test_up_states_are_apart_and_long_enough_and_as_active_backwards(counts: np.ndarray) -> None:
    ups = up_states(counts)
    assert (WIDTH * np.diff(ups, axis=1) >= USUAL.least).all()
    assert (slow_oscillation.down_lengths(ups, WIDTH) > USUAL.gap).all()
    assert all(counts[begin] and counts[end - 1] for begin, end in ups)
    backwards = up_states(counts[::-1])
    np.testing.assert_array_equal(len(counts) - backwards[::-1, ::-1], ups)
