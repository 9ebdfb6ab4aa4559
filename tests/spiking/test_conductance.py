"""Conductance synapses by hand: one spike, many spikes, depression, and what a config may not."""

from collections.abc import Iterable
from math import exp
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError
from small_networks import ALPHA_BETA, CURRENT, EXPONENTIAL, config_of, population, synapse
from small_networks import projection as projection_of

from sleeprun import noise
from sleeprun.spiking.build import build, starting_weights
from sleeprun.spiking.network import out_weights
from sleeprun.spiking.schema import contradictions
from sleeprun.spiking.synapses import Along

DT, V = 0.1, -65.0
PLAIN = {"jitter": 0.0, "use": 0.0}
WEIGHTS = np.array([[2.0, 3.0], [5.0, 0.0]])


def conductance(
    kind: Any, fired: Iterable[tuple[int, int]], steps: int, weights: np.ndarray = WEIGHTS
) -> np.ndarray:
    """g [time, post] after each step, where `fired` are (step, pre)."""
    pre, post = weights.shape
    raster = np.zeros((steps, pre), bool)
    raster[tuple(np.array(sorted(fired)).T)] = True
    words = noise.stream(noise.seed_key(0), 1)
    start = Along(jnp.asarray(weights, jnp.float32), words, jnp.int32(0), jnp.int32(0))

    def step(state: Any, inputs: Any) -> Any:
        time, spikes = inputs
        along = start._replace(step=time)
        state, opened = kind.step(state, spikes, along, jnp.full(post, V))
        return state, (state.g, opened)

    times = jnp.arange(steps, dtype=jnp.int32)
    run = jax.jit(lambda: jax.lax.scan(step, kind.init(pre, post), (times, raster)))
    _, (g, opened) = run()
    np.testing.assert_array_equal(opened, g)
    return np.asarray(g)


def of(base: dict[str, Any], **more: Any) -> Any:
    return synapse(**base | PLAIN | {"reversal": -10.0} | more)


def test_a_spike_opens_its_weight_and_it_decays_exponentially() -> None:
    g = conductance(of(EXPONENTIAL), {(3, 0)}, 40)
    np.testing.assert_array_equal(g[:3], 0.0)
    decay = np.exp(-DT * np.arange(37) / 5.0)
    np.testing.assert_allclose(g[3:], WEIGHTS[0] * decay[:, None], rtol=1e-5)


def test_spikes_add_up() -> None:
    g = conductance(of(EXPONENTIAL), {(0, 0), (0, 1), (10, 1)}, 11)
    decay = exp(-1.0 / 5.0)
    np.testing.assert_allclose(g[0], [7.0, 3.0], rtol=1e-6)
    np.testing.assert_allclose(g[10], [7.0 * decay + 5.0, 3.0 * decay], rtol=1e-5)


def pulse(t: float, alpha: float, beta: float, length: float, start: float = 0.0) -> float:
    """R at t after a pulse's start, closed form (Destexhe et al. 1994, eqs. 3 and 5; T = 1)."""
    steady = alpha / (alpha + beta)
    on = min(t, length)
    bound = steady + (start - steady) * exp(-(alpha + beta) * on)
    return bound * exp(-beta * (t - on))


@pytest.mark.parametrize("length", [0.33, 0.3, 1.0, 0.04])
def test_alpha_beta_follows_its_closed_form(length: float) -> None:
    """Pulses of whole steps, of parts of them, and shorter than one."""
    kinetics = ALPHA_BETA["kinetics"] | {"pulse": length}
    g = conductance(of(ALPHA_BETA, kinetics=kinetics), {(2, 0)}, 60)
    opened = [pulse((k + 1) * DT, 1.1, 0.19, length) for k in range(58)]
    np.testing.assert_array_equal(g[:2], 0.0)
    np.testing.assert_allclose(g[2:, 1], 3.0 * np.array(opened), rtol=2e-5)


def test_alpha_beta_continues_and_has_a_dead_time() -> None:
    """A spike 0.5 ms after a release does nothing; one 1.3 ms after it binds what is unbound."""
    g = conductance(of(ALPHA_BETA), {(0, 0), (5, 0), (13, 0)}, 30)
    before = pulse(1.3, 1.1, 0.19, 0.33)
    np.testing.assert_allclose(g[12, 0], 2.0 * before, rtol=1e-5)
    again = pulse(1.0, 1.1, 0.19, 0.33, start=before)
    np.testing.assert_allclose(g[22, 0], 2.0 * again, rtol=2e-5)


def test_depression_by_hand() -> None:
    """Each release is weakened by those before it: D -> D (1 - U), D recovers with tau."""
    kind = of(EXPONENTIAL, use=0.4, recovery=20.0, kinetics={"kind": "exponential", "tau": 0.01})
    steps = [0, 50, 60, 300]
    g = conductance(kind, {(step, 0) for step in steps} | {(60, 1)}, 301)
    there, last, expected = 1.0, 0, []
    for step in steps:
        there = 1 - (1 - there) * exp(-(step - last) * DT / 20.0)
        expected.append(2.0 * there)
        there, last = there * (1 - 0.4), step
    fresh = np.array([0.0, 0.0, 5.0, 0.0])  # of the other neuron's only spike
    np.testing.assert_allclose(g[steps, 0], np.array(expected) + fresh, rtol=1e-4)
    assert expected[1] < 0.7 * expected[0]
    assert expected[2] < 0.8 * expected[1]


