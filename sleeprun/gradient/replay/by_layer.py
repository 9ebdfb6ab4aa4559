"""A window of sleep one layer after another, without rewriting all weights at every step.

Within a layer neurons do not influence one another, and a spike changes only its own neuron's
in-weights and potential. So one matrix product and one decayed running sum take a whole layer to
each neuron's first spike, and only neurons that spike are followed from there on.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from sleeprun.gradient.replay.rule import Asleep, Counts, Replay, Scalar, g, project
from sleeprun.together import most

GROUP = 8  # neurons whose spikes are followed together
BLOCK = 32  # steps that are projected together


def window(
    replay: Replay,
    alpha: Float[Array, " layer"],
    state: Asleep,
    raster: Bool[Array, "time pixel"],
    length: Int[Array, ""],
) -> tuple[Asleep, Counts]:
    """The first `length` (at least one) steps of a raster, one layer after another.

    Equal to `by_step` up to rounding.
    """
    weights, membrane, counts = [], [], []
    for layer, (matrix, potential) in enumerate(zip(*state, strict=True)):
        here = _Layer(replay, alpha[layer], replay.threshold[layer], raster, length)
        matrix, potential, raster = here.run(matrix, potential)
        weights.append(matrix)
        membrane.append(potential)
        counts.append(raster.sum(dtype=jnp.int32))
    return Asleep(tuple(weights), tuple(membrane)), jnp.stack(counts)


class _Front(NamedTuple):
    """How far the neurons of a layer are known: up to their next spike, or the window's end."""

    weights: Float[Array, "pre post"]
    membrane: Float[Array, " post"]
    first: Int[Array, " post"]  # the step of that spike, or the number of steps
    spikes: Bool[Array, "time post"]  # so far


class _Layer(NamedTuple):
    """What acts on a layer during a window."""

    replay: Replay
    alpha: Scalar
    threshold: Scalar
    raster: Bool[Array, "time pre"]
    length: Int[Array, ""]

    def run(
        self, weights: Float[Array, "pre post"], membrane: Float[Array, " post"]
    ) -> tuple[Float[Array, "pre post"], Float[Array, " post"], Bool[Array, "time post"]]:
        """Weights, membrane potentials and spikes."""
        steps, post = self.raster.shape[0], weights.shape[1]
        drive = self.alpha * _project_spikes(self.raster, weights)
        drive = drive.at[0].add(self.replay.decay * membrane)
        membrane, first = self.follow(drive, jnp.zeros(post, jnp.int32))
        front = _Front(weights, membrane, first, jnp.zeros((steps, post), bool))
        front = lax.while_loop(lambda front: most((front.first < steps).any()), self.fire, front)
        return front.weights, front.membrane, front.spikes

    def follow(
        self, drive: Float[Array, "time _"], begin: Int[Array, " _"]
    ) -> tuple[Float[Array, " _"], Int[Array, " _"]]:
        """Potentials at the end, and first spikes, when drive counts from `begin` on."""
        steps = drive.shape[0]
        time = jnp.arange(steps, dtype=jnp.int32)[:, None]
        drive = jnp.where(time >= begin, drive, 0.0)
        fading = _fading(self.replay.decay, steps)
        path = jnp.matmul(fading, drive, precision=lax.Precision.HIGHEST)
        spikes = (path >= self.threshold) & (time >= begin) & (time < self.length)
        first = jnp.where(spikes.any(axis=0), spikes.argmax(axis=0).astype(jnp.int32), steps)
        return path[self.length - 1], first

    def fire(self, front: _Front) -> _Front:
        """The earliest spikes, one of each of a few neurons."""
        replay, (steps, post) = self.replay, front.spikes.shape
        when, who = lax.top_k(-front.first, min(GROUP, post))
        when = -when
        columns = front.weights[:, who]
        change = jnp.where(self.raster[when].T, replay.inc, -replay.dec)
        columns = columns + change * g(columns, replay.slope)
        drive = self.alpha * project(self.raster, columns)
        membrane, first = self.follow(drive, when + 1)
        who = jnp.where(when < steps, who, post)  # scatters drop those that do not spike
        return _Front(
            front.weights.at[:, who].set(columns, mode="drop"),
            front.membrane.at[who].set(membrane, mode="drop"),
            front.first.at[who].set(first, mode="drop"),
            front.spikes.at[when, who].set(True, mode="drop"),
        )


def _project_spikes(
    raster: Bool[Array, "time pre"], weights: Float[Array, "pre post"]
) -> Float[Array, "time post"]:
    """raster @ weights, of which only the steps with a spike are computed."""
    steps, post = raster.shape[0], weights.shape[1]
    block = min(BLOCK, steps)
    active = raster.any(axis=1)
    order = jnp.argsort(~active)

    def one(k: Int[Array, ""], drive: Float[Array, "time post"]) -> Float[Array, "time post"]:
        rows = lax.dynamic_slice(order, (k * block,), (block,))
        return drive.at[rows].set(project(raster[rows], weights))

    blocks = most((active.sum(dtype=jnp.int32) + block - 1) // block)
    return lax.fori_loop(0, blocks, one, jnp.zeros((steps, post)))


def _fading(decay: Scalar, steps: int) -> Float[Array, "time time"]:
    """What is left of a drive at each later step: decay^(later - earlier)."""
    time = jnp.arange(steps, dtype=jnp.int32)
    age = time[:, None] - time[None, :]
    return jnp.where(age < 0, 0.0, decay ** jnp.maximum(age, 0).astype(jnp.float32))
