"""The compiled kernel of cells built of channels against the step-by-step simulation."""

import dataclasses
from functools import cache, partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from thalamocortical import level
from thalamocortical import network as described

from sleeprun.noise import seed_key
from sleeprun.spiking import native
from sleeprun.spiking.build import build, local_steps, starting_weights
from sleeprun.spiking.modulation import modulated
from sleeprun.spiking.native import cells, conducting, library, nearest, receptors
from sleeprun.spiking.network import Clock, Network, NetworkState
from sleeprun.spiking.neurons import NEURONS
from sleeprun.spiking.neurons.calcium import Shell
from sleeprun.spiking.neurons.channels import CHANNELS
from sleeprun.spiking.plasticity import PlasticityEvent, apply
from sleeprun.spiking.schema import NetworkConfig
from sleeprun.spiking.simulate import advance
from sleeprun.spiking.synapses.current import Current
from sleeprun.spiking.synapses.kinetics import AlphaBeta, Exponential
from sleeprun.spiking.synapses.quantal import Quantal

STEPS = 1000  # 50 ms
FIRST = 2**31 // 200 - 3  # the clock of steps wraps around on the way
CLOCK = Clock(jnp.int32(FIRST), 0, seed_key(1))
SIZES = {"pyramidal": 37, "interneuron": 16, "relay": 5, "reticular": 20}
CURRENTS = {
    "pyramidal": (0.2, 3.0),
    "interneuron": (0.2, 3.0),
    "relay": (0.5, 6.0),
    "reticular": (0.5, 6.0),
}


@pytest.fixture(scope="module", autouse=True)
def kernel() -> None:
    assert native.available(), "the package must be built with its kernel to be tested"


@pytest.fixture(scope="module")
def alone() -> Network:
    """The cells of the shipped network, joined by nothing."""
    sizes = (f"populations.{name}.size={size}" for name, size in SIZES.items())
    whole = build(described(*sizes), "by_step")
    return eqx.tree_at(
        lambda net: net.projections, whole, {}, is_leaf=lambda x: isinstance(x, dict)
    )


def drives(steps: int) -> dict[str, Any]:
    """From a current that leaves a cell silent to one that makes it fire all the time."""
    return {
        name: jnp.broadcast_to(jnp.linspace(*CURRENTS[name], size), (steps, size))
        for name, size in SIZES.items()
    }


def spikes(state: NetworkState, name: str) -> np.ndarray:
    """[spike, (neuron, step)], neuron by neuron."""
    listed = state.spikes[name]
    length = int(listed.length)
    times = np.asarray(listed.time[:length]).view(np.uint32) - np.uint32(FIRST * 200 % 2**32)
    found = np.stack([np.asarray(listed.neuron[:length]), times.astype(np.int64)], axis=1)
    return found[np.lexsort(found.T[::-1])]


@pytest.fixture(scope="module")
def both(alone: Network) -> tuple[NetworkState, NetworkState]:
    state = alone.init({}, seed_key(1))
    ways = (advance, conducting.window)
    stepped, compiled = (
        jax.jit(partial(way, alone, clock=CLOCK, steps=STEPS))(state, drive=drives(STEPS))
        for way in ways
    )
    return stepped, compiled


@pytest.mark.parametrize("name", SIZES)
def test_a_cell_alone_spikes_as_step_by_step(name: str, both: Any) -> None:
    """Round-off may carry a spike over the end of a step."""
    expected, found = (spikes(state, name) for state in both)
    assert len(expected) > 3 * SIZES[name] / 2
    np.testing.assert_array_equal(found[:, 0], expected[:, 0])
    assert np.abs(found[:, 1] - expected[:, 1]).max() <= 1
    np.testing.assert_array_equal(both[1].spiked[name], both[0].spiked[name])


@pytest.mark.parametrize("name", SIZES)
def test_every_gate_is_where_it_is_step_by_step(name: str, both: Any) -> None:
    """Within what the slope of a spike makes of round-off."""
    expected, found = (state.neurons[name] for state in both)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        most = np.abs(other).max()
        np.testing.assert_allclose(one, other, rtol=0, atol=5e-3 * most + 1e-9)


HALF = {"pyramidal": 250, "interneuron": 50, "relay": 50, "reticular": 50}


@pytest.fixture(scope="module")
def network() -> Network:
    """Half of the shipped one in deep sleep, where it starts with a volley of spikes."""
    return modulated(build(halved(), "by_step"), level("n3"))


