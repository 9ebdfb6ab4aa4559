"""The neuron models with a membrane potential, against plain programs and known values."""

from collections.abc import Callable
from math import exp
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError
from small_networks import CELLS, HH, cell

from sleeprun.spiking.neurons import Membrane, Opened


def run(neuron: Any, current: Callable[[float], float], ms: float) -> tuple[np.ndarray, np.ndarray]:
    """Times of its spikes in ms, and its potential, under a current that is given over time."""
    dt = float(neuron.step_ms)
    given = jnp.asarray([current(k * dt) for k in range(round(ms / dt))], jnp.float32)

    def step(state: Any, now: Any) -> Any:
        driven = state.opened._replace(driven=state.opened.driven + now)
        state, fired = neuron.step(state._replace(opened=driven))
        return state, (fired[0], state.v[0])

    _, (fired, v) = jax.jit(lambda: jax.lax.scan(step, neuron.init(1), given))()
    return np.flatnonzero(fired) * dt, np.asarray(v)


def held_open(neuron: Any, g: Any, reversal: float, steps: int) -> np.ndarray:
    """Its potential while a synaptic conductance stays open."""

    def step(state: Any, _: Any) -> Any:
        state, _ = neuron.step(state._replace(opened=Opened(g, reversal * g)))
        return state, state.v[0]

    return np.asarray(jax.jit(lambda: jax.lax.scan(step, neuron.init(1), length=steps))()[1])


def adex_by_hand(current: float, ms: float, dt: float) -> list[float]:
    """Brette & Gerstner's eqs. 2-4 in a float64 loop with fine steps."""
    v, w, times = -70.6, 0.0, []
    for k in range(round(ms / dt)):
        rise = 30.0 * 2.0 * exp(min((v + 50.4) / 2.0, 100.0))
        dv = (-30.0 * (v + 70.6) + rise - w + current) / 281.0
        dw = (4.0 * (v + 70.6) - w) / 144.0
        v, w = v + dt * dv, w + dt * dw
        if v >= 20.0:
            v, w = -70.6, w + 80.5
            times.append(k * dt)
    return times


def test_adex_fires_when_a_fine_float64_program_does() -> None:
    expected = adex_by_hand(1000.0, 300.0, dt=0.001)
    times, _ = run(cell(**CELLS["adex"] | {"substeps": 20}), lambda _: 1000.0, 300.0)
    assert len(expected) >= 6
    np.testing.assert_allclose(times, expected, rtol=2e-3, atol=0.2)


def test_adex_has_the_rheobase_that_its_equations_give() -> None:
    """A slow ramp: at the nullclines' contact (here a Hopf point) rest is lost."""
    ratio, taus = 4.0 / 30.0, (281.0 / 30.0) / 144.0
    away = 20.2 - 2.0 + 2.0 * np.log(1 + taus)  # Touboul & Brette 2008, eq. 7
    rheobase = 34.0 * away + 2.0 * 30.0 * (ratio - taus)
    slope = 0.02  # pA a ms
    times, _ = run(cell(**CELLS["adex"]), lambda t: 0.9 * rheobase + slope * t, 8000.0)
    assert 0.9 * rheobase + slope * times[0] == pytest.approx(rheobase, rel=0.02)


def test_adex_stays_finite_under_any_current() -> None:
    neuron = cell(**CELLS["adex"] | {"slope": 0.1, "peak": 60.0})
    times, v = run(neuron, lambda t: 1e7 if t < 1 else -1e7 if t < 2 else 0.0, 50.0)
    assert np.isfinite(v).all()
    assert len(times) >= 5


def test_a_peak_below_the_threshold_is_told() -> None:
    with pytest.raises(ValidationError, match=r"peak=-60.0 must be above threshold=-50.4"):
        cell(**CELLS["adex"] | {"peak": -60.0})


HODGKIN = CELLS["channels"] | {"step_ms": 0.01, "substeps": 1}


def test_a_hodgkin_huxley_neuron_fires_at_68_hz_at_10_ua() -> None:
    """As is known of these equations; below about 6.3 uA/cm2 it does not fire on."""
    times, v = run(cell(**HODGKIN), lambda _: 10.0, 400.0)
    assert np.diff(times[3:]).mean() == pytest.approx(14.64, abs=0.05)
    assert v.max() == pytest.approx(41.0, abs=1.5)
    assert len(run(cell(**HODGKIN), lambda _: 5.0, 200.0)[0]) == 1


def test_a_hodgkin_huxley_neuron_rests_at_minus_65() -> None:
    times, v = run(cell(**HODGKIN), lambda _: 0.0, 100.0)
    assert not len(times)
    np.testing.assert_allclose(v, -65.0, atol=0.02)


