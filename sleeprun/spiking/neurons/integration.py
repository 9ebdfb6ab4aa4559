"""The method of Runge and Kutta for models that say where they are a short time later."""

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, PyTree

from sleeprun.spiking.neurons.neuron import Scalar

Y = TypeVar("Y", bound=PyTree[Array])
Memory = TypeVar("Memory", bound=PyTree[Array])
REACHED = (0.0, 0.5, 0.5, 1.0)  # share of the step at which each stage asks for the slope
COUNTED = (1 / 6, 1 / 3, 1 / 3, 1 / 6)


def derivative(later: Callable[[Y, Scalar], Y], here: Y) -> Y:
    """By time of `later(here, ms)`, at 0. Where that takes turns, the turns do not count there."""
    return jax.jvp(lambda time: later(here, time), (jnp.float32(0),), (jnp.float32(1),))[1]


def runge_kutta(
    slope: Callable[[Y, Memory], tuple[Y, Memory]], here: Y, memory: Memory, dt: Scalar
) -> tuple[Y, Memory]:
    """`dt` ms later, by the method of the fourth order.

    `memory` goes from stage to stage: what a slope may know of the one before.
    """

    def moved(by: Y, ms: Scalar) -> Y:
        return jax.tree.map(lambda y, rate: y + ms * rate, here, by)

    def stage(carry: tuple[Y, Memory, Y], shares: tuple[Scalar, Scalar]):
        before, memory, total = carry
        reached, counted = shares
        rate, memory = slope(moved(before, reached * dt), memory)
        return (rate, memory, jax.tree.map(lambda a, b: a + counted * b, total, rate)), None

    nothing = jax.tree.map(jnp.zeros_like, here)
    shares = jnp.asarray(REACHED), jnp.asarray(COUNTED)
    (_, memory, mean), _ = lax.scan(stage, (nothing, memory, nothing), shares)
    return moved(mean, dt), memory