@cache
def halved() -> NetworkConfig:
    return described(*(f"populations.{name}.size={size}" for name, size in HALF.items()))


def held(**ends: tuple[float, float]) -> dict[str, Any]:
    """For 50 ms, the same current all the time: from cell to cell between two ends."""
    currents = {name: np.linspace(*each, HALF[name]) for name, each in ends.items()}
    return {name: jnp.float32(np.tile(each, (STEPS, 1))) for name, each in currents.items()}


Both = tuple[NetworkState, NetworkState]


@pytest.fixture(scope="module")
def compared(network: Network) -> dict[str, Both]:
    """From birth; and where relay cells, pulled down by what drives reticular cells and by a
    current, are let go after 100 ms. Round-off has grown to whole spikes 100 ms later.
    """
    born = network.init(starting_weights(halved(), 1), seed_key(1))

    def live(way: Any, state: NetworkState, drive: Any, cycle: Any) -> NetworkState:
        return way(network, state, CLOCK._replace(cycle=cycle), STEPS, drive)

    stepped, compiled = (jax.jit(partial(live, way)) for way in (advance, conducting.window))
    nothing, pulled, freed = (
        held(relay=relay, reticular=reticular)
        for relay, reticular in (((0, 0), (0, 0)), ((-0.5, -2), (1, 6)), ((0, 1), (1, 6)))
    )
    ready, cycle = born, FIRST
    for _ in range(2):
        ready = compiled(ready, pulled, jnp.int32(cycle))
        cycle += STEPS // network.cycle_steps
    starts = {
        "volley": (born, nothing, jnp.int32(FIRST)),
        "bursts": (ready._replace(spikes=born.spikes), freed, jnp.int32(cycle)),
    }
    return {when: (stepped(*start), compiled(*start)) for when, start in starts.items()}


@pytest.mark.parametrize(
    ("when", "name", "least"),
    [
        ("volley", "pyramidal", 1000),
        ("volley", "interneuron", 200),
        ("volley", "reticular", 20),
        ("bursts", "pyramidal", 500),
        ("bursts", "interneuron", 100),
        ("bursts", "reticular", 80),
        ("bursts", "relay", 200),
    ],
)
def test_the_whole_network_spikes_as_step_by_step(
    when: str, name: str, least: int, compared: dict[str, Both]
) -> None:
    expected, found = (spikes(state, name) for state in compared[when])
    assert len(expected) >= least
    np.testing.assert_array_equal(found[:, 0], expected[:, 0])
    assert np.abs(found[:, 1] - expected[:, 1]).max() <= 1
    opened = (state.neurons[name].opened for state in compared[when])
    for one, other in zip(*opened, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=2e-2 * np.abs(other).max())


def test_relay_cells_burst_and_gaba_b_opens(compared: dict[str, Both]) -> None:
    """So that the comparison is one of them."""
    stepped, _ = compared["bursts"]
    fired = spikes(stepped, "relay")
    apart = 0.05 * np.diff(fired[:, 1])[np.diff(fired[:, 0]) == 0]
    assert (apart < 4).sum() > 100
    messenger = np.asarray(stepped.synapses["reticular_relay_b"].messenger)
    assert (messenger**4 / (messenger**4 + 100)).max() > 0.05


@pytest.mark.parametrize("when", ["volley", "bursts"])
def test_what_synapses_keep_is_what_they_keep_step_by_step(
    when: str, network: Network, compared: dict[str, Both]
) -> None:
    """To what a spike makes of it that is a step later."""
    for name, projection in network.projections.items():
        ends = [kept(state.synapses[name]) for state in compared[when]]
        joined = np.asarray(compared[when][0].weights[name]) != 0
        for field in ends[0].keys() & SYNAPTIC:
            found, expected = (np.asarray(end[field]) for end in ends)
            scale = np.abs(expected).max()
            later = 1.01 * float(projection.synapse.step_ms) if field == "since" else 0
            close = np.isclose(found, expected, rtol=2e-2, atol=1e-4 * scale + 1e-12 + later)
            there = close[joined] if close.shape == joined.shape else close
            assert there.mean() > 0.995, (name, field)
        if isinstance(projection.synapse, Quantal):
            waits = (end["wait"][joined] for end in ends)
            assert np.isclose(*waits, rtol=1e-3).mean() > 0.995, name


SYNAPTIC = {"open", "since", "g", "conductance", "left", "depleted", "messenger"}


