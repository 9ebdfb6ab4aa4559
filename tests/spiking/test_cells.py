"""The cells of Gonzalez et al. 2020 against a plain program of the same equations."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_cells import CELLS, SHARE, fine, flat, soma_potential
from pydantic import ValidationError
from thalamocortical import cell

from sleeprun.spiking.neurons.channels import Site, conducting
from sleeprun.spiking.neurons.integration import derivative


def newborn(neuron: Any) -> Any:
    """Its state, with the leak that the plain program has."""
    state = neuron.init(1)
    if hasattr(state, "dendrite"):
        return state._replace(dendrite=state.dendrite | {"leak": jnp.full(1, SHARE)})
    return state


@eqx.filter_jit
def trajectory(neuron: Any, current: float, steps: int) -> Any:
    def step(state: Any, _: Any) -> Any:
        state, fired = neuron.step(state._replace(i=state.i + current))
        return state, (fired[0], getattr(state, "v_soma", state.v)[0])

    return jax.lax.scan(step, newborn(neuron), length=steps)[1]


def coarse(neuron: Any, current: float, ms: float, finest: float) -> tuple[np.ndarray, np.ndarray]:
    """The same of the package's cell; `finest` is the smallest step of its program."""
    dt = float(neuron.step_ms)
    fired, v = (np.asarray(each) for each in trajectory(neuron, current, round(ms / finest)))
    steps, every = round(ms / dt), round(1 / dt)
    return (np.flatnonzero(fired[:steps]) + 1) * dt, v[every - 1 : steps : every]


# The largest delay of a spike in 40 ms, in ms: the soma's potential is felt late by one of its own
# steps, which are one, two and three to a step.
LATEST = {0.02: 0.45, 0.05: 0.55, 0.1: 0.85}


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_fires_when_a_fine_plain_program_does(name: str) -> None:
    _, _, current, ms = CELLS[name]
    expected, v = fine(name, tuple(flat(name, newborn(cell(name, 0.02)))))
    assert len(expected) >= 3
    silent = int(expected[0]) - 1
    for step_ms, latest in LATEST.items():
        times, coarse_v = coarse(cell(name, step_ms), current, ms, finest=0.02)
        assert len(times) == len(expected), step_ms
        assert np.abs(times - expected).max() < latest
        np.testing.assert_allclose(coarse_v[:silent], v[:silent], atol=3 * step_ms)


@pytest.mark.parametrize("name", CELLS)
def test_runge_kutta_converges_to_the_plain_program(name: str) -> None:
    """By the same steps what is left is that the soma's potential comes a stage late."""
    _, _, current, ms = CELLS[name]
    expected, _ = fine(name, tuple(flat(name, newborn(cell(name, 0.02)))))
    for step_ms, latest in {0.0025: 0.03, 0.02: 0.4}.items():
        neuron = cell(name, step_ms, method="runge_kutta")
        times, _ = coarse(neuron, current, ms, finest=0.0025)
        np.testing.assert_allclose(times, expected, atol=latest)


@pytest.mark.parametrize("name", CELLS)
def test_every_gate_of_a_newborn_cell_is_at_rest(name: str) -> None:
    slope, its, _, _ = CELLS[name]
    np.testing.assert_allclose(
        slope(flat(name, newborn(cell(name, 0.02))), 0.0, its)[2:], 0, atol=1e-3
    )


@pytest.mark.parametrize("name", CELLS)
def test_every_channel_moves_and_conducts_as_its_equations_say(name: str) -> None:
    """At drawn states: potentials from -95 to 45 mV, gates and calcium of any values."""
    slope, its, _, _ = CELLS[name]
    neuron = cell(name, 0.05)
    drawn = drawn_state(neuron, np.linspace(-95, 45, 29))
    states = [flat(name, drawn, which) for which in range(29)]
    expected = np.array([slope(y, 0.0, its) for y in states])
    v_soma = np.array([soma_potential(y, its) for y in states]) if "rho" in its else None
    moving, current = motion(neuron, drawn, v_soma)
    found = np.array([flat(name, moving, which) for which in range(29)])
    there = ~np.isin(np.arange(found.shape[1]), [0, 1] + ([4, 12] if its.get("nap") == 0 else []))
    np.testing.assert_allclose(found[:, there], expected[:, there], rtol=2e-4, atol=1e-7)
    if v_soma is None:
        np.testing.assert_allclose(current, expected[:, 0], rtol=2e-4, atol=2e-4)
    else:
        coupled = (v_soma - np.asarray(drawn.v)) / (0.01 * its["rho"])
        np.testing.assert_allclose(current + coupled, 0.75 * expected[:, 0], rtol=2e-4, atol=2e-4)


