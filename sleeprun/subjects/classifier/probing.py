"""What is measured of perceptrons beside their scores, at a boundary: events of the record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from sleeprun.gradient import probes
from sleeprun.gradient.learners import Learner
from sleeprun.gradient.perceptron import Perceptron
from sleeprun.gradient.probes import Response
from sleeprun.gradient.probes.schema import ProbesConfig
from sleeprun.protocol.events import Event
from sleeprun.protocol.phases import Boundary
from sleeprun.subjects.classifier import awake, events
from sleeprun.subjects.classifier.state import ClassifierState
from sleeprun.subjects.classifier.stimuli import Stimuli
from sleeprun.subjects.seeds import Seeds


class Probed(NamedTuple):
    """What is seen of one task."""

    right: Int[Array, " noise"]  # images classified rightly
    hidden: list[Float[Array, " _"]]  # mean activation of each hidden layer's units, without noise


class Responses(NamedTuple):
    """What a network makes of some images of one task, without noise."""

    images: Float[Array, "image pixel"]
    labels: Int[Array, " image"]
    activations: tuple[Float[Array, "image _"], ...]  # of every layer
    weights: tuple[Float[Array, "_ _"], ...]  # into every layer


def probe(
    network: Perceptron,
    learner: Learner,
    shown: Float[Array, "noise image pixel"],
    labels: Int[Array, " image"],
    allowed: Bool[Array, " output"],
    state: ClassifierState,
) -> Probed:
    """The same images of a task shown with each kind of noise, the first of which is none."""

    def right(images: Array) -> Array:
        return awake.test(network, learner, images, labels, allowed, state).right

    hidden = network.activations(state.layers, shown[0])[:-1]
    return Probed(jax.lax.map(right, shown), [layer.mean(axis=0) for layer in hidden])


def respond(
    network: Perceptron,
    shown: Float[Array, "noise image pixel"],
    labels: Int[Array, " image"],
    state: ClassifierState,
) -> Responses:
    activations = tuple(network.activations(state.layers, shown[0]))
    return Responses(shown[0], labels, activations, tuple(layer.weights for layer in state.layers))


@dataclass(frozen=True)
class Probing:
    """Asks the networks of all seeds."""

    wanted: ProbesConfig
    seeds: Seeds
    network: Perceptron
    learner: Learner
    stimuli: Stimuli
    layers: Sequence[str]

    def events(self, boundary: Boundary, state: ClassifierState) -> Iterator[Event]:
        """Of the tasks trained so far."""
        places = np.flatnonzero(state.seen[0]).tolist()
        shown = [self.stimuli.probed(self.wanted, place) for place in places]
        found = [self._probe(count, arrays, state) for count, arrays in shown]
        yield events.robustness(boundary, [right for right, _ in found])
        if self.wanted.overlap and len(places) > 1:
            yield events.overlap(boundary, self.layers[:-1], [hidden for _, hidden in found])
        if boundary.after_rest:
            yield events.moved(boundary, self.layers, self.seeds.unpadded(state.moved))
        if self.wanted.own:
            tasks = zip(places, (arrays for _, arrays in shown), strict=True)
            yield events.measured(boundary, self._measured(tasks, state))

    def _probe(
        self, count: int, shown: tuple[Any, Any, Any], state: ClassifierState
    ) -> tuple[Mapping[str, Float[np.ndarray, " seed"]], list[Float[np.ndarray, "seed _"]]]:
        """The share of a task's images classified rightly, by noise, and its activations."""
        found = self.seeds.call(probe, self.network, self.learner, *shown, state)
        found = self.seeds.unpadded(found)
        return dict(zip(self.wanted.names(), found.right.T / count, strict=True)), found.hidden

    def _measured(
        self, tasks: Iterable[tuple[int, Any]], state: ClassifierState
    ) -> dict[str, list[float]]:
        """What a user's own probes find of each seed."""
        responses = []
        for place, (images, labels, _) in tasks:
            found = self.seeds.call(respond, self.network, images, labels, state)
            responses.append((self.stimuli.sequence.names[place], self.seeds.unpadded(found)))

        def of_seed(seed: int) -> list[Response]:
            own = partial(jax.tree.map, lambda leaf: leaf[seed])
            return [Response(name, *own(found)) for name, found in responses]

        return probes.measured(self.wanted.made_probes(), map(of_seed, range(self.seeds.seeds)))
