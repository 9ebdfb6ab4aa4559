"""Spread of weights and rates, what is strongest and followed, what became of it, what is seen."""

import numpy as np
import pytest

from sleeprun.analyses.changes import correlation, joint_counts
from sleeprun.analyses.distributions import rates, shares
from sleeprun.analyses.fields import alike, averaged, first_fields
from sleeprun.analyses.pruning import cut
from sleeprun.analyses.relevant import mean_size, strongest


def test_shares_are_of_all_values_and_the_last_edge_is_inside() -> None:
    values = np.array([0.0, 0.5, 0.5, 1.0])
    assert shares(values, np.array([0.0, 0.5, 1.0])).tolist() == [0.25, 0.75]
    assert shares(values[:0], np.array([0.0, 0.5, 1.0])).tolist() == [0.0, 0.0]


def test_rates_are_of_every_neuron() -> None:
    pairs = np.array([[0, 2], [3, 2], [3, 0], [9, 2]])
    assert rates(pairs, neurons=4, seconds=0.5).tolist() == [2.0, 0.0, 6.0, 0.0]


def test_the_strongest_are_a_share_of_the_synapses_that_there_are() -> None:
    weights = np.array([[0.0, 0.0, 1.0, -3.0, 2.0, 1.5], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])
    chosen = strongest(weights, 0.5)
    assert chosen[0].tolist() == [False, False, False, True, True, False]
    assert np.flatnonzero(chosen[1]).tolist() == [3, 4, 5]
    assert mean_size(weights, chosen).tolist() == [2.5, 5.0]
    assert np.isnan(mean_size(weights, np.zeros_like(chosen))).all()


def test_synapses_are_counted_by_what_they_were_and_are() -> None:
    before, after = np.array([0.1, 0.1, 0.9]), np.array([0.1, 0.9, 0.9])
    assert joint_counts(before, after, np.array([0.0, 0.5, 1.0])).tolist() == [[1, 1], [0, 1]]
    assert correlation(before, after) == pytest.approx(0.5)
    assert np.isnan(correlation(before, np.ones(3)))


def test_a_field_behind_the_first_is_the_average_of_its_sources_fields() -> None:
    seen = np.array([[[1.0, 0.0], [0.0, 4.0], [0.0, 0.0]]])  # [seed, seen, neuron]
    fields = first_fields(seen)
    assert fields[0].tolist() == [[1.0, 0.0, 0.0], [0.0, 4.0, 0.0]]
    onward = np.array([[[3.0, 0.0, 1.0], [1.0, 0.0, -1.0]]])  # [seed, neuron, post]
    further = averaged(fields, onward)
    assert further[0].tolist() == [[0.75, 1.0, 0.0], [0.0, 0.0, 0.0], [0.5, -2.0, 0.0]]


def test_fields_are_alike_whatever_their_size_and_mean() -> None:
    draw = np.random.default_rng(0)
    fields = draw.standard_normal((2, 5, 49))
    assert alike(3 * fields + 1, fields) == pytest.approx([1.0, 1.0])
    assert alike(-fields, fields) == pytest.approx([-1.0, -1.0])
    flat = fields.copy()
    flat[:, 0] = 2.0  # which correlates with nothing and is left out
    assert alike(flat, fields) == pytest.approx([1.0, 1.0])
    assert abs(alike(draw.standard_normal(fields.shape), fields)).max() < 0.2


def test_a_cell_is_cut_when_it_has_no_synapse_at_all() -> None:
    outgoing = np.array([[[0.0, 1.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]])
    incoming = np.array([[[0.0, 0.0, 2.0, 0.0]]])
    assert cut([outgoing], [incoming]).tolist() == [0.5]
    assert cut([outgoing], []).tolist() == [0.75]
