"""The shipped network of Gonzalez et al. 2020: who is joined to whom, and by how much."""

from functools import cache

import jax
import numpy as np
import pytest
from thalamocortical import network

from sleeprun.noise import seed_key
from sleeprun.spiking.build import build, starting_weights
from sleeprun.spiking.promises import check
from sleeprun.spiking.schema import cautions, contradictions

# edges, M and G / (S M) in mS/cm2 of the published program
PUBLISHED = {
    "reticular_relay_a": (1628, 17, 6e-5 / 2.9e-4),
    "reticular_relay_b": (1628, 17, 2.5e-6 / 2.9e-4),
    "reticular_reticular": (970, 10, 1e-4 / 1.43e-4),
    "relay_reticular": (1628, 17, 6e-5 / 1.43e-4),
    "relay_pyramidal": (2955, 6, 1.4e-4 / 165e-6),
    "relay_interneuron": (688, 7, 1.2e-4 / 50e-6),
    "pyramidal_pyramidal_nmda": (4970, None, 1e-5 / 165e-6),
    "pyramidal_interneuron": (1490, 15, 1.2e-4 / 50e-6),
    "pyramidal_interneuron_nmda": (1490, 15, 1e-5 / 50e-6),
    "pyramidal_relay": (9950, 105, 4e-5 / 2.9e-4),
    "pyramidal_reticular": (8140, 85, 8e-5 / 1.43e-4),
    "interneuron_pyramidal": (995, 2, 2.4e-4 / 165e-6),
}


@cache
def weights(seed: int) -> dict[str, np.ndarray]:
    return {name: np.asarray(each) for name, each in starting_weights(network(), seed).items()}


@pytest.mark.parametrize(("name", "published"), PUBLISHED.items())
def test_a_projection_has_the_published_edges_and_weights(
    name: str, published: tuple[int, int | None, float]
) -> None:
    edges, most, conductance = published
    drawn = weights(1)[name]
    assert np.count_nonzero(drawn) == edges
    if most is not None:
        assert np.count_nonzero(drawn, axis=0).max() == most
        np.testing.assert_allclose(drawn[drawn > 0], conductance / most, rtol=1e-6)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pyramidal_cells_are_joined_at_random_and_share_by_all_their_inputs(seed: int) -> None:
    """About 11,748 synapses; what weights are divided by counts NMDA synapses, too."""
    ampa, nmda = (weights(seed)[f"pyramidal_pyramidal{which}"] for which in ("", "_nmda"))
    assert np.count_nonzero(ampa) == pytest.approx(11748, abs=4 * 68.6)
    pre, post = np.nonzero(ampa)
    assert np.abs(pre - post).max() == 20
    assert not np.diag(ampa).any()
    most = np.count_nonzero((ampa > 0) | (nmda > 0), axis=0).max()
    assert 33 <= most <= 39
    np.testing.assert_allclose(ampa[ampa > 0], 4.2e-4 / (165e-6 * most), rtol=1e-6)
    np.testing.assert_allclose(nmda[nmda > 0], 1e-5 / (165e-6 * most), rtol=1e-6)


def test_miniatures_are_shares_of_the_starting_weights() -> None:
    whole = network()
    synapses = {name: each.synapse for name, each in build(whole).projections.items()}
    for name, mini in {
        "pyramidal_pyramidal": 3e-4 / 4.2e-4,
        "pyramidal_interneuron": 2e-4 / 1.2e-4,
        "interneuron_pyramidal": 2e-4 / 2.4e-4,
        "relay_pyramidal": 0.0,
    }.items():
        assert float(synapses[name].mini) == pytest.approx(mini, rel=1e-6)


def test_all_of_it_fits_together_and_neurons_differ_from_birth() -> None:
    whole = network()
    assert not [*contradictions(whole), *cautions(whole)]
    built = build(whole)
    check(built)
    assert built.layers() == (tuple(built.populations),)  # everything feeds back
    born = jax.jit(lambda weights, words: built.init(weights, words))(weights(1), seed_key(1))
    leaks = np.asarray(born.neurons["pyramidal"].dendrite["leak"])
    assert len(np.unique(leaks)) > 490
    assert not np.allclose(leaks[:100], born.neurons["interneuron"].dendrite["leak"])
    np.testing.assert_allclose(
        born.synapses["pyramidal_pyramidal"].mini,
        3e-4 / 4.2e-4 * weights(1)["pyramidal_pyramidal"],
        rtol=1e-6,
    )


def test_its_sizes_are_keys() -> None:
    small = network("populations.pyramidal.size=50", "populations.interneuron.size=10")
    drawn = starting_weights(small, 0)
    assert drawn["pyramidal_interneuron"].shape == (50, 10)
    assert np.count_nonzero(drawn["pyramidal_interneuron"]) == 3 * 50 - 5 - 5
