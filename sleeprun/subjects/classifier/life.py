"""One perceptron's life: what awake, asleep and in a test becomes of its state.

All functions are compiled, and run for the seeds of a run at once.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt32

from sleeprun import noise
from sleeprun.gradient import perceptron, probes, replay
from sleeprun.gradient.learners import Descent, Learner
from sleeprun.gradient.learners.training import State, train
from sleeprun.gradient.perceptron import Layers, Perceptron
from sleeprun.gradient.probes import Moved
from sleeprun.gradient.replay import Asleep, Drive, Replay
from sleeprun.noise import Purpose


class PupilState(NamedTuple):
    layers: Layers
    momentum: Any  # the optimiser's state
    memory: Any  # the learner's
    key: UInt32[Array, "2"]
    begun: Int[Array, ""]  # steps of training and sleep before this phase
    step: Int[Array, ""]  # in this phase
    seen: Int[Array, " task"]  # how often each task was trained
    largest: Float[Array, " layer"]  # activations, as of the last sleep
    alpha: Float[Array, " layer"]
    membrane: tuple[Float[Array, " _"], ...]
    before: tuple[Float[Array, "_ _"], ...]  # weights as it fell asleep; only then, if probed
    moved: Moved  # by the last sleep


class Report(NamedTuple):
    """What some steps did."""

    loss: Float[Array, ""]
    spikes: Int[Array, " layer"]
    right: Int[Array, ""]
    wrong: Int[Array, ""]


def prepare(network: Perceptron, learner: Learner, state: PupilState) -> PupilState:
    """What a learner does before a task."""
    return state._replace(memory=learner.begin(network, state.memory, state.layers))


def consolidate(
    network: Perceptron,
    learner: Learner,
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
    state: PupilState,
) -> PupilState:
    """What a learner does after a task, and before its sleep."""
    words = noise.stream(noise.stream(state.key, Purpose.MEMORY), state.begun)
    memory = learner.consolidate(network, state.memory, state.layers, images, labels, words)
    return state._replace(memory=memory)


def study(
    network: Perceptron,
    learner: Learner,
    descent: Descent,
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
    count: Int[Array, ""],
    state: PupilState,
) -> tuple[PupilState, Report]:
    """`count` training steps of a task."""
    words = noise.stream(noise.stream(state.key, Purpose.TRAINING), state.begun)
    mixed = learner.mix(state.memory, images, labels)
    start = State(state.layers, state.momentum, state.memory)
    after, loss = train(network, learner, descent, *mixed, start, words, state.step, count)
    state = state._replace(**after._asdict(), step=state.step + count)
    return state, _report(state, loss=loss)


def fall_asleep(
    network: Perceptron,
    alpha_scale: Float[Array, ""],
    scale: str,
    probed: bool,
    images: Float[Array, "image pixel"],
    state: PupilState,
) -> PupilState:
    """The scales of a sleep, from the weights and activations over `images`; quiet membranes.

    Where the scale is `carried`, the largest activations that earlier tasks had are not taken
    anew: those known from their own time stand for them.
    """
    largest = jnp.stack(perceptron.largest_activations(network, state.layers, images))
    if scale == "carried":
        largest = jnp.maximum(largest, state.largest)
    weights = [layer.weights for layer in state.layers]
    alpha = replay.scales(weights, [*largest], alpha_scale)
    if scale == "first_sleep":
        alpha = jnp.where(state.alpha.any(), state.alpha, alpha)
    state = state._replace(alpha=alpha, largest=largest)
    quiet = tuple(jnp.zeros_like(membrane) for membrane in state.membrane)
    return state._replace(membrane=quiet, before=tuple(weights) if probed else ())


def wake_up(state: PupilState) -> PupilState:
    """What a probed sleep moved; the weights before it are not needed any longer."""
    moved = probes.moved(state.before, [layer.weights for layer in state.layers])
    return state._replace(before=(), moved=moved)


def dream(
    rule: Replay,
    drive: Drive,
    shape: tuple[int, int] | None,
    engine: str,
    image: Float[Array, " pixel"],
    count: Int[Array, ""],
    state: PupilState,
) -> tuple[PupilState, Report]:
    """`count` steps of sleep."""
    words = noise.stream(noise.stream(state.key, Purpose.REPLAY), state.begun)
    asleep = Asleep(tuple(layer.weights for layer in state.layers), state.membrane)
    asleep, spikes = replay.sleep(
        rule, drive, state.alpha, asleep, image, shape, words, state.step, count, engine
    )  # fmt: skip
    layers = tuple(
        layer._replace(weights=weights)
        for layer, weights in zip(state.layers, asleep.weights, strict=True)
    )
    state = state._replace(layers=layers, membrane=asleep.membrane, step=state.step + count)
    return state, _report(state, spikes=spikes)


class Probed(NamedTuple):
    """What is seen of one task."""

    right: Int[Array, " noise"]  # images classified rightly
    hidden: list[Float[Array, " _"]]  # mean activation of each hidden layer's units, without noise


class Answers(NamedTuple):
    """What a network makes of some images of one task, without noise."""

    images: Float[Array, "image pixel"]
    labels: Int[Array, " image"]
    activations: tuple[Float[Array, "image _"], ...]  # of every layer
    weights: tuple[Float[Array, "_ _"], ...]  # into every layer


def answer(
    network: Perceptron,
    shown: Float[Array, "noise image pixel"],
    labels: Int[Array, " image"],
    state: PupilState,
) -> Answers:
    activations = tuple(network.activations(state.layers, shown[0]))
    return Answers(shown[0], labels, activations, tuple(layer.weights for layer in state.layers))


def probe(
    network: Perceptron,
    learner: Learner,
    shown: Float[Array, "noise image pixel"],
    labels: Int[Array, " image"],
    allowed: Bool[Array, " output"],
    state: PupilState,
) -> Probed:
    """The same images of a task shown with each kind of noise, the first of which is none."""

    def right(images: Array) -> Array:
        return examine(network, learner, images, labels, allowed, state).right

    hidden = network.activations(state.layers, shown[0])[:-1]
    return Probed(jax.lax.map(right, shown), [layer.mean(axis=0) for layer in hidden])


def examine(
    network: Perceptron,
    learner: Learner,
    images: Float[Array, "image pixel"],
    labels: Int[Array, " image"],
    allowed: Bool[Array, " output"],
    state: PupilState,
) -> Report:
    """How many images are classified rightly among the outputs that are `allowed`.

    A learner that knows none of the allowed classes (-inf) leaves the image to the network.
    """
    scores = learner.outputs(network, state.memory, state.layers, images)
    any_known = (allowed & (scores > -jnp.inf)).any(axis=1, keepdims=True)
    scores = jnp.where(any_known, scores, network.outputs(state.layers, images))
    chosen = jnp.argmax(jnp.where(allowed, scores, -jnp.inf), axis=1)
    right = (chosen == labels).sum().astype(jnp.int32)
    known = (labels >= 0).sum().astype(jnp.int32)  # a label of -1 only fills up
    return _report(state, right=right, wrong=known - right)


def _report(state: PupilState, **told: Array) -> Report:
    zero = jnp.int32(0)
    blank = Report(jnp.float32(jnp.nan), jnp.zeros(len(state.layers), jnp.int32), zero, zero)
    return blank._replace(**told)
