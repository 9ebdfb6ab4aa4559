"""Wiring, starting weights, neuron models, and the order in which populations are simulated."""

import jax.numpy as jnp
import numpy as np
import pytest
from conftest import configured
from jax import lax

from sleeprun.spiking.build import build, starting_weights
from sleeprun.spiking.synapses.wiring import Ends, FixedFanIn

SIZES = [(49, 784, 9), (49, 10, 9), (20, 33, 20), (5, 7, 3)]


@pytest.mark.parametrize(("pre", "post", "fan_in"), SIZES)
def test_every_neuron_has_its_fan_in_and_fan_outs_differ_by_one(pre, post, fan_in) -> None:
    ends = Ends((pre,), (post,), recurrent=False)
    connected = FixedFanIn(fan_in=fan_in).connect(np.random.default_rng(0), ends)
    assert (connected.sum(axis=0) == fan_in).all()
    assert np.ptp(connected.sum(axis=1)) <= 1


@pytest.mark.parametrize("fan_in", [1, 4, 8])
def test_a_neuron_of_a_recurrent_projection_has_its_fan_in_without_itself(fan_in: int) -> None:
    within = (
        "+network.projections.within={pre: hidden, post: hidden, plasticity: null, "
        f"wiring: {{kind: fixed_fan_in, fan_in: {fan_in}}}, synapse: {{kind: current, jitter: 0}}, "
        "weights: {kind: constant, value: 0.001}}"
    )
    config = configured(within, "network.populations.hidden.size=[3,3]").network
    drawn = [np.asarray(starting_weights(config, seed)["within"]) > 0 for seed in range(9)]
    for connected in drawn:
        assert not connected.diagonal().any()
        assert (connected.sum(axis=0) == fan_in).all()
        assert (connected.sum(axis=1) == fan_in).all()
    assert len({connected.tobytes() for connected in drawn}) == (9 if fan_in < 8 else 1)


def test_recurrent_wirings_are_drawn_alike_often() -> None:
    """Four neurons with an input each: a circle in 6 ways, or two pairs in 3."""
    wiring, rng = FixedFanIn(fan_in=1), np.random.default_rng(0)
    drawn = [wiring.connect(rng, Ends((4,), (4,), recurrent=True)).tobytes() for _ in range(900)]
    times = [drawn.count(one) for one in set(drawn)]
    assert len(times) == 9
    assert all(70 < each < 130 for each in times)


def test_the_published_wiring() -> None:
    config = configured().network
    weights = starting_weights(config, 0)
    inputs = np.asarray(weights["input_hidden"])
    assert ((inputs > 0).sum(axis=1) == 144).all()
    assert inputs[inputs > 0].mean() == pytest.approx(0.011, rel=1e-6)
    assert inputs[inputs > 0].min() >= 0.001
    assert 0.018 < inputs.max() < 0.03
    np.testing.assert_allclose(inputs.sum(axis=1), 0.001 * (144 + 1440), rtol=1e-5)
    assert (np.asarray(weights["hidden_output"]) == np.float32(0.02)).all()
    np.testing.assert_allclose(weights["hidden_output_inhibition"], -0.02, rtol=1e-6)
    other = starting_weights(config, 1)["input_hidden"]
    assert (np.asarray(other) != inputs).any()


def spike_times(name: str, kick: float, steps: int = 600) -> list[int]:
    config = configured().network
    neuron = config.neurons[name].make()
    state = neuron.init(1)
    state = state._replace(i=state.i + kick)
    _, raster = lax.scan(lambda s, _: neuron.step(s), state, None, length=steps)
    return np.flatnonzero(np.asarray(raster)[:, 0]).tolist()


def test_a_kicked_rulkov_neuron_spikes_once_at_step_65() -> None:
    """The kick comes after the neurons advanced in step 0, so its first step is step 1."""
    assert spike_times("rulkov", 0.025) == [64]
    assert spike_times("rulkov", 0.0) == []


def test_a_kicked_lif_neuron_spikes_once() -> None:
    assert len(spike_times("lif", 0.025)) == 1
    assert spike_times("lif", 0.0) == []


def test_a_resting_neuron_stays_at_rest() -> None:
    neuron = configured().network.neurons["rulkov"].make()
    end, _ = lax.scan(lambda s, _: neuron.step(s), neuron.init(3), None, length=5000)
    assert float(jnp.abs(end.v).max()) < 1e-6
    assert float(jnp.abs(end.u).max()) < 1e-6


def test_populations_that_feed_back_are_stepped_together() -> None:
    back = (
        "+network.projections.back={pre: output, post: hidden, wiring: {kind: all_to_all}, "
        "weights: {kind: constant, value: 0.001}, synapse: {kind: current, jitter: 0.0}, "
        "plasticity: null}"
    )
    assert build(configured().network).stages() == (("input",), ("hidden",), ("output",))
    assert build(configured(back).network).stages() == (("input",), ("hidden", "output"))
