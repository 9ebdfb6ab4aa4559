"""The call of a perceptron asleep; `replay.cc` reads the arrays in the order given here."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from sleeprun.spiking.native.library import call, constants


def replay(
    rule: eqx.Module,
    threshold: Float[Array, " layer"],
    alpha: Float[Array, " layer"],
    raster: Bool[Array, "time pixel"],
    length: Int[Array, ""],
    weights: tuple[Float[Array, "_ _"], ...],
    membrane: tuple[Float[Array, " _"], ...],
) -> tuple[tuple[Array, ...], tuple[Array, ...], Int[Array, " layer"]]:
    """The first `length` steps of a raster asleep, by a `gradient.replay.Replay`.

    Returns weights, membranes and how many neurons of each layer spiked, as `gradient.replay` does.
    """
    own = constants("ReplayRule", rule)
    fixed = [own, threshold, alpha, raster, jnp.clip(length, 0, raster.shape[0])]
    silent = jnp.zeros(len(weights), jnp.int32)
    return call("sleeprun_replay", fixed, (weights, membrane, silent))