def kept(synapse: Any) -> dict[str, Any]:
    """By field, that of its receptors among them."""
    return synapse._asdict() | synapse.kinetics._asdict()


def test_a_window_in_pieces_is_the_same_bit_by_bit(alone: Network) -> None:
    state = alone.init({}, seed_key(1))
    driven = drives(STEPS)
    whole = conducting.window(alone, state, CLOCK, 200, {n: d[:200] for n, d in driven.items()})
    for start, steps in ((0, 80), (80, 120)):
        piece = {name: drive[:steps] for name, drive in driven.items()}
        state = conducting.window(alone, state, CLOCK._replace(step=start), steps, piece)
    jax.tree.map(np.testing.assert_array_equal, state, whole)


def test_the_mean_potentials_are_those_at_the_end_of_each_cycle(alone: Network) -> None:
    state, drive = alone.init({}, seed_key(1)), drives(STEPS)
    ends = []
    for cycles in (1, 2):
        steps = cycles * alone.cycle_steps
        after, means = conducting.traced(
            alone, state, CLOCK, steps, drive, (), conducting.ALL_STEPS, cycles=3
        )
        ends.append(after)
    assert set(means) == set(SIZES)
    for name, population in alone.populations.items():
        expected = [population.neuron.potential(end.neurons[name]).mean() for end in ends]
        np.testing.assert_allclose(means[name], [*expected, 0], rtol=1e-5)
        assert expected[0] != expected[1]


PLASTIC = ("pyramidal_pyramidal",)


@cache
def shipped() -> conducting.LocalSteps:
    return local_steps(described())


def test_windows_are_cut_between_cycles_and_come_to_the_same_bit_by_bit(network: Network) -> None:
    """With plasticity, long steps, and miniatures that are due or drawn on the way."""

    @jax.jit
    def live(state: NetworkState, cycle: Any, cycles: Any) -> NetworkState:
        clock, steps = CLOCK._replace(cycle=cycle), cycles * network.cycle_steps
        return conducting.window(network, state, clock, steps, {}, PLASTIC, shipped())

    ends = []
    for pieces in ((9,), (1, 5, 3), (2, 2, 5)):
        state, cycle = network.init(starting_weights(halved(), 1), seed_key(1)), 0
        for cycles in pieces:
            state = live(state, jnp.int32(FIRST + cycle), jnp.int32(cycles))
            cycle += cycles
        ends.append(state._replace(spikes={}))  # which are those of the last window
    for other in ends[1:]:
        jax.tree.map(np.testing.assert_array_equal, other, ends[0])


def noisy(network: Network) -> NetworkState:
    """A newborn network whose plastic weights differ from those that bounds are shares of."""
    state = network.init(starting_weights(halved(), 1), seed_key(1))
    weights = state.weights[PLASTIC[0]]
    drawn = np.random.default_rng(2).normal(1, 0.3, weights.shape).astype(np.float32)
    locked = drawn > 1.3
    plastic = state.plastic[PLASTIC[0]]._replace(locked=jnp.asarray(locked))
    return state._replace(
        weights=state.weights | {PLASTIC[0]: weights * drawn},
        plastic=state.plastic | {PLASTIC[0]: plastic},
    )


def test_what_a_window_learns_is_what_the_rule_makes_of_its_spikes(network: Network) -> None:
    """Of two windows, so that pairs reach from one to the other, in pieces of a cycle."""
    state = noisy(network)
    ours = theirs = state
    rule = network.rules[PLASTIC[0]]
    for cycle, cycles in ((0, 4), (4, 3)):
        clock = CLOCK._replace(cycle=jnp.int32(FIRST + cycle))
        steps = cycles * network.cycle_steps
        ours = conducting.window(network, ours, clock, steps, {}, PLASTIC)
        listed = ours.spikes["pyramidal"]
        assert int(listed.fresh) == int(listed.length) > 300
        end = jnp.int32((FIRST + cycle + cycles) * 200 % 2**32 - 2**32)
        unseen = listed._replace(fresh=jnp.int32(0))
        event = PlasticityEvent(unseen, unseen, jnp.float32(1), jnp.ones(250), end)
        weights, kept = jax.jit(apply)(
            rule, theirs.plastic[PLASTIC[0]], theirs.weights[PLASTIC[0]], event
        )
        theirs = theirs._replace(
            weights={PLASTIC[0]: weights}, plastic=theirs.plastic | {PLASTIC[0]: kept}
        )
    before, after = (np.asarray(each.weights[PLASTIC[0]]) for each in (state, ours))
    assert (np.abs(after - before) > 1e-3 * before.max()).sum() > 1000
    np.testing.assert_allclose(after, theirs.weights[PLASTIC[0]], rtol=2e-6)
    own, expected = (each.plastic[PLASTIC[0]].own for each in (ours, theirs))
    jax.tree.map(np.testing.assert_array_equal, own, expected)


