"""The counter-based draws: their distribution, and their independence in every direction."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy.special import ndtri
from scipy.stats import kstest

from sleeprun import noise


def block(seed: int = 0, cycle: int = 0) -> np.ndarray:
    """Draws of 300 steps and 300 neurons."""
    words = noise.stream(noise.seed_key(seed), 11)
    steps, neurons = (jnp.arange(300, dtype=jnp.int32) for _ in range(2))
    return np.asarray(noise.uniform(words, cycle, steps[:, None], neurons[None, :]), float)


def test_draws_are_uniform() -> None:
    draws = block().ravel()
    assert draws.min() >= 0
    assert draws.max() < 1
    assert abs(draws.mean() - 0.5) < 4 / np.sqrt(12 * draws.size)
    assert abs(draws.var() - 1 / 12) < 0.001
    assert kstest(draws, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("lag", [1, 2, 7, 64])
@pytest.mark.parametrize("axis", [0, 1], ids=["steps", "neurons"])
def test_neighbouring_counters_are_uncorrelated(axis: int, lag: int) -> None:
    draws = block() - 0.5
    moved = np.roll(draws, lag, axis=axis)
    correlation = (draws * moved).mean() * 12
    assert abs(correlation) < 4 / np.sqrt(draws.size)


def test_seeds_cycles_and_purposes_are_uncorrelated() -> None:
    base = block() - 0.5
    words = noise.stream(noise.seed_key(0), 12)
    steps, neurons = (jnp.arange(300, dtype=jnp.int32) for _ in range(2))
    purpose = np.asarray(noise.uniform(words, 0, steps[:, None], neurons[None, :]), float)
    for other in (block(seed=1), block(cycle=1), purpose):
        assert abs((base * (other - 0.5)).mean() * 12) < 4 / np.sqrt(base.size)


def test_every_bit_is_fair() -> None:
    bits = (block() * 2**24).astype(np.uint32).ravel()
    for bit in range(24):
        share = ((bits >> bit) & 1).mean()
        assert abs(share - 0.5) < 5 * 0.5 / np.sqrt(bits.size), f"bit {bit}"


LARGEST = jnp.float32(1 - 2.0**-24)  # of all draws


def test_the_ends_of_the_draws_have_finite_quantiles() -> None:
    ends = noise.inside(jnp.array([0.0, 2.0**-24, 0.5, 1 - 2.0**-23, LARGEST]))
    assert ((ends > 0) & (ends < 1)).all()
    assert jnp.isfinite(jnp.log(-jnp.log(ends))).all()
    assert jnp.isfinite(ndtri(ends)).all()
    draws = jnp.asarray(block(), jnp.float32)
    assert (noise.inside(draws) == draws + jnp.float32(2.0**-25)).all()  # but for the very end


def test_no_draw_stands_for_the_count_itself() -> None:
    near = [2**power + add for power in range(24) for add in (-1, 0, 1) if 2**power + add > 0]
    counts = jnp.array([*range(1, 3000), *near, 2**24, 2**24 + 3, 2**31 - 1], jnp.int32)
    assert (noise.below(counts, jnp.full(counts.shape, LARGEST)) < counts).all()
    assert (noise.below(counts, jnp.zeros(counts.shape)) == 0).all()
    assert (noise.below(3, jnp.array([0.3, 0.34, 0.67])) == jnp.array([0, 1, 2])).all()
    assert int(noise.below(0, LARGEST)) == 0


def test_a_draw_depends_on_its_counters_alone() -> None:
    words = noise.stream(noise.seed_key(5), 3)
    one = noise.uniform(words, 7, 8, jnp.int32(9))
    many = noise.uniform(words, 7, jnp.arange(20, dtype=jnp.int32)[:, None], jnp.arange(30)[None])
    assert float(one) == float(many[8, 9])
