"""Optax's optimisers with their numbers as leaves, so that runs that differ in a number only
share one compiled program.
"""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import optax
from jax.tree_util import Partial

from sleeprun.gradient.perceptron import Layers


def sgd(rate: float, momentum: float) -> optax.GradientTransformation:
    return _of(optax.sgd, rate, momentum)


def adam(rate: float, momentum: float) -> optax.GradientTransformation:
    """`momentum` is what Adam calls beta 1."""
    return _of(optax.adam, rate, momentum)


def _of(build: Callable[..., Any], *numbers: float) -> optax.GradientTransformation:
    leaves = tuple(jnp.float32(number) for number in numbers)
    return optax.GradientTransformation(
        Partial(_init, build, leaves), Partial(_update, build, leaves)
    )


def _init(build: Callable[..., Any], numbers: tuple[Any, ...], layers: Layers) -> Any:
    return build(*numbers).init(layers)


def _update(
    build: Callable[..., Any],
    numbers: tuple[Any, ...],
    gradient: Layers,
    state: Any,
    layers: Layers | None = None,
) -> tuple[Layers, Any]:
    return build(*numbers).update(gradient, state, layers)
