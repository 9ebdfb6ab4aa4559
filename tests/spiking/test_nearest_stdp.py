"""Pairs of spikes one by one against the written rule, bounds and spikes of one step included."""

from collections.abc import Iterable
from math import exp
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sleeprun.spiking import spikes as spike_lists
from sleeprun.spiking.plasticity import RULES, PlasticityEvent, apply, starting

STEP_MS, W0, MOST = 0.05, 0.07, 2.0
UP, DOWN = 0.002, 0.001
collect, applied = jax.jit(spike_lists.collect), jax.jit(apply)
Trains = Iterable[tuple[int, int]]  # (step, neuron)


def rule(**keys: float) -> Any:
    entry = {
        "kind": "nearest_stdp",
        "reach": 4000,
        "weight_min": 1e-5,
        "weight_max": MOST,
        "normalise": False,
        "potentiation": UP,
        "depression": DOWN,
    }
    section = RULES.section("nearest_stdp").model_validate(entry | keys)
    return section.make(step_ms=STEP_MS)


def spikes(train: Trains, size: int, steps: int, start: int) -> Any:
    raster = np.zeros((steps, size), np.int8)
    for time, neuron in train:
        if start <= time < start + steps:
            raster[time - start, neuron] = 1
    return collect(spike_lists.empty(4096), jnp.asarray(raster), jnp.int32(start))


def learned(
    pre: Trains,
    post: Trains,
    weights: Any,
    its: Any,
    ends: Iterable[int] = (10_000,),
    birth: Any = None,
) -> np.ndarray:
    """The weights after events at the given steps; each event sees the spikes since the last."""
    weights = jnp.asarray(weights, jnp.float32)
    state = starting(its, weights if birth is None else jnp.asarray(birth, jnp.float32))
    start = 0
    for end in ends:
        lists = (
            spikes(train, size, end - start, start)
            for train, size in zip((pre, post), weights.shape, strict=True)
        )
        event = PlasticityEvent(*lists, jnp.float32(1), jnp.ones(weights.shape[0]), jnp.int32(end))
        weights, state = applied(its, state, weights, event)
        start = end
    return np.asarray(weights)


def one(pre: Iterable[int], post: Iterable[int], its: Any = None, **more: Any) -> float:
    """What a single synapse gained, as a share of its weight at birth."""
    trains = ([(time, 0) for time in train] for train in (pre, post))
    return float(learned(*trains, [[W0]], its or rule(), **more)[0, 0]) / W0 - 1


def kernel(steps: int) -> float:
    return MOST * exp(-steps * STEP_MS / 20)


def test_a_post_spike_adds_for_the_last_pre_spike() -> None:
    assert one([100, 200], [500]) == pytest.approx(UP * kernel(300), rel=1e-4)


def test_a_pre_spike_is_paired_once() -> None:
    gained = UP * kernel(300)
    assert one([100], [400, 450]) == pytest.approx(gained, rel=1e-4)
    again = gained + UP * kernel(100) - DOWN * kernel(100)  # 500 after 400, 600 after 500
    assert one([100, 500], [400, 600]) == pytest.approx(again, rel=1e-4)


def test_a_pre_spike_takes_away_for_the_last_post_spike_once() -> None:
    lost = DOWN * kernel(50)
    assert one([150], [100]) == pytest.approx(-lost, rel=1e-4)
    assert one([150, 170], [100]) == pytest.approx(-lost, rel=1e-4)
    assert one([150], [60, 100]) == pytest.approx(-lost, rel=1e-4)


def test_spikes_of_one_step_do_both_and_the_post_one_stays() -> None:
    both = (UP - DOWN) * kernel(0)
    assert one([100], [100]) == pytest.approx(both, rel=1e-4)
    earlier = UP * kernel(60)
    assert one([40, 100], [100]) == pytest.approx(earlier + both, rel=1e-4)
    assert one([100, 300], [100]) == pytest.approx(both - DOWN * kernel(200), rel=1e-4)
    assert one([100], [100, 300]) == pytest.approx(both, rel=1e-4)  # the pre one was paired


def test_spikes_too_far_apart_do_not_count() -> None:
    assert one([100], [4100]) == pytest.approx(UP * kernel(4000), abs=1e-7)
    assert one([100], [4101]) == pytest.approx(0, abs=1e-7)
    assert one([4101], [100]) == pytest.approx(0, abs=1e-7)


