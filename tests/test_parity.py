"""The simulator against an independent, plain NumPy program written from the equations."""

from collections.abc import Callable, Iterator
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import asleep, configured
from reference import Reference

from sleeprun import noise
from sleeprun.config.runtime import Engine
from sleeprun.spiking import native
from sleeprun.spiking.build import build as network_of
from sleeprun.spiking.build import starting_weights
from sleeprun.spiking.learning import learn, regulate
from sleeprun.spiking.network import Clock, Network, NetworkState, kick, projection_words
from sleeprun.spiking.simulate import advance
from sleeprun.subjects.forager import cycles
from sleeprun.subjects.forager.build import build
from sleeprun.subjects.forager.forager import leg_of
from sleeprun.subjects.forager.phases import Wake
from sleeprun.subjects.forager.state import birth

pytestmark = pytest.mark.slow

PLASTIC = ("input_hidden", "hidden_output")
HIDDEN, SEED, CYCLES, ASLEEP, AWAKE = 60, 3, 14, 8, 12
MASK = 0xFFFFFFFF


def mix(word: int) -> int:
    word ^= word >> 16
    word = word * 0x7FEB352D & MASK
    word ^= word >> 15
    word = word * 0x846CA68B & MASK
    return word ^ (word >> 16)


def factor_of(network: Network, words: Any) -> Callable[..., float]:
    """The same jitter of every synapse and spike, drawn again in plain integers."""
    streams = {
        name: np.asarray(projection_words(network, Clock(jnp.int32(0), 0, words), name))
        for name in network.projections
    }

    def factor(projection: str, *counters: int) -> float:
        word, key = (int(w) for w in streams[projection])
        for counter in counters:
            word = mix(((word ^ key) + 0x9E3779B9 * (counter + 1)) & MASK)
        return 1 + 0.12 * (2 * (word >> 8) * 2.0**-24 - 1)

    return factor


def days_and_nights() -> Iterator[dict[str, Any]]:
    """Some cycles awake with food and rewards of every kind, then some asleep and frozen."""
    rng = np.random.default_rng(0)
    for cycle in range(CYCLES):
        night = cycle >= ASLEEP
        yield {
            "food": np.zeros(49, bool) if night else rng.random(49) < 0.2,
            "reward": 0.5 if night else float(rng.choice([1.0, -0.001, -0.0001])),
            "sleep_kicks": rng.random(HIDDEN) < (0.3 if night else 0.0),
            "frozen": night,
        }


def one_cycle(
    network: Network, words: Any, plastic: tuple[str, ...]
) -> Callable[..., NetworkState]:
    @jax.jit
    def cycle(state, number, food, reward, kicks):
        clock = Clock(number, 0, words)
        state = advance(network, state, clock, 1, {"hidden": jnp.where(kicks[None], 0.025, 0.0)})
        spiked = state.spiked
        state = learn(network, state, clock, reward, plastic)
        state = kick(network, state, "input", jnp.where(food, 0.025, 0.0))
        state = regulate(network, state, spiked, plastic)
        return advance(network, state, clock._replace(step=1), network.cycle_steps - 1)

    return cycle


def spikes_of(state: NetworkState, cycle: int) -> list[tuple[str, int, int]]:
    return [
        (name, int(spikes.time[k]) - cycle * 600, int(spikes.neuron[k]))
        for name, spikes in state.spikes.items()
        for k in range(int(spikes.fresh), int(spikes.length))
    ]


