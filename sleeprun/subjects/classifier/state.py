"""What a perceptron carries from phase to phase, and what some steps of one did."""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt32

from sleeprun.gradient.perceptron import Layers
from sleeprun.gradient.probes import WeightChange


class ClassifierState(NamedTuple):
    layers: Layers
    momentum: Any  # the optimiser's state
    memory: Any  # the learner's
    key: UInt32[Array, "2"]
    begun: Int[Array, ""]  # steps of training and sleep before this phase
    step: Int[Array, ""]  # in this phase
    seen: Int[Array, " task"]  # how often each task was trained
    largest: Float[Array, " layer"]  # activations, as of the last sleep
    factors: Float[Array, " layer"]  # f of each; 0 before any sleep
    membrane: tuple[Float[Array, " _"], ...]
    before: tuple[Float[Array, "_ _"], ...]  # weights as it fell asleep; only then, if probed
    moved: WeightChange  # by the last sleep


class Report(NamedTuple):
    """What some steps did."""

    loss: Float[Array, ""]
    spikes: Int[Array, " layer"] | None  # asleep
    right: Int[Array, ""]
    wrong: Int[Array, ""]


def report(**told: Array) -> Report:
    """With nothing where nothing is told."""
    zero = jnp.int32(0)
    return Report(jnp.float32(jnp.nan), None, zero, zero)._replace(**told)
