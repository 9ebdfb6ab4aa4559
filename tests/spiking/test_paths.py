"""Every pair of neuron and synapse kinds: by layer as step by step, spike for spike."""

from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float
from small_networks import (
    ALPHA_BETA,
    CELLS,
    CONDUCTANCES,
    CROSSING,
    CURRENT,
    EXPONENTIAL,
    KICKS,
    config_of,
    kicked,
    kicks_of,
    population,
    projection,
    spikes_of,
)

from sleeprun.config.declared import number
from sleeprun.config.runtime import Engine
from sleeprun.spiking.neurons.lif import LIF
from sleeprun.spiking.schema import NetworkConfig, contradictions
from sleeprun.spiking.synapses import Synapse
from sleeprun.spiking.synapses.current import Current

SYNAPSES = {"current": CURRENT, "exponential": EXPONENTIAL, "alpha_beta": ALPHA_BETA}
PAIRS = [
    (neuron, synapse)
    for neuron in CELLS
    for synapse in SYNAPSES
    if synapse == "current" or neuron in CONDUCTANCES
]


def joined(pre: str, post: str, neuron: str, synapse: str, share: float = 1.0, **more: Any) -> Any:
    peak = CROSSING[neuron] / 4 if synapse == "current" else CONDUCTANCES[neuron]
    return projection(pre, post, share * peak, synapse=SYNAPSES[synapse], **more)


def feed_forward(neuron: str, synapse: str) -> NetworkConfig:
    populations = {name: population(neuron, 12) for name in "ac"}
    return config_of(populations, {"ac": joined("a", "c", neuron, synapse, 2.0)})


def recurrent(neuron: str, synapse: str) -> NetworkConfig:
    """Input to an excitatory population, which excites itself and is inhibited by LIF neurons."""
    populations = {
        "a": population(neuron, 12),
        "b": population(neuron, 12),
        "inhibition": population("lif", 6),
        "c": population(neuron, 5),
    }
    calming: dict[str, Any] = {"synapse": SYNAPSES[synapse], "sign": "inhibitory"}
    if synapse != "current":
        calming = {"synapse": SYNAPSES[synapse] | {"reversal": -80.0}}
    weight = CROSSING[neuron] / 8 if synapse == "current" else CONDUCTANCES[neuron]
    projections = {
        "ab": joined("a", "b", neuron, synapse),
        "bb": joined("b", "b", neuron, synapse, 0.3),
        "b_inhibition": projection("b", "inhibition", 0.02),
        "inhibition_b": projection("inhibition", "b", weight, **calming),
        "bc": joined("b", "c", neuron, synapse),
    }
    return config_of(populations, projections)


# Both shapes with every pair; of the conductances, one is tried in short in each.
SHORT = {feed_forward: ("current", "alpha_beta"), recurrent: ("current", "exponential")}
SHAPES = [
    pytest.param(shape, *pair, marks=() if pair[1] in short else pytest.mark.long)
    for shape, short in SHORT.items()
    for pair in PAIRS
]


@pytest.mark.parametrize(("shape", "neuron", "synapse"), SHAPES)
def test_by_layer_has_the_spikes_of_the_plain_simulation(
    shape: Any, neuron: str, synapse: str
) -> None:
    config = shape(neuron, synapse)
    assert not list(contradictions(config))
    kicks = {"a": kicks_of(12, KICKS[neuron])}
    (layered, one), (_, other) = (kicked(config, e, kicks) for e in ("by_layer", "by_step"))
    assert len(layered.stages()) > 1
    assert spikes_of(one) == spikes_of(other)
    for name, spikes in spikes_of(one).items():
        assert spikes, f"{name} is silent"
    same = partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-5)
    jax.tree.map(same, one.synapses, other.synapses)
    jax.tree.map(same, one.neurons, other.neurons)


def test_inhibition_calms() -> None:
    config = recurrent("adex", "exponential")
    kicks = {"a": kicks_of(12, KICKS["adex"])}
    calmed = spikes_of(kicked(config, "by_layer", kicks)[1])
    projections = {k: p for k, p in config.projections.items() if k != "inhibition_b"}
    free = config.model_copy(update={"projections": projections})
    excited = spikes_of(kicked(free, "by_layer", kicks)[1])
    assert len(calmed["b"]) < 0.9 * len(excited["b"])


class Facilitating(Synapse):
    """A spike adds its weight, times one plus a share of how many there were, of any neuron."""

    growth: Float[Array, ""] = number("by each spike", ge=0)

    def init(self, pre: int, post: int) -> Any:
        return jnp.float32(0.0)

    def step(self, state: Any, fired: Any, along: Any, v: Any) -> Any:
        released = fired.astype(jnp.float32) * (1 + self.growth * state)
        return state + fired.sum().astype(jnp.float32), self.delivered(released, along)


class Doubled(Current):
    """Every spike counts twice; says nothing of whole windows."""

    def step(self, state: Any, fired: Any, along: Any, v: Any) -> Any:
        return state, self.delivered(2 * fired.astype(jnp.float32), along)


class Hasty(LIF):
    """A LIF neuron that fires at half the threshold."""

    def step(self, state: Any) -> Any:
        return super().step(state._replace(v=2 * state.v))


@cache
def heard(engine: Engine, kind: str, **more: float) -> int:
    """How many spikes come after some, through synapses of a kind."""
    populations = {"a": population("rulkov", 12), "b": population("rulkov", 12)}
    entry = projection("a", "b", 0.012, synapse={"kind": kind, "jitter": 0.0, **more})
    config = config_of(populations, {"ab": entry})
    return len(spikes_of(kicked(config, engine, {"a": kicks_of(12, 0.08)})[1])["b"])


@pytest.mark.parametrize("engine", ["by_step", "by_layer", "native", "fused"])
def test_a_synapse_of_ones_own_runs_on_every_path(engine: Engine) -> None:
    """Nothing built-in stands in for it, not even for what derives from a built-in."""
    plain = heard("by_layer", "current")
    assert heard("by_layer", f"{__name__}.Facilitating", growth=0.0) == plain
    assert heard(engine, f"{__name__}.Doubled") > plain
    assert heard(engine, f"{__name__}.Facilitating", growth=1.0) > plain


@cache
def fired(engine: Engine, neuron: str) -> int:
    hasty = CELLS["lif"] | {"kind": f"{__name__}.Hasty"}
    config = config_of({"a": population(neuron, 8)}, {}, CELLS | {"hasty": hasty})
    return len(spikes_of(kicked(config, engine, {"a": kicks_of(8, 0.015)})[1])["a"])


@pytest.mark.parametrize("engine", ["by_step", "by_layer", "native", "fused"])
def test_a_neuron_of_ones_own_runs_on_every_path(engine: Engine) -> None:
    assert fired(engine, "hasty") > fired("by_layer", "lif")