def test_depression_weakens_a_whole_pulse_but_not_what_is_open() -> None:
    g = conductance(of(ALPHA_BETA, use=0.5, recovery=1e6), {(0, 0), (13, 0)}, 30)
    before = pulse(1.3, 1.1, 0.19, 0.33)
    residue = before * exp(-0.19)
    gained = pulse(1.0, 1.1, 0.19, 0.33, start=before) - residue
    np.testing.assert_allclose(g[22, 0], 2.0 * (residue + 0.5 * gained), rtol=2e-5)


@pytest.mark.parametrize("base", [EXPONENTIAL, ALPHA_BETA], ids=["exponential", "alpha_beta"])
def test_jitter_is_one_factor_of_each_spike_and_synapse(base: dict[str, Any]) -> None:
    weights = np.ones((200, 50))
    fired = {(0, 7), (40, 7)}
    plain = conductance(of(base), fired, 80, weights)
    shaken = conductance(of(base, jitter=0.3), fired, 80, weights)
    ratios = shaken[0] / plain[0]
    assert ratios.min() > 0.7
    assert ratios.max() < 1.3
    assert ratios.std() == pytest.approx(0.3 / 3**0.5, rel=0.3)
    np.testing.assert_allclose(shaken[:40] / plain[:40], np.tile(ratios, (40, 1)), rtol=1e-5)
    assert not np.allclose(shaken[79] / plain[79], ratios, rtol=1e-2)


def said(post: str, **changed: Any) -> list[str]:
    entry = projection_of("a", "b", 1.0, **{"synapse": EXPONENTIAL} | changed)
    populations = {"a": population("rulkov", 4), "b": population(post, 3)}
    return list(contradictions(config_of(populations, {"ab": entry})))


def test_conductances_need_a_potential() -> None:
    assert not said("adex")
    assert not said("channels")
    (line,) = said("lif")
    assert "network.projections.ab.synapse.kind='conductance'" in line
    assert "population b has lif neurons" in line
    assert not said("lif", synapse=CURRENT)


@pytest.mark.parametrize(
    ("post", "reversal", "sign", "inhibits"),
    [
        ("adex", -80.0, "excitatory", True),
        ("adex", -70.0, "excitatory", False),  # above rest at -70.6 mV
        ("adex", -70.0, "inhibitory", True),  # which shunts
        ("channels", -80.0, "excitatory", True),
        ("channels", -65.0, "excitatory", True),  # at rest
        ("channels", 0.0, "excitatory", False),
    ],
)
def test_a_conductance_inhibits_by_its_reversal_or_where_that_is_said(
    post: str, reversal: float, sign: str, inhibits: bool
) -> None:
    """It then counts among no neuron's excitatory output weights, and learns by no rule."""
    acting = EXPONENTIAL | {"reversal": reversal}
    config = config_of(
        {"a": population("rulkov", 4), "b": population(post, 3)},
        {
            "ab": projection_of(
                "a", "b", 1.0, synapse=acting, sign=sign, wiring={"kind": "all_to_all"}
            )
        },
    )
    network = build(config)
    out = out_weights(network, starting_weights(config, 0))["a"]
    np.testing.assert_array_equal(out, 0.0 if inhibits else 3.0)
    told = said(post, synapse=acting, sign=sign, plasticity="rule")
    assert [line for line in told if "plasticity='rule': inhibitory" in line] == told[1:]
    assert len(told) == 1 + inhibits  # the rule is unknown here as well


def test_a_networks_step_is_that_of_its_parts() -> None:
    populations = {"a": population("channels", 4), "b": population("adex", 3)}
    entry = projection_of("a", "b", 1.0, synapse=EXPONENTIAL)
    network = build(config_of(populations, {"ab": entry}).model_copy(update={"step_ms": 0.25}))
    assert network.populations["a"].neuron.step_ms == 0.25
    assert network.populations["b"].neuron.step_ms == 0.25
    assert network.projections["ab"].synapse.step_ms == 0.25


def test_mirrored_weights_are_no_conductances() -> None:
    populations = {"a": population("rulkov", 4), "b": population("adex", 3)}
    mirror = {"wiring": None, "weights": {"kind": "mirror", "of": "ab"}, "synapse": EXPONENTIAL}
    projections = {
        "ab": projection_of("a", "b", 1.0, synapse=EXPONENTIAL),
        "minus": projection_of("a", "b", 1.0, **mirror),
    }
    (line,) = contradictions(config_of(populations, projections))
    assert line.startswith("network.projections.minus.weights.kind='mirror'")


def test_unknown_kinetics_are_told() -> None:
    with pytest.raises(ValidationError, match="no such kinetics; did you mean 'exponential'"):
        synapse(**EXPONENTIAL | {"kinetics": {"kind": "exponental", "tau": 1.0}})
    with pytest.raises(ValidationError, match="tau"):
        synapse(**EXPONENTIAL | {"kinetics": {"kind": "exponential", "tau": -1.0}})
