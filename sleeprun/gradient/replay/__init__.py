"""Sleep Replay Consolidation: a ReLU perceptron asleep, as a network of spiking neurons.

Noise in the shape of what was seen drives integrate-and-fire neurons through the weights that
were learned awake, and a local rule changes the in-synapses of neurons that spike (Tadros et al.
2022, "Sleep"). Every function carries one network: its layers from the first to the last.
"""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from sleeprun import noise
from sleeprun.config.kinds import Kinds
from sleeprun.config.runtime import Engine
from sleeprun.gradient.replay.by_layer import window
from sleeprun.gradient.replay.drive import Drive
from sleeprun.gradient.replay.rule import Asleep, Counts, Replay, by_step, factors, g, step
from sleeprun.spiking import native

__all__ = [
    "DRIVES",
    "ENGINES",
    "Asleep",
    "Drive",
    "Replay",
    "factors",
    "g",
    "sleep",
    "step",
    "window",
]

DRIVES = Kinds(
    "drive of a perceptron's sleep",
    "sleeprun.gradient.replay.Drive",
    mean_image="sleeprun.gradient.replay.drive.MeanImage",
)
STEPS = {"native": 4096, "by_layer": 256, "by_step": 256}  # of a window, by engine


def by_kernel(
    replay: Replay,
    alpha: Float[Array, " layer"],
    state: Asleep,
    raster: Bool[Array, "time pixel"],
    length: Int[Array, ""],
) -> tuple[Asleep, Counts]:
    """The same by the compiled kernel, which adds up in the order of the equations."""
    own = replay, replay.threshold
    weights, membrane, counts = native.replay(*own, alpha, raster, length, *state)
    return Asleep(weights, membrane), counts


ENGINES = {"native": by_kernel, "by_layer": window, "by_step": by_step}


def sleep(
    replay: Replay,
    drive: Drive,
    alpha: Float[Array, " layer"],
    state: Asleep,
    mean_image: Float[Array, " pixel"],
    shape: tuple[int, int] | None,
    words: noise.Stream,
    first_step: Int[Array, ""],
    count: Int[Array, ""],
    engine: Engine,
    steps: int | None = None,
) -> tuple[Asleep, Counts]:
    """`count` steps from `first_step` on, and how many spikes each layer had.

    They are taken in windows of `steps` (as suits the engine), which changes no result.
    """
    length = steps or STEPS[engine]

    def one(k: Int[Array, ""], carry: tuple[Asleep, Counts]) -> tuple[Asleep, Counts]:
        done = k * length
        raster = drive.draw(mean_image, shape, words, first_step + done, length)
        left = jnp.minimum(count - done, length)
        state, fired = ENGINES[engine](replay, alpha, carry[0], raster, left)
        return state, carry[1] + fired

    silent = jnp.zeros(len(state.weights), jnp.int32)
    return lax.fori_loop(0, (count + length - 1) // length, one, (state, silent))
