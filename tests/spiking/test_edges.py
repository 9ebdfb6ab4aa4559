"""A network by its synapses alone, [slot, post], as by pairs of neurons: spike for spike."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small_networks import ALPHA_BETA, CONDUCTANCES, config_of, kicks_of, population, projection

from sleeprun.noise import seed_key
from sleeprun.spiking.build import build, starting_weights
from sleeprun.spiking.edges import in_pairs, packed, slots, sources_of
from sleeprun.spiking.learning import learn
from sleeprun.spiking.network import Clock
from sleeprun.spiking.simulate import advance

WINDOWS = 3
AMPA = ALPHA_BETA | {"reversal": 0.0, "jitter": 0.3}
QUANTAL = AMPA | {"kind": "quantal", "use": 0.07, "mini": 0.5, "mini_rate": 200.0}
NMDA = AMPA | {"kind": "nmda"}
STDP = {"kind": "nearest_stdp", "reach": 400, "weight_min": 1e-5, "weight_max": 2.0}
STDP |= {"normalise": False, "potentiation": 0.02, "depression": 0.01}


def network(engine: Any = "by_step") -> tuple[Any, dict[str, Any]]:
    """Two populations, one of them joined to itself, with every kind of synapse that takes slots
    and one that does not.
    """
    weight = CONDUCTANCES["channels"]
    gaba = AMPA | {"kind": "gaba_b", "reversal": -95.0, "use": None, "recovery": None}
    of = {
        "ab": projection("a", "b", weight, synapse=QUANTAL, plasticity="stdp"),
        "bb": projection("b", "b", weight / 4, synapse=NMDA),
        "ba": projection("b", "a", weight / 4, synapse=gaba),
        "aa": projection("a", "a", weight / 8, synapse=AMPA),
        "by_current": projection("a", "b", 0.5),
    }
    config = config_of(
        {name: population("channels", 14) for name in "ab"}, of, rules={"stdp": STDP}
    )
    weights = {name: np.asarray(each) for name, each in starting_weights(config, 3).items()}
    return build(config, engine), weights


def lived(net: Any, weights: dict[str, Any], edges: dict[str, Any]) -> Any:
    """Some windows with kicks, and plasticity after each."""
    drive = {"a": jnp.asarray(kicks_of(14, 25.0))}

    @jax.jit
    def born() -> Any:
        state = net.init({name: jnp.asarray(each) for name, each in weights.items()})
        return packed(net, state, edges)

    @jax.jit
    def window(state: Any, cycle: Any) -> Any:
        clock = Clock(cycle, 0, seed_key(1))
        state = advance(net, state, clock, 100, drive, edges)
        after = clock._replace(cycle=cycle + 1)
        return learn(net, state, after, jnp.float32(0), ("ab",), edges), state.spiked

    state, spiked = born(), []
    for cycle in range(WINDOWS):
        state, counted = window(state, jnp.int32(cycle))
        spiked.append(counted)
    return state, spiked


@pytest.mark.parametrize("backend", ["cpu", "gpu"])
@pytest.mark.parametrize("engine", ["by_step", "by_layer"])
def test_spikes_and_weights_are_those_of_pairs(engine: Any, backend: str, monkeypatch: Any) -> None:
    """As a CPU computes it, or without a condition or a loop over spikes, as an accelerator."""
    net, weights = network(engine)
    wide = slots(net, [weights])
    assert set(wide) == {"ab", "bb", "ba", "aa"}
    edges = {name: jnp.asarray(each) for name, each in sources_of(weights, wide).items()}
    by_pairs, counts = lived(net, weights, {})
    monkeypatch.setattr(jax, "default_backend", lambda: backend)
    by_edges, same = lived(net, weights, edges)
    assert all(np.sum(each["b"]) > 10 for each in counts)
    jax.tree.map(np.testing.assert_array_equal, counts, same)
    assert by_edges.weights["ab"].shape == edges["ab"].shape
    learned = in_pairs(by_edges.weights["ab"], edges["ab"], 14)
    assert np.abs(by_pairs.weights["ab"] - weights["ab"]).max() > 1e-3 * weights["ab"].max()
    np.testing.assert_allclose(learned, by_pairs.weights["ab"], rtol=1e-5)
    np.testing.assert_array_equal(by_edges.spikes["b"].time, by_pairs.spikes["b"].time)


def test_slots_are_as_many_as_any_network_needs_and_spare_ones_bring_nothing() -> None:
    net, weights = network()
    fewer = {name: each * (np.arange(14) < 3) for name, each in weights.items()}
    assert slots(net, [fewer, weights]) == slots(net, [weights])
    sources = sources_of(fewer, slots(net, [weights]))["ab"]
    taken = np.take_along_axis(fewer["ab"], sources, axis=0)
    assert (taken[:, 3:] == 0).all()
    np.testing.assert_array_equal(
        in_pairs(jnp.asarray(taken), jnp.asarray(sources), 14), fewer["ab"]
    )