def drawn_state(neuron: Any, v: np.ndarray) -> Any:
    rng = np.random.default_rng(1)

    def uniform(leaf: Any) -> Any:
        return jnp.asarray(rng.uniform(0.05, 0.45, len(v)), jnp.float32)

    state = jax.tree.map(uniform, newborn(neuron))
    state = state._replace(v=jnp.asarray(v, jnp.float32), calcium=jnp.full(len(v), 3e-4))
    leak = {"leak": jnp.full(len(v), SHARE)}
    return state._replace(dendrite=state.dendrite | leak) if hasattr(state, "soma") else state


@eqx.filter_jit
def motion(neuron: Any, state: Any, v_soma: np.ndarray | None) -> tuple[Any, Any]:
    """By how much every gate changes a ms, and the current through the (dendrite's) channels."""

    def gates(channels: Any, gates: Any, site: Site) -> Any:
        return {
            key: derivative(lambda here, dt, one=one: one.update(here, site, dt), gates[key])
            for key, one in channels.items()
        }

    site = Site(state.v, state.calcium)
    channels = neuron.channels if v_soma is None else neuron.dendrite
    its = state.gates if v_soma is None else state.dendrite
    g, driven = conducting(channels, its, site)
    current = driven - g * state.v
    if v_soma is None:
        return state._replace(gates=gates(channels, its, site)), current
    soma = gates(neuron.soma, state.soma, Site(jnp.asarray(v_soma, jnp.float32)))
    return state._replace(dendrite=gates(channels, its, site), soma=soma), current


def test_neurons_differ_in_the_leak_that_is_drawn_for_them() -> None:
    neuron = cell("pyramidal", 0.05)
    words = jnp.arange(2, dtype=jnp.uint32)
    born = neuron.born(neuron.init(1000), words)
    share = np.asarray(born.dendrite["leak"])
    assert share.min() < 0.01
    assert share.max() > 0.99
    np.testing.assert_array_equal(born.dendrite["sodium"].m, neuron.init(1000).dendrite["sodium"].m)
    g = neuron.dendrite["leak"].conduct(born.dendrite["leak"], Site(born.v)).g
    np.testing.assert_allclose(g, 0.011 + 0.003 * (1 + share), rtol=1e-6)


def test_what_a_synapse_or_stimulus_brings_is_not_divided_by_the_dendrites_capacitance() -> None:
    """The published program's convention, and a key."""
    for c_in, expected in ((1.0, 1.0), (0.75, 4 / 3)):
        neuron = cell("pyramidal", 0.0025, input_capacitance=c_in)
        still, driven = newborn(neuron), newborn(neuron)
        driven = driven._replace(i=driven.i + 40.0)
        gained = neuron.step(driven)[0].v - neuron.step(still)[0].v
        assert float(gained[0]) == pytest.approx(40 * 0.0025 * expected, rel=0.01)


def test_neuromodulators_scale_what_a_channel_conducts() -> None:
    leak, site = cell("relay", 0.05).channels["potassium_leak"], Site(jnp.full(1, -60.0))
    g, driven = conducting({"k": leak}, {"k": leak.steady(site)}, site)
    assert float(g[0]) == pytest.approx(0.4 * 0.024)
    assert float(driven[0]) == pytest.approx(-95 * 0.4 * 0.024)


@pytest.mark.parametrize(
    ("name", "changed", "told"),
    [
        ("relay", {"calcium": None}, "channel t_current feels it"),
        ("pyramidal", {"calcium": None}, "channel calcium_potassium feels it"),
        ("pyramidal", {"soma": {"t": {"kind": "h_current"}}}, "channel t feels calcium"),
        ("pyramidal", {"method": "euler"}, "exponential_euler"),
    ],
)
def test_what_a_cell_cannot_be_is_told(name: str, changed: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        cell(name, 0.05, **changed)