def test_gain_tau_and_the_step_are_keys() -> None:
    assert one([0], [400], rule(gain=0.75)) == pytest.approx(0.75 * UP * kernel(400), rel=1e-4)
    assert one([0], [400], rule(tau=40.0)) == pytest.approx(UP * kernel(200), rel=1e-4)
    assert one([0], [400], rule(gain=0.0)) == pytest.approx(0, abs=1e-7)


def test_weights_are_bounded_by_shares_of_those_at_birth() -> None:
    assert one([100], [101], rule(potentiation=0.9)) == pytest.approx(1.0, rel=1e-6)
    assert one([101], [100], rule(depression=0.9)) == pytest.approx(1e-5 - 1, rel=1e-6)
    # noise that was laid over a newborn weight moves neither the bounds nor the steps
    (grown,) = learned([(100, 0)], [(101, 0)], [[1.9 * W0]], rule(potentiation=0.9), birth=[[W0]])
    assert grown[0] == pytest.approx(2 * W0, rel=1e-6)
    (step,) = learned([(100, 0)], [(400, 0)], [[1.5 * W0]], rule(), birth=[[W0]])
    assert step[0] / W0 - 1.5 == pytest.approx(UP * kernel(300), rel=1e-3)


def test_a_bound_holds_after_every_pairing_and_not_after_all() -> None:
    """Up to the bound, then down from there, then up again: not the sum of the three."""
    strong = rule(potentiation=0.6, depression=0.1)
    down, up = 0.1 * kernel(1), 0.6 * kernel(1)
    gained = one([100, 102], [101, 103], strong)
    assert gained == pytest.approx(min(1.0, 1.0 - down + up), rel=1e-4)
    assert one([100, 102], [101], strong) == pytest.approx(1.0 - down, rel=1e-4)


def test_synapses_that_do_not_exist_stay_so() -> None:
    weights = np.array([[0.0, W0], [W0, 0.0]])
    pre = [(10, 0), (10, 1), (700, 0)]
    after = learned(pre, [(40, 0), (40, 1), (660, 1)], weights, rule())
    assert (after[weights == 0] == 0).all()
    assert (after[weights > 0] != np.float32(W0)).all()


def plain(pre: Trains, post: Trains, weights: np.ndarray) -> np.ndarray:
    """The rule as it is written, synapse by synapse with flags of what is still to be paired."""
    out = weights.astype(float).copy()
    for i, j in np.argwhere(weights > 0):
        w0, w = weights[i, j], float(weights[i, j])
        ours = {t for t, n in pre if n == i}
        theirs = {t for t, n in post if n == j}
        last_pre = last_post = None
        owes_up = owes_down = False

        def moved(w: float, share: float, steps: int, w0: float = w0) -> float:
            by = share * w0 * kernel(steps) if steps <= 4000 else 0.0
            return min(max(w + by, 1e-5 * w0), MOST * w0)

        for t in sorted(ours | theirs):
            if t in theirs:
                if owes_up:
                    w, owes_up = moved(w, UP, t - last_pre), False
                last_post, owes_down = t, True
            if t in ours:
                if owes_down:
                    w, owes_down = moved(w, -DOWN, t - last_post), False
                last_pre, owes_up = t, True
                if t in theirs:
                    w, owes_up, owes_down = moved(w, UP, 0), False, True
        out[i, j] = w
    return out


@pytest.mark.parametrize("ends", [(6000,), tuple(range(300, 6001, 300))], ids=["one", "twenty"])
def test_many_spikes_as_a_plain_program_pairs_them(ends: tuple[int, ...]) -> None:
    """Of one population with itself, however its time is cut into events."""
    rng = np.random.default_rng(3)
    train = [(t, n) for n in range(6) for t in rng.choice(6000, 80, replace=False)]
    train += [(t, n) for t in rng.choice(6000, 40, replace=False) for n in range(3)]
    weights = np.where(rng.random((6, 6)) < 0.7, W0, 0.0)
    np.fill_diagonal(weights, 0.0)
    expected = plain(set(train), set(train), weights)
    after = learned(train, train, weights, rule(), ends)
    assert np.ptp(expected[weights > 0]) > 0.05 * W0
    np.testing.assert_allclose(after, expected, rtol=2e-5)
