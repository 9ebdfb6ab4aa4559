"""A small perceptron asleep: its rule, its drive, and what it is shown."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

from sleeprun import noise
from sleeprun.gradient import replay
from sleeprun.gradient.replay import Asleep, Replay
from sleeprun.gradient.replay.drive import MeanImage
from sleeprun.spiking import native

SIZES = (36, 20, 15, 4)
ALPHA = np.array([1.0, 1.3, 1.2], np.float32)
STEPS = 300


def rule(**changed: float) -> Replay:
    numbers = {
        "inc": 0.03,
        "dec": 0.002,
        "slope": 0.001,
        "decay": 0.95,
        "alpha_scale": 1.0,
    }
    return Replay(**(numbers | changed), threshold=[1.2, 0.5, 0.3])


def drive(max_rate: float = 200.0, patch: int | None = 4) -> MeanImage:
    return MeanImage("seen", max_rate, 0.001, patch)


def newborn(seed: int = 0) -> Asleep:
    """Weights around zero, where g is neither 0 nor 2, and potentials on their way."""
    rng = np.random.default_rng(seed)
    pairs = list(pairwise(SIZES))
    weights = [rng.normal(0.06, 0.06, pair) * (rng.uniform(size=pair) < 0.8) for pair in pairs]
    weights = [w + rng.uniform(-0.002, 0.002, w.shape) for w in weights]
    membrane = [rng.uniform(-0.1, 0.3, size) for size in SIZES[1:]]
    return Asleep(
        tuple(jnp.asarray(w, jnp.float32) for w in weights),
        tuple(jnp.asarray(m, jnp.float32) for m in membrane),
    )


def image() -> jax.Array:
    return jnp.asarray(np.random.default_rng(1).uniform(0.2, 1.0, SIZES[0]), jnp.float32)


def words(seed: int = 0) -> jax.Array:
    return noise.stream(noise.seed_key(seed), 51)


def rasters(steps: int = STEPS, first_step: int = 0) -> jax.Array:
    return drive().draw(image(), (6, 6), words(), jnp.int32(first_step), steps)


def by_engine(
    engine: str, rule: Replay, state: Asleep, raster: jax.Array, length: int | None = None
) -> tuple[Asleep, np.ndarray]:
    if engine == "native":
        assert native.available(), "the package must be built with its kernel to be tested"
    length = len(raster) if length is None else length
    function = jax.jit(replay.ENGINES[engine])
    state, counts = function(rule, jnp.asarray(ALPHA), state, raster, jnp.int32(length))
    return state, np.asarray(counts)
