"""Synapses of the thalamocortical network on hand-computed trains of spikes."""

from collections.abc import Iterable
from math import exp, log, tanh
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small_networks import ALPHA_BETA, STEP_MS, synapse

from sleeprun import noise
from sleeprun.spiking.synapses import Along

WEIGHTS = np.array([[2.0, 3.0], [5.0, 0.0]])
PLAIN = {"jitter": 0.0, "reversal": -10.0}
AMPA = {"kind": "alpha_beta", "alpha": 1.1, "beta": 0.19, "transmitter": 0.5, "pulse": 0.29}
AMPA |= {"dead_time": 1.3}
QUANTAL = {"kind": "quantal", "kinetics": AMPA, "mini": 0.0, "mini_silence": 2e5} | PLAIN
WORDS = noise.stream(noise.seed_key(0), 1)


def opened(
    kind: Any,
    fired: Iterable[tuple[int, int]],
    steps: int,
    weights: np.ndarray = WEIGHTS,
    v: float = 0.0,
) -> np.ndarray:
    """Conductance [time, post] after each step, where `fired` are (step, pre)."""
    raster = np.zeros((steps, len(weights)), bool)
    for time, pre in fired:
        raster[time, pre] = True
    return np.asarray(_opened(kind, jnp.asarray(raster), jnp.asarray(weights, jnp.float32), v))


@eqx.filter_jit
def _opened(kind: Any, raster: Any, weights: Any, v: float) -> Any:
    along = Along(weights, WORDS, jnp.int32(0), jnp.int32(0))

    def step(state: Any, inputs: Any) -> Any:
        time, spikes = inputs
        potential = jnp.full(weights.shape[1], v, jnp.float32)
        return kind.step(state, spikes, along._replace(step=time), potential)

    times = jnp.arange(len(raster), dtype=jnp.int32)
    return jax.lax.scan(step, kind.born(kind.init(*weights.shape), weights), (times, raster))[1]


def bound(ms: float, start: float = 0.0) -> float:
    """R so long after the start of a pulse (of AMPA), by its closed form."""
    binding, on = 1.1 * 0.5, min(ms, 0.29)
    steady = binding / (binding + 0.19)
    return (steady + (start - steady) * exp(-(binding + 0.19) * on)) * exp(-0.19 * (ms - on))


@pytest.mark.parametrize("v", [-80.0, -25.0, 10.0])
def test_magnesium_blocks_nmda_receptors(v: float) -> None:
    plain = ALPHA_BETA | PLAIN
    free = 1 / (1 + exp(-(v + 25) / 12.5))
    g = opened(synapse(**plain | {"kind": "nmda"}), {(3, 0), (9, 1)}, 40, v=v)
    expected = opened(synapse(**plain), {(3, 0), (9, 1)}, 40)
    assert expected.max() > 0.1
    np.testing.assert_allclose(g, free * expected, rtol=1e-5)


def test_gaba_b_opens_by_four_messengers() -> None:
    """r and s in a fine float64 loop of their equations."""
    keys = {"alpha": 0.5, "beta": 0.0012, "transmitter": 0.5, "pulse": 0.3, "dead_time": 1.3}
    kind = synapse(kind="gaba_b", kinetics={"kind": "alpha_beta", **keys}, **PLAIN)
    fired = [20 * k for k in range(30)]  # every 2 ms
    g = opened(kind, {(step, 0) for step in fired}, 3000)
    r = s = 0.0
    dt, expected = 0.01, []
    for k in range(30_000):
        since = min(k * dt - step * STEP_MS for step in fired if step * STEP_MS <= k * dt + 1e-9)
        pulse = 0.5 if since < 0.3 - 1e-9 else 0.0
        r, s = r + dt * (0.5 * pulse * (1 - r) - 0.0012 * r), s + dt * (0.1 * r - 0.034 * s)
        if k % 10 == 9:
            expected.append(2.0 * s**4 / (s**4 + 100))
    assert max(expected) > 0.1
    np.testing.assert_allclose(g[:, 0], expected, rtol=0.01, atol=2e-4)
    np.testing.assert_allclose(g[:, 1], 1.5 * g[:, 0], rtol=1e-5)


def test_a_quantal_synapse_without_depression_is_a_conductance() -> None:
    fired = {(0, 0), (4, 1), (30, 0), (35, 0), (60, 1)}
    whole = synapse(kind="conductance", kinetics=AMPA, **PLAIN)
    g = opened(synapse(**QUANTAL | {"use": 0.0}), fired, 100)
    np.testing.assert_allclose(g, opened(whole, fired, 100), rtol=1e-5, atol=1e-7)