def test_plasticity_wants_whole_cycles(network: Network) -> None:
    state = network.init(starting_weights(halved(), 1), seed_key(1))
    with pytest.raises(ValueError, match="no whole cycles"):
        conducting.window(network, state, CLOCK, 300, {}, PLASTIC)
    assert nearest.unlearned(network) == []


def test_quiet_blocks_take_long_steps_and_little_changes(
    network: Network, compared: dict[str, Both]
) -> None:
    """The volley starts from rest, where all of them are quiet."""
    state = network.init(starting_weights(halved(), 1), seed_key(1))
    found = conducting.window(network, state, CLOCK, STEPS, {}, (), shipped())
    fired, expected = (spikes(each, "pyramidal") for each in (found, compared["volley"][1]))
    assert len(fired) != len(expected) or (fired != expected).any()
    assert len(fired) == pytest.approx(len(expected), rel=0.01)
    first, last = (np.unique(each[:, 0], return_index=True) for each in (fired, expected))
    late = (fired[first[1], 1] - expected[last[1], 1]) * 0.05
    assert np.abs(late).max() < 0.5


def rebound(name: str) -> Any:
    """Pulled down for 50 ms, let go for 10, in which all are quiet, and made to fire for 40."""
    size = SIZES[name]
    down, up = (np.linspace(*ends, size) for ends in ((-0.5, -2.0), (0.5, 2.0)))
    return jnp.float32(np.repeat([down, np.zeros(size), up], [1000, 200, 800], axis=0))


@pytest.mark.parametrize("name", ["relay", "reticular"])
def test_thalamic_cells_take_long_steps_and_little_changes(name: str, alone: Network) -> None:
    """Each number to 3 % of how far it went, and to round-off; spikes to a long step."""
    state, drive = alone.init({}, seed_key(1)), {name: rebound(name)}
    everywhere = conducting.LocalSteps(shipped().steps, {})  # of slow gates alone

    def live(steps: int, local: conducting.LocalSteps) -> NetworkState:
        return conducting.window(alone, state, CLOCK, steps, drive, (), local)

    began = state.neurons[name]
    found, slow, expected = (
        live(1200, each).neurons[name] for each in (shipped(), everywhere, conducting.ALL_STEPS)
    )
    assert (found.v != slow.v).any()
    assert (slow.gates["t_current"].h != expected.gates["t_current"].h).any()
    for one, other, start in zip(*map(jax.tree.leaves, (found, expected, began)), strict=True):
        went, most = np.abs(other - start).max(), np.abs(other).max()
        np.testing.assert_allclose(one, other, rtol=0, atol=0.03 * went + 3e-6 * most)
    fired, every = (spikes(live(2000, each), name) for each in (shipped(), conducting.ALL_STEPS))
    assert len(every) > 30
    np.testing.assert_array_equal(fired[:, 0], every[:, 0])
    assert np.abs(fired[:, 1] - every[:, 1]).max() <= shipped().steps


def test_what_it_does_not_know_is_told(alone: Network, network: Network) -> None:
    assert conducting.refused(alone) == []
    assert conducting.refused(network) == []
    relay = alone.populations["relay"].neuron
    for changed, told in {
        "runge_kutta": dataclasses.replace(relay, method="runge_kutta"),
        "other channels": dataclasses.replace(relay, channels={"leak": relay.channels["leak"]}),
        "Odd": dataclasses.replace(relay, calcium=Odd(*vars(relay.calcium).values())),
    }.items():
        other = eqx.tree_at(lambda net: net.populations["relay"].neuron, alone, told)
        (reason,) = conducting.refused(other)
        assert reason.startswith("population relay (")
        assert changed in reason
    ampa = network.projections["relay_reticular"]
    for told, synapse in {
        "Current": Current(jnp.float32(0)),
        "kinetics Exponential": dataclasses.replace(
            ampa.synapse, kinetics=Exponential(jnp.float32(5))
        ),
        "jitter 0.5": dataclasses.replace(ampa.synapse, jitter=jnp.float32(0.5)),
        "a pulse of 1000 ms": timed(ampa.synapse, pulse=1e3),
        "a dead time within the pulse": timed(ampa.synapse, dead_time=0.1),
    }.items():
        wires = network.projections | {
            "relay_reticular": dataclasses.replace(ampa, synapse=synapse)
        }
        other = Network(network.populations, wires, network.cycle_steps)
        assert conducting.refused(other) == [f"projection relay_reticular ({told})"]