def assert_agrees(state: NetworkState, reference: Reference) -> None:
    """Weights, traces' means, targets, rates and resistances, to round-off."""
    close = {"rtol": 2e-6, "atol": 0}
    np.testing.assert_allclose(state.weights["input_hidden"], reference.w_ih, **close)
    np.testing.assert_allclose(state.weights["hidden_output"], reference.w_ho, **close)
    inhibition = state.weights["hidden_output_inhibition"][:, 0]
    np.testing.assert_allclose(inhibition, reference.w_inh, **close)
    np.testing.assert_allclose(
        state.plastic["hidden_output"].own.mean, reference.mean_trace, rtol=1e-4, atol=1e-12
    )
    np.testing.assert_allclose(
        state.plastic["input_hidden"].target, reference.target_hidden, **close
    )
    np.testing.assert_allclose(state.rate["hidden"], reference.rate_hidden, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(state.rate["output"], reference.rate_output, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(state.resistance["output"], reference.resistance["output"], **close)
    np.testing.assert_allclose(state.neurons["hidden"].v - 0.94, reference.v["hidden"], atol=2e-5)


@pytest.mark.parametrize("engine", ["native", "fused", "by_layer", "by_step"])
def test_whole_cycles_with_plasticity_agree_with_the_reference(engine: Engine) -> None:
    config = configured(f"network.populations.hidden.size={HIDDEN}").network
    assert native.available(), "the package must be built with its kernel to be tested"
    network = network_of(config, engine)
    weights = starting_weights(config, SEED)
    words = noise.stream(noise.seed_key(SEED), 11)
    reference = Reference(
        np.asarray(weights["input_hidden"], float),
        np.asarray(weights["hidden_output"], float),
        factor_of(network, words),
    )
    by_day, by_night = (one_cycle(network, words, plastic) for plastic in (PLASTIC, PLASTIC[1:]))
    state = network.init(weights)
    spiked = 0
    for number, day in enumerate(days_and_nights()):
        arrays = (jnp.int32(number), jnp.array(day["food"]), jnp.float32(day["reward"]))
        cycle = by_night if day["frozen"] else by_day
        state = cycle(state, *arrays, jnp.array(day["sleep_kicks"]))
        expected = reference.run_cycle(plastic=True, **day)["spikes"]
        assert sorted(spikes_of(state, number)) == sorted(s for s in expected if s[1] > 0)
        spiked += len(expected)
    assert spiked > 300
    moved = np.abs(reference.w_ho / 0.02 - 1)
    assert moved.max() > 0.01, "plasticity was hardly at work"

    assert_agrees(state, reference)


def test_the_agents_own_cycles_agree_with_the_reference() -> None:
    """Waking in a world and sleeping: the order of events, food, rewards and kicks included."""
    config = configured(
        f"network.populations.hidden.size={HIDDEN}",
        "tasks.size=16",
        "tasks.particles={unsupervised: 2, task: 8}",
    )
    experiment = build(config)
    network, world = experiment.network, experiment.world
    weights = starting_weights(config.network, SEED)
    state = birth(experiment, weights, noise.seed_key(SEED))
    words = noise.stream(state.key, 11)
    arrays = (np.asarray(weights[name], float) for name in PLASTIC)
    reference = Reference(*arrays, factor_of(network, words))
    wake = leg_of(experiment, Wake("task1", cycles=1, plastic=PLASTIC))
    sleeping = leg_of(experiment, asleep(1, PLASTIC[1:], kick=0.025, reward=0.5))
    one = eqx.filter_jit(cycles.advance)
    state, eaten = cycles.begin(experiment, wake, state), 0
    for cycle in range(AWAKE):
        state, tally = one(experiment, wake, jnp.int32(1), state)
        eaten += int(tally.rewarded + tally.punished)
        reward = 1.0 if tally.rewarded else -0.001 if tally.punished else -0.0001
        day = {"food": np.asarray(world.see(state.world)), "reward": reward, "frozen": False}
        quiet = np.zeros(HIDDEN, bool)
        expected = reference.run_cycle(plastic=True, sleep_kicks=quiet, **day)["spikes"]
        assert sorted(spikes_of(state.network, cycle)) == sorted(s for s in expected if s[1] > 0)
    assert eaten > 0
    state = cycles.end(experiment, wake, state)
    rates = np.asarray(state.rates["hidden"][list(world.tasks).index("task1")])
    for cycle in range(AWAKE, AWAKE + 4):
        kicks = np.asarray(noise.uniform(noise.stream(state.key, 13), cycle, 0, jnp.arange(HIDDEN)))
        state, _ = one(experiment, sleeping, jnp.int32(1), state)
        night = {"food": np.zeros(49, bool), "reward": 0.5, "frozen": True}
        expected = reference.run_cycle(plastic=True, sleep_kicks=kicks < rates, **night)["spikes"]
        assert sorted(spikes_of(state.network, cycle)) == sorted(s for s in expected if s[1] > 0)
    assert (rates > 0).any()
    assert_agrees(state.network, reference)


def test_a_recurrent_network_is_stepped_together_and_agrees_with_the_plain_simulation() -> None:
    recurrent = (
        "+network.projections.hidden_hidden={pre: hidden, post: hidden, "
        "wiring: {kind: random, probability: 0.2}, weights: {kind: constant, value: 0.002}, "
        "synapse: {kind: current, jitter: 0.12}, plasticity: null}"
    )
    config = configured("network.populations.hidden.size=40", recurrent).network
    layered, stepped = (network_of(config, engine) for engine in ("by_layer", "by_step"))
    assert layered.stages() == (("input",), ("hidden",), ("output",))
    weights = starting_weights(config, SEED)
    assert not np.diag(weights["hidden_hidden"]).any()
    words = noise.stream(noise.seed_key(SEED), 11)
    food = jnp.arange(49) % 5 == 0
    ends = []
    for network in (layered, stepped):
        cycle, state = one_cycle(network, words, PLASTIC), network.init(weights)
        for number in range(4):
            quiet = jnp.zeros(40, bool)
            state = cycle(state, jnp.int32(number), food, jnp.float32(1.0), quiet)
        ends.append(state)
    assert spikes_of(ends[0], 3) == spikes_of(ends[1], 3)
    assert len(spikes_of(ends[0], 3)) > 20
    without = starting_weights(configured("network.populations.hidden.size=40").network, SEED)
    np.testing.assert_array_equal(without["input_hidden"], weights["input_hidden"])
    for name, value in ends[0].weights.items():
        np.testing.assert_allclose(value, ends[1].weights[name], rtol=2e-6)
