"""What sleep makes of a perceptron's state.

All functions are compiled, and run for the seeds of a run at once.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sleeprun import noise
from sleeprun.gradient import perceptron, probes, replay
from sleeprun.gradient.perceptron import Perceptron
from sleeprun.gradient.replay import Asleep, Drive, Replay
from sleeprun.noise import Purpose
from sleeprun.subjects.classifier.state import ClassifierState, Report, report


def begin_sleep(
    network: Perceptron,
    scale: str,
    probed: bool,
    images: Float[Array, "image pixel"],
    state: ClassifierState,
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
    return state._replace(membrane=quiet, before=tuple(weights) if probed else ())


def sleep(
    rule: Replay,
    drive: Drive,
    shape: tuple[int, int] | None,
    engine: str,
    image: Float[Array, " pixel"],
    count: Int[Array, ""],
    state: ClassifierState,
) -> tuple[ClassifierState, Report]:
    """`count` steps of sleep."""
    words = noise.stream(noise.stream(state.key, Purpose.REPLAY), state.begun)
    asleep = Asleep(tuple(layer.weights for layer in state.layers), state.membrane)
    alpha = rule.alpha(state.factors)
    asleep, spikes = replay.sleep(
        rule, drive, alpha, asleep, image, shape, words, state.step, count, engine
    )
    layers = tuple(
        layer._replace(weights=weights)
        for layer, weights in zip(state.layers, asleep.weights, strict=True)
    )
    state = state._replace(layers=layers, membrane=asleep.membrane, step=state.step + count)
    return state, report(state, spikes=spikes)


def end_probed_sleep(state: ClassifierState) -> ClassifierState:
    """What it moved; the weights before it are not needed any longer."""
    moved = probes.moved(state.before, [layer.weights for layer in state.layers])
    return state._replace(before=(), moved=moved)
