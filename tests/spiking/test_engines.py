"""What is told of how a network will be simulated: engines, what they refuse, what it costs."""

import subprocess
import sys
from typing import Any

import pytest
from small_networks import CELLS, CURRENT, EXPONENTIAL, config_of, population, projection

from sleeprun.config import ConfigError
from sleeprun.spiking import fused, native
from sleeprun.spiking.build import build
from sleeprun.spiking.engines import NO_KERNEL, choose
from sleeprun.spiking.network import Network
from sleeprun.spiking.neurons.rulkov import RulkovMap
from sleeprun.spiking.plasticity.stdp import STDP
from sleeprun.spiking.schema import NetworkConfig
from sleeprun.spiking.synapses.current import Current

STDP_KEYS: dict[str, Any] = {
    "kind": "stdp",
    "rewarded": False,
    "amplitude": 0.4,
    "tau": 40.0,
    "reach": 120,
    "lifetime": 6,
    "age_offset": 600.0,
    "gain": 1.0,
    "clip": 0.01,
    "weight_min": 1e-5,
    "weight_max": 1.0,
    "mean_smoothing": 0.001,
    "mean_floor": 1e-10,
    "trace_capacity": 64,
}


class OwnRule(STDP):
    pass


class OwnSynapse(Current):
    pass


class OwnNeuron(RulkovMap):
    pass


OWN_SYNAPSE = CURRENT | {"kind": f"{__name__}.OwnSynapse"}


def network(
    neuron: str = "rulkov",
    back: bool = False,
    synapse: dict[str, Any] = CURRENT,
    rule: dict[str, Any] | None = None,
) -> Network:
    own = CELLS["rulkov"] | {"kind": f"{__name__}.OwnNeuron"}
    populations = {"a": population("rulkov", 4), "b": population(neuron, 3)}
    entry = projection("a", "b", 0.1, synapse=synapse, plasticity="rule" if rule else None)
    projections = {"ab": entry} | ({"ba": projection("b", "a", 0.1)} if back else {})
    rules = {"rule": rule} if rule else {}
    return build(config_of(populations, projections, CELLS | {"own": own}, rules))


@pytest.fixture(autouse=True)
def built_with_its_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "available", lambda: True)


def test_what_the_compiled_kernel_knows_it_takes() -> None:
    assert choose(network(), "auto", "cpu")[:4] == ("native", "native", (), None)
    assert choose(network(rule=STDP_KEYS), "native", "cpu")[:4] == ("native", "native", (), None)


@pytest.mark.parametrize(
    ("given", "refused", "slower"),
    [
        ({"neuron": "lif"}, "population b (LIF)", 12),
        ({"neuron": "own"}, "population b (OwnNeuron)", None),  # though Rulkov's was measured
        ({"synapse": OWN_SYNAPSE}, "projection ab (OwnSynapse)", None),
        ({"back": True}, "feedback among a, b", 100),
        ({"neuron": "own", "back": True}, "population b (OwnNeuron), feedback among a, b", None),
    ],
)
def test_what_it_does_not_know_is_simulated_by_layer_and_told(
    given: dict[str, Any], refused: str, slower: int | None
) -> None:
    chosen = choose(network(**given), "auto", "cpu")
    assert chosen.engine == "by_layer"
    assert chosen.learning == "portable"
    assert ", ".join(chosen.refused) == refused
    assert chosen.told is not None
    assert chosen.told.startswith(f"the compiled kernel does not take {refused}: ")
    assert chosen.measured == (slower is not None)
    much = f"about {slower} times slower" if slower else "slower; not measured how much"
    assert chosen.told.endswith(f": simulated by_layer, {much}")
    assert not slower or chosen.slower == slower
    with pytest.raises(ConfigError, match=r"runtime.simulate='native': the compiled kernel does"):
        choose(network(**given), "native", "cpu")


@pytest.mark.parametrize("neuron", ["adex", "channels"])
def test_substeps_make_a_network_slower(neuron: str) -> None:
    """Of the slowest of its neurons."""
    few, many = (choose(build(substeps_of(neuron, count)), "by_layer", "cpu") for count in (1, 20))
    assert few.measured
    assert many.measured
    assert many.slower > few.slower > 12


def substeps_of(neuron: str, count: int) -> NetworkConfig:
    cells = CELLS | {neuron: CELLS[neuron] | {"substeps": count}}
    populations = {"a": population("rulkov", 4), "b": population(neuron, 3)}
    return config_of(populations, {"ab": projection("a", "b", 0.1)}, cells)


def test_all_that_is_refused_is_told_in_one_line() -> None:
    chosen = choose(network("adex", True, EXPONENTIAL), "auto", "cpu")
    assert chosen.refused == (
        "population b (AdEx)",
        "projection ab (Conductance)",
        "feedback among a, b",
    )
    assert chosen.told is not None
    assert ", ".join(chosen.refused) in chosen.told


@pytest.mark.parametrize(
    "rule", [STDP_KEYS | {"kind": f"{__name__}.OwnRule"}, STDP_KEYS | {"normalise": False}]
)
@pytest.mark.parametrize("wanted", ["auto", "native"])
def test_a_rule_that_it_does_not_know_leaves_it_the_simulation(wanted: Any, rule: Any) -> None:
    chosen = choose(network(rule=rule), wanted, "cpu")
    assert chosen[:2] == ("native", "portable")
    assert chosen.refused[0].startswith("projection ab (rule ")
    assert chosen.told is not None
    assert "so XLA computes the learning: about" in chosen.told


@pytest.mark.parametrize("wanted", ["by_layer", "by_step"])
def test_a_plain_engine_takes_all(wanted: Any) -> None:
    everything = network("adex", True, EXPONENTIAL)
    assert choose(everything, wanted, "cpu")[:4] == (wanted, "portable", (), None)


def test_without_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "available", lambda: False)
    assert choose(network(), "auto", "cpu")[:4] == ("by_layer", "portable", (), None)
    assert choose(network(), "auto", "tpu").engine == "by_layer"
    assert choose(network("lif"), "auto", "gpu").engine == "fused"
    with pytest.raises(ConfigError, match="built without its kernel"):
        choose(network(), "native", "cpu")
    chosen = choose(network("own"), "auto", "gpu")
    assert chosen.engine == "by_layer"
    assert chosen.refused == ("population b (OwnNeuron)",)
    with pytest.raises(ConfigError, match="the fused kernel does not take population b"):
        choose(network("adex"), "fused", "gpu")


def test_kernels_know_types_and_not_what_derives_from_them() -> None:
    for given in ({"neuron": "own"}, {"synapse": OWN_SYNAPSE}):
        assert len(native.refused(network(**given))) == 1
        assert len(fused.refused(network(**given))) == 1
    assert fused.refused(network("lif", back=True)) == []


def test_without_a_kernel_cells_of_channels_are_simulated_all_the_same() -> None:
    program = """
from sleeprun.spiking.native import library
library.PLACES = ()
import sleeprun
print(sleeprun.compose("gonzalez2020/dynamics").chosen.engine)
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (told.stdout, told.stderr) == ("by_layer\n", f"{NO_KERNEL}\n")
