"""Sleep drives kick as often as they say."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sleeprun import noise
from sleeprun.spiking.drives import Drive, Poisson, RateMatched, Silence, Uniform

KICK, STEPS, CYCLES, NEURONS = 0.025, 60, 400, 100


def kicks_a_cycle(kind: type[Drive], rates: jax.Array) -> np.ndarray:
    """Of every neuron, the mean over many cycles."""
    drive, words = kind("hidden", jnp.float32(KICK)), noise.stream(noise.seed_key(0), 3)

    def count(cycle: jax.Array) -> jax.Array:
        first, later = drive(rates, words, cycle, STEPS)
        return (first > 0).sum(axis=0) + (0 if later is None else (later > 0).sum(axis=0))

    return np.asarray(jax.vmap(count)(jnp.arange(CYCLES, dtype=jnp.int32)).mean(axis=0))


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (RateMatched, [0.1, 0.5]), (Uniform, [0.3, 0.3]), (Poisson, [0.1, 0.5]), (Silence, [0, 0]),
    ],
)  # fmt: skip
def test_the_mean_rate_of_a_drive(kind: type[Drive], wanted: list[float]) -> None:
    rates = jnp.repeat(jnp.array([0.1, 0.5]), NEURONS // 2)
    kicks = kicks_a_cycle(kind, rates).reshape(2, -1).mean(axis=1)
    # 20,000 cycles of a neuron each: five standard errors are below 0.025.
    np.testing.assert_allclose(kicks, wanted, atol=5 * np.sqrt(0.5 / (CYCLES * NEURONS / 2)))


def test_poisson_kicks_come_at_any_step_and_more_than_once_a_cycle() -> None:
    rates = jnp.full(NEURONS, 3.0)
    assert kicks_a_cycle(Poisson, rates).mean() == pytest.approx(3, rel=0.05)
    drive = Poisson("hidden", jnp.float32(KICK))
    later = drive(rates, noise.seed_key(0), jnp.int32(0), STEPS)[1]
    assert later is not None
    halves = (np.asarray(later) > 0).reshape(-1, NEURONS)[1:].reshape(2, -1).sum(axis=1)
    assert halves.min() > 0.7 * halves.max()
