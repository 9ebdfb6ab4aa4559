"""The neuron that the benchmark gives to Brian2 is ours."""

import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sleeprun.spiking.neurons.rulkov import RulkovMap

PYTHON = Path(sys.prefix) / "brian2" / "bin" / "python"  # as `make benchmark` sets it up
SCRIPTS = Path(__file__).parents[1] / "scripts" / "speed"
CYCLES = 3
PROGRAM = f"""
import sys
import numpy as np
from brian2 import Network, SpikeMonitor, defaultclock, prefs
prefs.codegen.target = "numpy"
prefs.core.default_float_dtype = np.float32
from brian2_network import CYCLE, DT, rulkov
defaultclock.dt = DT
cells = rulkov(1, np.load(sys.argv[1]))
cells.chance = 1
spikes = SpikeMonitor(cells)
Network(cells, spikes).run({CYCLES} * CYCLE * DT)
print(*np.round(spikes.t / DT).astype(int))
"""


def ours(neuron: RulkovMap, kick: float) -> list[int]:
    """The steps at which a neuron spikes that is kicked every 600 steps."""

    def step(state, time):
        state = state._replace(i=state.i + jnp.where(time % 600 == 0, kick, 0.0))
        return neuron.step(state)

    fired = jax.lax.scan(step, neuron.init(1), jnp.arange(600 * CYCLES))[1]
    return np.flatnonzero(fired).tolist()


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON.exists(), reason="Brian2 is not set up")
@pytest.mark.parametrize("kick", [0.025, 0.1])
def test_brian2_neuron_spikes_when_ours_does(tiny, tmp_path: Path, kick: float) -> None:
    neuron = tiny().network.neurons["rulkov"].make()
    numbers = {name: np.asarray(value) for name, value in vars(neuron).items()}
    np.savez(tmp_path / "numbers.npz", kick=kick, **numbers)
    command = [PYTHON, "-c", PROGRAM, str(tmp_path / "numbers.npz")]
    done = subprocess.run(command, cwd=SCRIPTS, capture_output=True, text=True, check=True)
    theirs = [int(step) for step in done.stdout.split()]
    assert theirs[0] in (64, 65) if kick == 0.025 else len(theirs) > CYCLES
    assert theirs == ours(neuron, kick)