def hodgkin_by_hand(current: float, ms: float, dt: float) -> tuple[list[float], float]:
    """The equations in float64 by Euler's method with fine steps: times of spikes, V at the end."""
    v, m, h, n, times = -65.0, 0.0529325, 0.5961208, 0.3176769, []
    for k in range(round(ms / dt)):
        am, bm = 0.1 * (v + 40) / (1 - exp(-(v + 40) / 10)), 4 * exp(-(v + 65) / 18)
        ah, bh = 0.07 * exp(-(v + 65) / 20), 1 / (1 + exp(-(v + 35) / 10))
        an, bn = 0.01 * (v + 55) / (1 - exp(-(v + 55) / 10)), 0.125 * exp(-(v + 65) / 80)
        sodium, potassium = 120 * m**3 * h * (50 - v), 36 * n**4 * (-77 - v)
        after = v + dt * (current + sodium + potassium + 0.3 * (-54.387 - v))
        m, h = m + dt * (am * (1 - m) - bm * m), h + dt * (ah * (1 - h) - bh * h)
        n += dt * (an * (1 - n) - bn * n)
        if v < 0 <= after:
            times.append(k * dt)
        v = after
    return times, v


@pytest.mark.parametrize("substeps", [1, 10])
def test_a_hodgkin_huxley_neuron_agrees_with_a_fine_float64_program(substeps: int) -> None:
    expected, v_end = hodgkin_by_hand(12.0, 80.0, dt=0.001)
    step_ms = 0.01 * substeps
    neuron = cell(**HODGKIN | {"step_ms": step_ms, "substeps": substeps})
    times, v = run(neuron, lambda _: 12.0, 80.0)
    assert len(expected) == 6
    np.testing.assert_allclose(times, expected, atol=0.1)
    assert v[-1] == pytest.approx(v_end, abs=0.3)


def test_without_an_open_channel_the_potential_adds_up_the_current() -> None:
    closed = HODGKIN | {"channels": {"leak": {"kind": "leak", "conductance": 0.0}}}
    _, v = run(cell(**closed | {"capacitance": 2.0}), lambda _: 3.0, 4.0)
    assert v[-1] == pytest.approx(-65.0 + 3.0 * 4.0 / 2.0, rel=1e-5)


def test_a_leak_alone_relaxes_exactly_whatever_the_step() -> None:
    leaky = HODGKIN | {"step_ms": 5.0, "channels": {"leak": HH["leak"] | {"conductance": 0.1}}}
    _, v = run(cell(**leaky), lambda _: 1.0, 20.0)
    steady = -54.387 + 1.0 / 0.1
    expected = steady + (-65.0 - steady) * np.exp(-0.1 * 5.0 * np.arange(1, 5))
    np.testing.assert_allclose(v, expected, rtol=1e-6)


@pytest.mark.parametrize("kind", ["adex", "channels"])
@pytest.mark.parametrize("step_ms", [0.05, 0.5, 5.0])
@pytest.mark.parametrize("leaks", [0.1, 15.0, 1e4])
def test_no_conductance_drives_the_potential_past_its_reversal(
    kind: str, step_ms: float, leaks: float
) -> None:
    """However strong it is and long a step: so many times the leak, open to -80 mV for 50 ms."""
    neuron = cell(**CELLS[kind] | {"step_ms": step_ms})
    own = neuron.leak if kind == "adex" else neuron.channels["leak"].conductance
    v = held_open(neuron, jnp.full(1, leaks) * own, -80.0, round(50 / step_ms))
    assert v.min() >= -80.001
    if leaks > 1e3:
        assert v[-1] == pytest.approx(-80.0, abs=0.1)


def test_a_synaptic_conductance_and_a_leak_relax_exactly_whatever_the_step() -> None:
    leaky = HODGKIN | {"step_ms": 5.0, "channels": {"leak": HH["leak"] | {"conductance": 0.1}}}
    v = held_open(cell(**leaky), jnp.full(1, 0.3), -10.0, 4)
    steady = (0.1 * -54.387 + 0.3 * -10.0) / 0.4
    expected = steady + (-65.0 - steady) * np.exp(-0.4 * 5.0 * np.arange(1, 5))
    np.testing.assert_allclose(v, expected, rtol=1e-6)


def test_a_conductance_based_neuron_needs_a_channel() -> None:
    with pytest.raises(ValidationError, match="channels"):
        cell(**HODGKIN | {"channels": {}})
    with pytest.raises(ValidationError, match=r"no such channel; did you mean 'sodium'"):
        cell(**HODGKIN | {"channels": {"na": {"kind": "sodum"}}})


@pytest.mark.parametrize("kind", ["adex", "channels"])
def test_a_kick_decays_and_what_is_opened_lasts_a_step(kind: str) -> None:
    neuron = cell(**CELLS[kind])
    assert isinstance(neuron, Membrane)
    state = neuron.init(3)
    state = state._replace(i=state.i + 1.0, opened=Opened(state.i + 0.1, state.i + 2.0))
    after, _ = neuron.step(state)
    np.testing.assert_allclose(after.i, 0.98, rtol=1e-6)
    np.testing.assert_array_equal(after.opened, 0.0)
    assert (neuron.potential(after) > neuron.potential(state)).all()
