"""Every pair of neuron and synapse kinds: by layer as step by step, spike for spike."""

from typing import Any

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
    populations = {name: population(neuron, 12) for name in "abc"}
    pairs = {"ab": ("a", "b"), "bc": ("b", "c"), "ac": ("a", "c")}
    return config_of(
        populations, {name: joined(*ends, neuron, synapse) for name, ends in pairs.items()}
    )


def recurrent(neuron: str, synapse: str) -> NetworkConfig:
    """Input to an excitatory population, which excites itself and is inhibited by LIF neurons."""
    populations = {
        "a": population(neuron, 12),
        "b": population(neuron, 12),
        "inhibition": population("lif", 6),
        "c": population(neuron, 5),
    }
    calming = {"synapse": SYNAPSES[synapse], "sign": "inhibitory"}
    if synapse != "current":
        calming["synapse"] = calming["synapse"] | {"reversal": -80.0}
    weight = CROSSING[neuron] / 8 if synapse == "current" else CONDUCTANCES[neuron]
    projections = {
        "ab": joined("a", "b", neuron, synapse),
        "bb": joined("b", "b", neuron, synapse, 0.3),
        "b_inhibition": projection("b", "inhibition", 0.02),
        "inhibition_b": projection("inhibition", "b", weight, **calming),
        "bc": joined("b", "c", neuron, synapse),
    }
    return config_of(populations, projections)


@pytest.mark.parametrize(("neuron", "synapse"), PAIRS)
@pytest.mark.parametrize("shape", [feed_forward, recurrent])
def test_by_layer_has_the_spikes_of_the_plain_simulation(
    shape: Any, neuron: str, synapse: str
) -> None:
    config = shape(neuron, synapse)
    assert not list(contradictions(config))
    kicks = {"a": kicks_of(12, KICKS[neuron])}
    (layered, one), (_, other) = (kicked(config, e, kicks) for e in ("by_layer", "by_step"))
    assert len(layered.stages()) == 3
    assert spikes_of(one) == spikes_of(other)
    for name, spikes in spikes_of(one).items():
        assert spikes, f"{name} is silent"
    for there, here in zip(one.synapses, other.synapses, strict=True):
        assert there == here
    np.testing.assert_allclose(one.neurons["c"].v, other.neurons["c"].v, atol=1e-2)


@pytest.mark.parametrize("synapse", SYNAPSES)
def test_inhibition_calms(synapse: str) -> None:
    config = recurrent("adex", synapse)
    kicks = {"a": kicks_of(12, KICKS["adex"])}
    calmed = spikes_of(kicked(config, "by_layer", kicks)[1])
    projections = {k: p for k, p in config.projections.items() if k != "inhibition_b"}
    free = config.model_copy(update={"projections": projections})
    excited = spikes_of(kicked(free, "by_layer", kicks)[1])
    assert len(calmed["b"]) < 0.9 * len(excited["b"])


class Facilitating(Synapse):
    """A spike adds its weight, times one plus how many there were before."""

    growth: Float[Array, ""] = number("by each spike", ge=0)

    def init(self, pre: int, post: int) -> Any:
        return jnp.zeros(pre)

    def step(self, state: Any, fired: Any, along: Any, v: Any) -> Any:
        released = jnp.where(fired, 1 + self.growth * state, 0.0)
        return state + fired.astype(jnp.float32), self.delivered(released, along)


class Doubled(Current):
    """Every spike counts twice; says nothing of whole windows."""

    def step(self, state: Any, fired: Any, along: Any, v: Any) -> Any:
        return state, self.delivered(2 * fired.astype(jnp.float32), along)


class Hasty(LIF):
    """A LIF neuron that fires at half the threshold."""

    def step(self, state: Any) -> Any:
        return super().step(state._replace(v=2 * state.v))


@pytest.mark.parametrize("engine", ["by_step", "by_layer", "native", "fused"])
def test_a_synapse_of_ones_own_runs_on_every_path(engine: Any) -> None:
    """Nothing built-in stands in for it, not even for what derives from a built-in."""

    def spikes(**synapse: Any) -> list[int]:
        populations = {"a": population("rulkov", 12), "b": population("rulkov", 12)}
        entry = projection("a", "b", 0.004, synapse=synapse)
        state = kicked(config_of(populations, {"ab": entry}), engine, {"a": kicks_of(12, 0.08)})[1]
        return spikes_of(state)["b"]

    plain = spikes(kind="current", jitter=0.0)
    doubled = spikes(kind=f"{__name__}.Doubled", jitter=0.0)
    growing = spikes(kind=f"{__name__}.Facilitating", jitter=0.0, growth=5.0)
    assert spikes(kind=f"{__name__}.Facilitating", jitter=0.0, growth=0.0) == plain
    assert len(doubled) > len(plain)
    assert len(growing) > len(plain)


@pytest.mark.parametrize("engine", ["by_step", "by_layer", "native", "fused"])
def test_a_neuron_of_ones_own_runs_on_every_path(engine: Any) -> None:
    hasty = CELLS["lif"] | {"kind": f"{__name__}.Hasty"}

    def spikes(neuron: str) -> list[int]:
        config = config_of({"a": population(neuron, 8)}, {}, CELLS | {"hasty": hasty})
        return spikes_of(kicked(config, engine, {"a": kicks_of(8, 0.015)})[1])["a"]

    assert len(spikes("hasty")) > len(spikes("lif"))