@pytest.mark.parametrize(
    ("where", "number", "told"),
    [
        (lambda synapse: synapse.jitter, 0.1, "jitter must be 0"),
        (lambda synapse: synapse.kinetics.pulse, 1e3, "pulse must be shorter"),
        (lambda synapse: synapse.kinetics.dead_time, 0.1, "dead time must outlast its pulse"),
    ],
)
def test_numbers_that_it_does_not_take_are_refused(
    where: Any, number: float, told: str, network: Network
) -> None:
    state = network.init(starting_weights(halved(), 1), seed_key(1))
    for name in ("relay_reticular", "pyramidal_pyramidal", "reticular_relay_b"):
        other = eqx.tree_at(
            lambda net, name=name: where(net.projections[name].synapse),
            network,
            jnp.float32(number),
        )
        with pytest.raises(jax.errors.JaxRuntimeError, match=told):
            jax.block_until_ready(conducting.window(other, state, CLOCK, 2, {}))


def test_the_longest_pulse_is_that_of_the_kernel(network: Network) -> None:
    """One that the kernel refuses is told beforehand. Round-off can make a step of the bound."""
    state = network.init(starting_weights(halved(), 1), seed_key(1))
    ampa = network.projections["relay_reticular"]

    def pulsing(steps: int) -> Network:
        pulse = steps * float(ampa.synapse.step_ms)
        synapse = timed(ampa.synapse, pulse=pulse, dead_time=2 * pulse)
        changed = dataclasses.replace(ampa, synapse=synapse)
        return dataclasses.replace(
            network, projections=network.projections | {"relay_reticular": changed}
        )

    longest, longer = (pulsing(receptors.MOST_STEPS + more) for more in (0, 2))
    assert conducting.refused(longest) == []
    jax.block_until_ready(conducting.window(longest, state, CLOCK, 2, {}))
    assert conducting.refused(longer) == ["projection relay_reticular (a pulse of 204.85 ms)"]
    with pytest.raises((ValueError, jax.errors.JaxRuntimeError), match="pulse must be shorter"):
        jax.block_until_ready(conducting.window(longer, state, CLOCK, 2, {}))


def timed(synapse: Any, **ms: float) -> Any:
    """With other times of its kinetics."""
    times = {name: jnp.float32(one) for name, one in ms.items()}
    return dataclasses.replace(synapse, kinetics=dataclasses.replace(synapse.kinetics, **times))


class Odd(Shell):
    """A shell that the kernel cannot know."""


def test_the_kernel_takes_constants_that_are_declared() -> None:
    parts = {part for part in library.names("Cells") if part.isalpha()}
    built_in = [kinds.of(name) for kinds in (CHANNELS, NEURONS) for name in kinds.built_in]
    declared = [one for one in built_in if one.__name__ in parts]
    assert {one.__name__ for one in declared} == parts
    for one in (*declared, Shell, AlphaBeta, *receptors.KINDS):
        names = library.names(one.__name__)
        assert len(names) == len(set(names)) > 0
        assert set(names) <= {field.name for field in dataclasses.fields(one)}


def test_arrays_of_another_size_are_refused(alone: Network) -> None:
    state = alone.init({}, seed_key(1))
    relay = state.neurons["relay"]
    wrong = state._replace(neurons=state.neurons | {"relay": relay._replace(i=jnp.zeros(6))})
    with pytest.raises(jax.errors.JaxRuntimeError, match=r"population \d: i must be .* \[5\]"):
        jax.block_until_ready(conducting.window(alone, wrong, CLOCK, 2, {}))
    drive = {"relay": jnp.zeros((3, 6))}
    with pytest.raises(jax.errors.JaxRuntimeError, match=r"population \d: drive must be"):
        jax.block_until_ready(conducting.window(alone, state, CLOCK, 2, drive))


def test_cells_are_told_apart_by_their_channels(alone: Network) -> None:
    kinds = {name: cells.kind(pop.neuron) for name, pop in alone.populations.items()}
    assert kinds == {"pyramidal": 0, "interneuron": 1, "relay": 2, "reticular": 3}
