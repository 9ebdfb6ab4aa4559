"""The equations of a perceptron asleep, step by step: the plain reference (Tadros et al. 2022)."""

from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from sleeprun.config.declared import number, numbers
from sleeprun.gradient.learners.learner import Scalar

Counts = Int[Array, " layer"]


class Replay(eqx.Module):
    """Integrate-and-fire neurons with the weights learned awake, and a local rule (Tadros 2022).

    Weights, membranes and thresholds are dimensionless.
    """

    inc: Scalar = number("of synapses whose input spiked with their neuron", ge=0)
    dec: Scalar = number("of those whose input did not", ge=0)
    slope: Scalar = number("of g(W) = 2 / (1 + exp(W / slope))", unit="weight", gt=0)
    decay: Scalar = number("of a membrane", unit="a step", gt=0, lt=1)
    threshold: Float[Array, " layer"] = numbers("of a spike, in each layer", least=2, gt=0)
    alpha_scale: Scalar = number("of all layers' drive", gt=0)

    def still(self) -> "Replay":
        """The same without plasticity."""
        none = jnp.float32(0.0)
        return eqx.tree_at(lambda replay: (replay.inc, replay.dec), self, (none, none))

    def alpha(self, factors: Float[Array, " layer"]) -> Float[Array, " layer"]:
        """Of every layer's drive, from its factor f_l."""
        return self.alpha_scale / factors


class Asleep(NamedTuple):
    weights: tuple[Float[Array, "_ _"], ...]  # [pre, post]
    membrane: tuple[Float[Array, " _"], ...]


def factors(
    weights: Sequence[Float[Array, "_ _"]], activations: Sequence[Scalar]
) -> Float[Array, " layer"]:
    """f_l of every layer, from the largest activation that each had awake.

    f_l = max(largest weight into l, largest activation of l) / f_(l-1), f_0 = 1.
    """
    factor, found = jnp.float32(1.0), []
    for matrix, activation in zip(weights, activations, strict=True):
        factor = jnp.maximum(matrix.max(), activation) / factor
        found.append(factor)
    return jnp.stack(found)


def g(weights: Float[Array, "..."], slope: Scalar) -> Float[Array, "..."]:
    """2 / (1 + exp(W / slope)): 2 for clearly negative weights, 0 for clearly positive ones."""
    return 2 * jax.nn.sigmoid(-weights / slope)


def step(
    replay: Replay, alpha: Float[Array, " layer"], state: Asleep, spikes: Bool[Array, " pixel"]
) -> tuple[Asleep, Counts]:
    """One step, layer by layer without delay, and how many neurons of each layer spiked."""
    weights, membrane, counts = [], [], []
    for layer, (matrix, potential) in enumerate(zip(*state, strict=True)):
        potential = replay.decay * potential + alpha[layer] * project(spikes, matrix)
        fired = potential >= replay.threshold[layer]
        change = jnp.where(spikes, replay.inc, -replay.dec)[:, None] * g(matrix, replay.slope)
        weights.append(jnp.where(fired, matrix + change, matrix))
        membrane.append(jnp.where(fired, 0.0, potential))
        counts.append(fired.sum(dtype=jnp.int32))
        spikes = fired
    return Asleep(tuple(weights), tuple(membrane)), jnp.stack(counts)


def project(spikes: Bool[Array, "*time pre"], weights: Float[Array, "pre post"]) -> Array:
    return jnp.matmul(spikes.astype(jnp.float32), weights, precision=lax.Precision.HIGHEST)


def by_step(
    replay: Replay,
    alpha: Float[Array, " layer"],
    state: Asleep,
    raster: Bool[Array, "time pixel"],
    length: Int[Array, ""],
) -> tuple[Asleep, Counts]:
    """The first `length` steps of a raster, one after another."""

    def one(t: Int[Array, ""], carry: tuple[Asleep, Counts]) -> tuple[Asleep, Counts]:
        state, fired = step(replay, alpha, carry[0], raster[t])
        return state, carry[1] + fired

    silent = jnp.zeros(len(state.weights), jnp.int32)
    return lax.fori_loop(0, length, one, (state, silent))
