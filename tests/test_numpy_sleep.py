"""The plain NumPy program that sleep is timed against is the same sleep."""

import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from replaying import ALPHA, by_engine, image, newborn, rasters, rule

from sleeprun.gradient.replay import Asleep


@pytest.fixture
def numpy_sleep(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "scripts"))
    from speed import numpy_sleep

    yield numpy_sleep
    for name in [name for name in sys.modules if name.split(".")[0] == "speed"]:
        del sys.modules[name]


def ours(numpy_sleep: Any, **changed: float) -> Any:
    known = [name for name in numpy_sleep.Rule._fields if name != "alpha"]
    numbers = {name: np.asarray(getattr(rule(**changed), name)).tolist() for name in known}
    return numpy_sleep.Rule(**numbers, alpha=ALPHA.tolist())


def lists(state: Asleep) -> tuple[list[np.ndarray], list[np.ndarray]]:
    return [np.array(one) for one in state.weights], [np.array(one) for one in state.membrane]


def test_the_same_input_makes_the_same_spikes(numpy_sleep: Any) -> None:
    raster, (weights, membrane) = rasters(), lists(newborn())
    counts = [
        numpy_sleep.step(ours(numpy_sleep), weights, membrane, np.flatnonzero(spikes))
        for spikes in np.asarray(raster)
    ]
    slept, found = by_engine("by_step", rule(), newborn(), raster)
    assert found.min() > 50
    assert np.sum(counts, axis=0).tolist() == found.tolist()
    for one, other in zip((*weights, *membrane), jax.tree.leaves(slept), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=3e-6)


def test_its_own_noise_is_as_lively(numpy_sleep: Any) -> None:
    """With weights that stay as they are: spikes of the first layer, of many steps."""
    steps, still = 20_000, {"inc": 0.0, "dec": 0.0}
    weights, membrane = lists(newborn())
    bright = np.asarray(image()).reshape(6, 6)
    rng = np.random.default_rng(0)
    shown = numpy_sleep.Drive(max_rate=200.0, dt=0.001, patch=4)
    counts = numpy_sleep.sleep(
        ours(numpy_sleep, **still), shown, weights, membrane, bright, steps, rng
    )
    _, found = by_engine("native", rule(**still), newborn(), jnp.asarray(rasters(steps)))
    np.testing.assert_allclose(counts / found, 1.0, atol=0.02)
