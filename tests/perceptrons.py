"""Small perceptrons, images and streams to try things on."""

import jax
import jax.numpy as jnp
import numpy as np

from sleeprun import noise
from sleeprun.gradient import perceptron
from sleeprun.gradient.learners import Descent
from sleeprun.gradient.perceptron import Perceptron

SIZES = (6, 8, 7, 3)


def network(dropout: float = 0.0, loss: str = "squared_error", relu: bool = True) -> Perceptron:
    return Perceptron(jnp.float32(dropout), perceptron.LOSSES[loss], relu)


def images(count: int = 10) -> tuple[jax.Array, jax.Array]:
    rng = np.random.default_rng(5)
    shown = jnp.asarray(rng.uniform(0, 1, (count, SIZES[0])), jnp.float32)
    return shown, jnp.asarray(rng.integers(0, SIZES[-1], count), jnp.int32)


def words(seed: int = 0) -> jax.Array:
    return noise.seed_key(seed)


def sgd(rate: float = 0.1, momentum: float = 0.0, batch: int = 10) -> Descent:
    return Descent("sgd", rate, momentum, batch, epochs=1)


def adam(rate: float, momentum: float, batch: int = 10) -> Descent:
    return Descent("adam", rate, momentum, batch, epochs=1)
