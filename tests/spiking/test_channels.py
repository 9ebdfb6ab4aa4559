"""Ion channels against their published formulas, and gates against their closed form."""

from math import exp

import jax.numpy as jnp
import numpy as np
import pytest

from sleeprun.spiking.neurons.channels import CHANNELS, Site, advanced, conducting
from sleeprun.spiking.neurons.channels.gates import Rates, linoid

VOLTAGES = np.array([-90.0, -65.0, -55.0, -40.0, -20.0, 20.0])


def make(kind: str, **keys: float):
    return CHANNELS.section(kind).model_validate({"kind": kind, **keys}).make()


def shared(a: float, b: float) -> float:
    return a / (a + b)


def ratio(x: float, scale: float) -> float:
    """x / (1 - exp(-x / scale)), by l'Hopital at 0."""
    return scale if x == 0 else x / (1 - exp(-x / scale))


def test_sodium_at_steady_state() -> None:
    sodium = make("sodium")
    gates = sodium.steady(Site(jnp.asarray(VOLTAGES, jnp.float32)))
    m = [shared(0.1 * ratio(v + 40, 10), 4 * exp(-(v + 65) / 18)) for v in VOLTAGES]
    h = [shared(0.07 * exp(-(v + 65) / 20), 1 / (1 + exp(-(v + 35) / 10))) for v in VOLTAGES]
    np.testing.assert_allclose(gates.m, m, rtol=1e-5)
    np.testing.assert_allclose(gates.h, h, rtol=1e-5)
    open_ = sodium.conduct(gates, Site(jnp.zeros(6)))
    np.testing.assert_allclose(open_.g, 120 * np.array(m) ** 3 * h, rtol=1e-4)
    assert float(open_.reversal) == 50.0


def test_potassium_at_steady_state() -> None:
    potassium = make("potassium")
    gate = potassium.steady(Site(jnp.asarray(VOLTAGES, jnp.float32)))
    n = [shared(0.01 * ratio(v + 55, 10), 0.125 * exp(-(v + 65) / 80)) for v in VOLTAGES]
    np.testing.assert_allclose(gate, n, rtol=1e-5)
    open_ = potassium.conduct(gate, Site(jnp.zeros(6)))
    np.testing.assert_allclose(open_.g, 36 * np.array(n) ** 4, rtol=1e-4)
    assert float(open_.reversal) == -77.0


def test_gates_relax_to_steady_state_and_faster_when_it_is_warmer() -> None:
    site = Site(jnp.asarray(VOLTAGES, jnp.float32))
    for kind in ("sodium", "potassium"):
        steady = np.asarray(jnp.stack(jnp.broadcast_arrays(*leaves(make(kind).steady(site)))))
        from_zero = zeros(make(kind).steady(site))
        late = make(kind).update(from_zero, site, jnp.float32(1000.0))
        np.testing.assert_allclose(np.stack(leaves(late)), steady, rtol=1e-6)
        early = make(kind).update(from_zero, site, jnp.float32(0.1))
        warm = make(kind, speed=3.0).update(from_zero, site, jnp.float32(0.1))
        thrice = make(kind).update(from_zero, site, jnp.float32(0.3))
        assert (np.stack(leaves(early)) < np.stack(leaves(warm))).all()
        np.testing.assert_allclose(np.stack(leaves(warm)), np.stack(leaves(thrice)), rtol=1e-5)


def leaves(gates) -> list[np.ndarray]:
    return [np.asarray(gate) for gate in (gates if isinstance(gates, tuple) else (gates,))]


def zeros(gates):
    return type(gates)(*(0 * gate for gate in gates)) if isinstance(gates, tuple) else 0 * gates


def test_a_gate_at_constant_rates_is_solved_exactly() -> None:
    rates = Rates(jnp.array([0.3]), jnp.array([0.1]))
    after = rates.relaxed(jnp.array([0.2]), jnp.float32(2.0))
    assert float(after[0]) == pytest.approx(0.75 + (0.2 - 0.75) * exp(-0.8), rel=1e-6)


def test_the_linoid_is_smooth_where_it_divides_nothing_by_nothing() -> None:
    y = np.array([-0.02, -0.0101, -0.0099, 0.0, 0.0099, 0.0101, 0.02])
    expected = [ratio(x, 10.0) for x in y]
    np.testing.assert_allclose(linoid(jnp.asarray(y, jnp.float32), 10.0), expected, rtol=2e-6)


def test_channels_act_together() -> None:
    channels = {"leak": make("leak", conductance=0.5, reversal=-70.0), "k": make("potassium")}
    site = Site(jnp.array([-65.0, -50.0]))
    gates = {name: channel.steady(site) for name, channel in channels.items()}
    g, driven = conducting(channels, gates, site)
    k = 36 * np.asarray(gates["k"], float) ** 4
    np.testing.assert_allclose(g, 0.5 + k, rtol=1e-6)
    np.testing.assert_allclose(driven, 0.5 * -70.0 + k * -77.0, rtol=1e-6)
    np.testing.assert_allclose(
        advanced(channels, gates, site, jnp.float32(5.0))["k"], gates["k"], rtol=1e-6
    )
