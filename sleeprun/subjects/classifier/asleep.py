"""What sleep makes of a perceptron's state.

All functions are compiled, and run for the seeds of a run at once.
"""

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from sleeprun import noise
from sleeprun.config.runtime import Engine
from sleeprun.gradient import perceptron, probes, replay
from sleeprun.gradient.perceptron import Layers, Perceptron
from sleeprun.gradient.replay import Asleep, Drive, Replay
from sleeprun.noise import Purpose
from sleeprun.subjects.classifier.state import ClassifierState, Report, report


def begin_replay(
    network: Perceptron, scale: str, images: Float[Array, "image pixel"], state: ClassifierState
) -> ClassifierState:
    """The factors of a sleep, from the weights and activations over `images`; quiet membranes.

    Where the scale is `carried`, the largest activations that earlier tasks had are not taken
    anew: those known from their own time stand for them.
    """
    largest = jnp.stack(perceptron.largest_activations(network, state.layers, images))
    if scale == "carried":
        largest = jnp.maximum(largest, state.largest)
    weights = [layer.weights for layer in state.layers]
    factors = replay.factors(weights, [*largest])
    if scale == "first_sleep":
        factors = jnp.where(state.factors.any(), state.factors, factors)
    state = state._replace(factors=factors, largest=largest)
    quiet = tuple(jnp.zeros_like(membrane) for membrane in state.membrane)
    return state._replace(membrane=quiet)


def replayed(
    rule: Replay,
    drive: Drive,
    shape: tuple[int, int] | None,
    engine: Engine,
    image: Float[Array, " pixel"],
    count: Int[Array, ""],
    state: ClassifierState,
) -> tuple[ClassifierState, Report]:
    """`count` steps of replay."""
    words = noise.stream(noise.stream(state.key, Purpose.REPLAY), state.begun)
    asleep = Asleep(tuple(layer.weights for layer in state.layers), state.membrane)
    alpha = rule.alpha(state.factors)
    asleep, spikes = replay.sleep(
        rule, drive, alpha, asleep, image, shape, words, state.step, count, engine
    )
    layers = with_weights(state.layers, asleep.weights)
    state = state._replace(layers=layers, membrane=asleep.membrane, step=state.step + count)
    return state, report(spikes=spikes)


def decay(
    share: Float[Array, ""],
    start: tuple[Float[Array, "_ _"], ...],
    count: Int[Array, ""],
    state: ClassifierState,
) -> tuple[ClassifierState, Report]:
    """`count` steps, in each of which weights go a share of the way to their `start`."""

    def one(_: Int[Array, ""], weights: tuple[Array, ...]) -> tuple[Array, ...]:
        return jax.tree.map(lambda now, then: (1 - share) * now + share * then, weights, start)

    weights = lax.fori_loop(0, count, one, tuple(layer.weights for layer in state.layers))
    layers = with_weights(state.layers, weights)
    state = state._replace(layers=layers, step=state.step + count)
    return state, report()


def with_weights(layers: Layers, weights: tuple[Float[Array, "_ _"], ...]) -> Layers:
    pairs = zip(layers, weights, strict=True)
    return tuple(layer._replace(weights=its) for layer, its in pairs)


def end_probed_sleep(state: ClassifierState) -> ClassifierState:
    """What it moved; the weights before it are not needed any longer."""
    moved = probes.moved(state.before, [layer.weights for layer in state.layers])
    return state._replace(before=(), moved=moved)