def test_a_release_sets_the_conductance_of_what_is_still_open() -> None:
    """E <- 1 - (1 - 0.6 E) exp(-(dt - 0.3) / 20), g = weight E, R from its residue on."""
    steps = [0, 20, 50]
    kind = synapse(**QUANTAL | {"use": 0.4, "recovery": 20.0})
    g = opened(kind, {(step, 0) for step in steps}, 80)[:, 0]
    there, residue, expected = 1.0, 0.0, np.zeros(80)
    for place, step in enumerate(steps):
        if place:
            ms = (step - steps[place - 1]) * STEP_MS
            there = 1 - (1 - 0.6 * there) * exp(-(ms - 0.3) / 20.0)
            residue = bound(ms, residue)
        rest = range(80 - step)
        expected[step:] = [2.0 * there * bound((k + 1) * STEP_MS, residue) for k in rest]
    assert there < 0.6
    np.testing.assert_allclose(g, expected, rtol=1e-4)


def test_a_spike_in_the_dead_time_of_a_release_still_uses_transmitter() -> None:
    kind = synapse(**QUANTAL | {"use": 0.4, "recovery": 1e6})
    once = opened(kind, {(0, 0), (40, 0)}, 60)[:, 0]
    twice = opened(kind, {(0, 0), (5, 0), (40, 0)}, 60)[:, 0]
    np.testing.assert_allclose(twice[:40], once[:40], rtol=1e-6)
    np.testing.assert_allclose(twice[41:] / once[41:], 0.6, rtol=1e-3)


MINIS = QUANTAL | {"mini": 0.5, "mini_silence": 5.0, "mini_ramp": 4.0, "mini_rate": 200.0}


def test_a_miniature_comes_first_and_after_silence() -> None:
    """All synapses begin with one; a spike then keeps them away for more than 5 ms."""
    g = opened(synapse(**MINIS), set(), 10)
    expected = [bound((k + 1) * STEP_MS) for k in range(10)]
    np.testing.assert_allclose(g, np.outer(expected, 0.5 * WEIGHTS.sum(axis=0)), rtol=1e-4)
    fired = {(0, 0), (0, 1)}
    g = opened(synapse(**MINIS | {"use": 0.0}), fired, 50)
    expected = [bound((k + 1) * STEP_MS) for k in range(50)]
    np.testing.assert_allclose(g, np.outer(expected, WEIGHTS.sum(axis=0)), rtol=1e-4)


def test_miniatures_wait_exponentially_at_a_rate_that_grows_with_silence() -> None:
    """900 synapses, of which each draws a wait at its first miniature, when neurons were silent
    for 12 ms.
    """
    kind, weights = synapse(**MINIS | {"mini_rate": 100.0}), jnp.ones((30, 30))
    state = kind.born(kind.init(30, 30), weights)._replace(quiet=jnp.full(30, 12.0 - STEP_MS))
    along = Along(weights, WORDS, jnp.int32(2), jnp.int32(9))
    state, _ = kind.step(state, jnp.zeros(30, bool), along, jnp.zeros(30))
    waits, rate = np.asarray(state.wait), 0.1 * tanh(12.0 / 8.0)
    assert waits.mean() == pytest.approx(1 / rate, rel=0.1)
    assert np.median(waits) == pytest.approx(log(2) / rate, rel=0.15)
    assert len(np.unique(waits)) > 890


def test_miniatures_come_as_often_as_their_rate_says() -> None:
    """Long silent: 300 synapses for 100 ms at 100 Hz, each wait followed by the next."""
    weights = np.diag(np.ones(300))
    g = opened(synapse(**MINIS | {"mini_rate": 100.0, "mini_ramp": 0.001}), set(), 1000, weights)
    began = (np.diff(g, axis=0, prepend=0) > 0) & (np.diff(g, axis=0, prepend=0) > 0.01)
    starts = began & ~np.roll(began, 1, axis=0)
    each = (starts.sum(axis=0) - 1).mean()  # the first one is at birth
    assert each == pytest.approx(100.0 / (10.0 + 0.05), rel=0.12)


def test_a_quantal_synapse_has_jitter() -> None:
    weights = np.ones((200, 1))
    fired = {(0, pre) for pre in range(200)}
    plain = opened(synapse(**QUANTAL), fired, 1, weights)[0, 0]
    shaken = opened(synapse(**QUANTAL | {"jitter": 0.3}), fired, 1, weights)[0, 0]
    assert shaken != plain
    assert shaken == pytest.approx(plain, rel=0.05)
