"""STDP, its application and homeostasis on cases small enough to compute by hand."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import configured

from sleeprun.spiking.homeostasis import Stepwise
from sleeprun.spiking.plasticity import PlasticityEvent, PlasticState, apply, starting
from sleeprun.spiking.plasticity.stdp import STDP
from sleeprun.spiking.spikes import SpikeList

NETWORK = configured().network


def rule(name: str, **changes: object) -> STDP:
    config = NETWORK.rules[NETWORK.projections[name].plasticity]
    return config.model_copy(update={"trace_capacity": 64, **changes}).make()


def spiking(*pairs: tuple[int, int], fresh: int = 0) -> SpikeList:
    """A list of (time, neuron)."""
    time, neuron = (
        jnp.array([p[i] for p in pairs] + [0] * (8 - len(pairs)), jnp.int32) for i in (0, 1)
    )
    return SpikeList(time, neuron, jnp.int32(len(pairs)), jnp.int32(fresh), jnp.bool_(False))


def update(
    stdp: STDP,
    state: PlasticState,
    weights: np.ndarray,
    pre: SpikeList,
    post: SpikeList,
    reward: float = 1.0,
    now: int = 600,
) -> tuple[np.ndarray, PlasticState]:
    weights = jnp.asarray(weights, jnp.float32)
    drift = jnp.ones(weights.shape[0])
    event = PlasticityEvent(pre, post, jnp.float32(reward), drift, jnp.int32(now))
    after, state = eqx.filter_jit(apply)(stdp, state, weights, event)
    return np.asarray(after, float), state


def traces_of(state: PlasticState) -> list[tuple[int, int, float]]:
    live = int(state.own.traces.groups.sum())
    places = [(int(state.own.traces.head) - live + k) % 64 for k in range(live)]
    read = state.own.traces
    return [(int(read.synapse[p]), int(read.time[p]), float(read.value[p])) for p in places]


@pytest.mark.parametrize(
    ("pre", "post", "expected"),
    [
        ((100, 0), (140, 0), [(140, 0.4 * np.exp(-1))]),
        ((140, 0), (100, 0), [(140, -0.4 * np.exp(-1))]),
        ((100, 0), (100, 0), [(100, 0.4)]),
        ((100, 0), (219, 0), [(219, 0.4 * np.exp(-119 / 40))]),
        ((100, 0), (220, 0), []),
        ((220, 0), (100, 0), []),
    ],
)
def test_a_pair_writes_a_trace_at_its_later_spike(pre, post, expected) -> None:
    stdp = rule("hidden_output")
    _, state = update(
        stdp, starting(stdp, jnp.ones((1, 1))), np.ones((1, 1)), spiking(pre), spiking(post)
    )
    assert [
        (time, pytest.approx(value, rel=1e-6)) for _, time, value in traces_of(state)
    ] == expected


def test_all_pairs_count_but_none_twice() -> None:
    stdp = rule("hidden_output")
    state = starting(stdp, jnp.ones((2, 2)))
    pre, post = spiking((100, 0), (110, 1)), spiking((105, 0), (120, 0), (130, 1))
    weights, state = update(stdp, state, np.ones((2, 2)), pre, post)
    assert len(traces_of(state)) == 6
    again = spiking((580, 0), (590, 0), fresh=1)
    _, state = update(stdp, state, weights, again, spiking((585, 1), fresh=1), now=1200)
    assert len(traces_of(state)) == 7, "only the pair with the unseen spike is new"


def test_absent_synapses_get_no_traces_and_stay_absent() -> None:
    stdp = rule("input_hidden")
    weights = np.array([[0.01, 0.0]])
    after, state = update(
        stdp,
        starting(stdp, jnp.asarray(weights, jnp.float32)),
        weights,
        spiking((100, 0)),
        spiking((110, 0), (110, 1)),
    )
    assert len(traces_of(state)) == 1
    assert after[0, 1] == 0


def test_a_trace_lives_six_cycles_and_its_effect_decays_with_age() -> None:
    stdp = rule("input_hidden", clip=1.0, weight_max=1e9)
    weights = np.array([[0.5], [0.5]])
    state = starting(stdp, jnp.asarray(weights, jnp.float32))
    spikes = spiking((550, 0)), spiking((550, 0))
    silent = spiking()
    ratio = 1.0
    for cycle in range(1, 9):
        weights, state = update(stdp, state, weights, *spikes, now=600 * cycle)
        if cycle <= 6:
            ratio *= 1 + 0.4 / (600 * cycle - 550 + 600)
        assert weights[0, 0] / weights[1, 0] == pytest.approx(ratio, rel=1e-5)
        assert weights.sum() == pytest.approx(1.0, rel=1e-6)
        spikes = silent, silent


def test_rewarded_traces_are_scaled_by_the_running_mean_and_clipped_one_by_one() -> None:
    stdp = rule("hidden_output", mean_smoothing=0.5, clip=0.0008, weight_max=1e9)
    weights = np.full((2, 1), 0.5)
    pre, post = spiking((590, 0)), spiking((590, 0), (630, 0))
    after, state = update(stdp, starting(stdp, jnp.full((2, 1), 0.5)), weights, pre, post, now=640)
    d = np.array([0.4 / 650, 0.4 * np.exp(-1) / 610])
    mean = 0.5 * d.sum()
    np.testing.assert_allclose(np.asarray(state.own.mean)[:, 0], [mean, 1e-10], rtol=1e-5)
    change = np.clip(d * d.sum() / mean, -0.0008, 0.0008)
    assert list(change < 0.0008) == [False, True]
    assert after[0, 0] / after[1, 0] == pytest.approx(np.prod(1 + change), rel=1e-6)


def test_a_negative_running_mean_keeps_its_sign_at_the_floor() -> None:
    stdp = rule("hidden_output", mean_smoothing=0.0, mean_floor=1e-3)
    state = starting(stdp, jnp.ones((1, 1)))
    state = state._replace(own=state.own._replace(mean=jnp.full((1, 1), -1e-5)))
    _, state = update(stdp, state, np.ones((1, 1)), spiking(), spiking())
    assert float(state.own.mean[0, 0]) == pytest.approx(-1e-3)


def test_weights_are_bounded_and_then_scaled_to_their_target() -> None:
    stdp = rule("input_hidden")
    weights = np.array([[0.03], [0.004]])
    state = starting(stdp, jnp.asarray(weights, jnp.float32))
    after, _ = update(stdp, state, weights, spiking(), spiking())
    np.testing.assert_allclose(after[:, 0], np.array([0.012, 0.004]) * 0.034 / 0.016, rtol=1e-6)


def test_locked_synapses_keep_their_weight_and_the_rest_fills_the_target() -> None:
    stdp = rule("hidden_output")
    weights = np.array([[0.3], [0.2], [0.5]])
    state = starting(stdp, jnp.asarray(weights, jnp.float32))
    state = state._replace(locked=jnp.array([[True], [False], [False]]))
    after, _ = update(stdp, state, weights, spiking((590, 0), (590, 1)), spiking((595, 0)))
    assert after[0, 0] == np.float32(0.3)
    assert after.sum() == pytest.approx(1.0, rel=1e-6)
    assert after[1, 0] > 0.2


def test_passing_over_ages_the_traces() -> None:
    stdp = rule("hidden_output")
    _, state = update(
        stdp, starting(stdp, jnp.ones((1, 1))), np.ones((1, 1)), spiking((9, 0)), spiking((9, 0))
    )
    for _ in range(5):
        state = state._replace(own=stdp.skip(state.own))
    assert len(traces_of(state)) == 1
    assert len(traces_of(state._replace(own=stdp.skip(state.own)))) == 0


def test_a_full_trace_list_says_so() -> None:
    stdp = rule("hidden_output", trace_capacity=3)
    pre, post = spiking((1, 0), (2, 0)), spiking((3, 0), (4, 0))
    _, state = update(stdp, starting(stdp, jnp.ones((1, 1))), np.ones((1, 1)), pre, post)
    assert bool(state.own.traces.overflowed)


def test_homeostasis_moves_towards_the_target() -> None:
    regulation = Stepwise(regulates="resistance", target=0.5, step=1e-5, smoothing=1e-4)
    rate = regulation.smooth(jnp.array([0.5, 0.5]), jnp.array([3.0, 0.0]))
    np.testing.assert_allclose(rate, [0.50025, 0.49995], rtol=1e-6)
    np.testing.assert_allclose(regulation.up(jnp.ones(2), rate), [1 + 1e-5, 1 - 1e-5], rtol=1e-7)
    np.testing.assert_allclose(regulation.down(jnp.ones(2), rate), [1 - 1e-5, 1 + 1e-5], rtol=1e-7)
