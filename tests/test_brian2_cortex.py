"""The cortex that the benchmark gives to Brian2 is ours, whatever its numbers are."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import composed

from sleeprun.noise import seed_key
from sleeprun.spiking.build import build, starting_weights
from sleeprun.spiking.network import Clock, Network
from sleeprun.spiking.schema import NetworkConfig
from sleeprun.spiking.simulate import advance

PYTHON = Path(sys.prefix) / "brian2" / "bin" / "python"  # as `make benchmark` sets it up
SCRIPTS = Path(__file__).parents[1] / "scripts"
SHIPPED = ("network=gonzalez2020", "sleep=n3")
SMALL = ("network.populations.pyramidal.size=12", "network.populations.interneuron.size=4")
DRIVE = {"pyramidal": np.linspace(0, 3, 12), "interneuron": np.linspace(0, 4, 4)}
STEPS = 800
FOREVER = 1e4
PROGRAM = f"""
import json, sys
import numpy as np
from brian2 import defaultclock, ms, prefs
from brian2_cortex import cortex
prefs.codegen.target = "numpy"
prefs.core.default_float_dtype = np.float32
told, drive = json.load(sys.stdin)
defaultclock.dt = told["step_ms"] * ms
network = cortex(told, 0)
for name, current in drive.items():
    network[name].drive = np.array(current)
network.run({STEPS} * defaultclock.dt)
found = {{name: [network[name].v[:].tolist(), network[name].counted[:].tolist()] for name in drive}}
print(json.dumps(found))
"""


@pytest.fixture
def speed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import speed.cortex
    import speed.living

    yield speed
    for name in [name for name in sys.modules if name.split(".")[0] == "speed"]:
        del sys.modules[name]


def described(speed: Any) -> NetworkConfig:
    overrides = speed.living.without_thalamus(composed(*SHIPPED))
    return NetworkConfig.model_validate(composed(*SHIPPED, *overrides, *SMALL)["network"])


def otherwise(network: Network, factor: float) -> Network:
    """Every constant by so much; and never a miniature, as those are drawn otherwise there."""

    def changed(path: tuple[Any, ...], leaf: Any) -> Any:
        name = path[-1].name
        if name == "step_ms" or not eqx.is_inexact_array(leaf):
            return leaf
        return leaf * (FOREVER if name == "mini_silence" else factor)

    return jax.tree_util.tree_map_with_path(changed, network)


def test_a_config_without_thalamus_is_the_cortex(speed: Any) -> None:
    config = described(speed)
    assert list(config.populations) == list(DRIVE)
    ends = {end for each in config.projections.values() for end in (each.pre, each.post)}
    assert ends == set(DRIVE)


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON.exists(), reason="Brian2 is not set up")
@pytest.mark.parametrize("factor", [1.0, 1.03])
def test_brian2_cells_do_what_ours_do(speed: Any, factor: float) -> None:
    config = described(speed)
    network = otherwise(build(config, "by_step"), factor)
    state = network.init(starting_weights(config, 0), seed_key(0))
    told = speed.cortex.description(network, state, config.step_ms)
    given = json.dumps([told, {name: current.tolist() for name, current in DRIVE.items()}])
    command = [PYTHON, "-c", PROGRAM]
    done = subprocess.run(
        command, cwd=SCRIPTS / "speed", input=given, capture_output=True, text=True, check=True
    )
    drive = {
        name: jnp.tile(jnp.asarray(each, jnp.float32), (STEPS, 1)) for name, each in DRIVE.items()
    }
    after = advance(network, state, Clock(jnp.int32(0), 0, seed_key(1)), STEPS, drive)
    for name, (v, spikes) in json.loads(done.stdout).items():
        assert spikes == after.spiked[name].tolist()
        assert max(spikes) > 2
        np.testing.assert_allclose(v, after.neurons[name].v, rtol=0, atol=0.02)  # mV
