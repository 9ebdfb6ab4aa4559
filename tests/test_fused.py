"""The fused GPU kernel in Pallas' interpreter, against the plain simulation; and that it lowers.

Whole cycles with plasticity are compared with the reference in test_parity.py.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import configured

from sleeprun import noise
from sleeprun.config.runtime import Engine
from sleeprun.spiking import native
from sleeprun.spiking.build import build, starting_weights
from sleeprun.spiking.network import Clock, Network, NetworkState, kick
from sleeprun.spiking.simulate import advance

# Jitter that excites the output neurons although inhibition balances the mean.
SMALL = (
    "network.populations.hidden.size=60",
    "network.projections.hidden_output.synapse.jitter=1.0",
)
RECURRENT = (
    "+network.projections.hidden_hidden={pre: hidden, post: hidden, "
    "wiring: {kind: random, probability: 0.2}, weights: {kind: constant, value: 0.002}, "
    "synapse: {kind: current, jitter: 0.12}, plasticity: null}"
)


def streams(count: int) -> Any:
    return jnp.stack([noise.stream(noise.seed_key(seed), 11) for seed in range(count)])


def network_of(engine: Engine, *overrides: str) -> tuple[Network, NetworkState]:
    """A network that sees some food and whose neurons differ in their resistance."""
    config = configured(*overrides).network
    network = build(config, engine)
    state = network.init(starting_weights(config, 3))
    resistance = {name: jnp.linspace(0.5, 1.5, r.size) for name, r in state.resistance.items()}
    state = state._replace(resistance=resistance)
    food = jnp.arange(network.populations["input"].size) % 5 == 0
    return network, kick(network, state, "input", jnp.where(food, 0.025, 0.0))


def window(network: Network, state: NetworkState, words: Any) -> NetworkState:
    """From the second step of a cycle to its end, with kicks to hidden neurons at any step."""
    steps, size = network.cycle_steps - 1, network.populations["hidden"].size
    draws = noise.uniform(words, jnp.arange(steps)[:, None], jnp.arange(size))
    kicks = jnp.where(draws < 1 / steps, 0.025, 0.0)
    return advance(network, state, Clock(jnp.int32(1), 1, words), steps, {"hidden": kicks})


def both(*overrides: str) -> tuple[NetworkState, NetworkState]:
    """The same window by the fused kernel and by the plain simulation."""
    ends = []
    for engine in ("fused", "by_step"):
        network, state = network_of(engine, *overrides)
        ends.append(jax.jit(lambda s, network=network: window(network, s, streams(1)[0]))(state))
    return ends[0], ends[1]


def assert_same_spikes(ours: NetworkState, theirs: NetworkState) -> None:
    """Bit for bit, the lists' ends and marks included."""
    for name, spikes in ours.spikes.items():
        for a, b in zip(spikes, theirs.spikes[name], strict=True):
            np.testing.assert_array_equal(a, b)


# At each of the steps a result may be rounded otherwise, by half a unit in the last place, and what
# is handed on does not grow: of potentials, which are of order 1, and of currents, as of a kick.
ROUNDING = 599 * 2.0**-24
ORDER = {"i": 0.025}


@pytest.mark.parametrize(
    "override", ["seeds=1", RECURRENT, "network.populations.hidden.neuron=lif"]
)
def test_any_wiring_and_neuron_is_as_in_the_plain_simulation(override: str) -> None:
    fused, plain = both(*SMALL, override)
    assert_same_spikes(fused, plain)
    for name, cell in fused.neurons.items():
        assert fused.spikes[name].length > 0, f"{name} never spiked"
        for field, ours in cell._asdict().items():
            theirs, atol = getattr(plain.neurons[name], field), ROUNDING * ORDER.get(field, 1.0)
            np.testing.assert_allclose(ours, theirs, rtol=ROUNDING, atol=atol, err_msg=field)


def test_spikes_without_room_are_told() -> None:
    fused, plain = both(*SMALL, "network.populations.hidden.spike_capacity=3")
    assert_same_spikes(fused, plain)
    assert fused.spikes["hidden"].overflowed


def test_vmapped_networks_are_the_networks_one_at_a_time() -> None:
    network, state = network_of("fused", *SMALL)
    one = jax.jit(lambda words: window(network, state, words))
    together = jax.vmap(one)(streams(3))
    for seed, words in enumerate(streams(3)):
        for ours, alone in zip(jax.tree.leaves(together), jax.tree.leaves(one(words)), strict=True):
            np.testing.assert_array_equal(ours[seed], alone)
    assert len(set(np.asarray(together.spikes["hidden"].length))) > 1


def test_auto_takes_it_on_a_gpu(monkeypatch: Any) -> None:
    config = configured()
    monkeypatch.setattr(native, "available", lambda: False)
    monkeypatch.setattr(jax, "default_backend", lambda: "cpu")
    assert config.engine() == "by_layer"
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert config.engine() == "fused"


def test_a_window_of_all_seeds_lowers_to_one_launch_on_a_gpu() -> None:
    """The published network through Pallas and Triton, which needs no GPU."""
    network, state = network_of("fused")
    all_seeds = jax.jit(jax.vmap(lambda words: window(network, state, words)))
    text = all_seeds.trace(streams(5)).lower(lowering_platforms=("cuda",)).as_text()
    assert text.count("@__gpu$xla.gpu.triton") == 1
    assert "grid_x = 5" in text
