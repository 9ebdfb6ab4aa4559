"""The perceptrons of all seeds, as a run sees them: what each phase does to their state.

Awake they are trained by gradient descent; asleep they are spiking networks that replay.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from sleeprun import noise
from sleeprun.config import ConfigError
from sleeprun.gradient import perceptron
from sleeprun.gradient.learners.training import starting_state
from sleeprun.gradient.perceptron import Layers
from sleeprun.gradient.probes import WeightChange
from sleeprun.protocol.events import Event, Scored
from sleeprun.protocol.phases import Boundary, Decay, Phase, Rest, Score
from sleeprun.protocol.seen import Carried
from sleeprun.subjects.classifier import asleep, awake, carried, engine, promises
from sleeprun.subjects.classifier.phases import Sleep, Wake
from sleeprun.subjects.classifier.probing import Probing
from sleeprun.subjects.classifier.record import Answered, ImageFacts, Trained
from sleeprun.subjects.classifier.schema import Config
from sleeprun.subjects.classifier.state import ClassifierState, Report
from sleeprun.subjects.classifier.stimuli import stimuli
from sleeprun.subjects.seeds import Over, PerSeed, Seeds, over_seeds


class Classifier(Seeds):
    def __init__(self, config: Config, devices: int, over: Over = over_seeds):
        super().__init__(len(config.seeds), devices, over)
        self.config = config
        self.stimuli = stimuli(config, devices)
        self.sequence = self.stimuli.sequence
        self.engine = engine.chosen(config)
        self.network = promises.perceptron(config.network)
        self.learner, self.descent = config.learner.make(), config.training.make()
        hidden = range(1, len(config.network.hidden) + 1)
        self.layers = [*(f"hidden {depth}" for depth in hidden), "output"]

    def birth(self) -> ClassifierState:
        newborns = [self._newborn(seed) for seed in self.config.seeds]
        return self.padded(jax.tree.map(lambda *leaves: np.stack(leaves), *newborns))

    def _newborn(self, seed: int) -> ClassifierState:
        layers, sizes = self._starting_layers(seed), self.config.sizes
        return ClassifierState(
            *starting_state(self.learner, self.descent, layers),
            noise.seed_key(seed),
            jnp.int32(0),
            jnp.int32(0),
            jnp.zeros(len(self.sequence.tasks), jnp.int32),
            jnp.zeros(len(layers)),
            jnp.zeros(len(layers)),
            tuple(jnp.zeros(size) for size in sizes[1:]),
            before=(),
            moved=WeightChange(*(jnp.zeros(len(layers)) for _ in WeightChange._fields)),
        )

    def _starting_layers(self, seed: int) -> Layers:
        network, sizes = self.config.network, self.config.sizes
        return perceptron.starting_layers(sizes, network.weight_spread, network.biases, seed)

    @cached_property
    def start(self) -> tuple[Float[Array, "seed _ _"], ...]:
        """The weights that every seed began with, which decay goes to."""
        born = [self._starting_layers(seed) for seed in self.config.seeds]
        of_layers = zip(*born, strict=True)
        return self.padded(tuple(np.stack([one.weights for one in layer]) for layer in of_layers))

    def begin(self, phase: Phase, state: ClassifierState) -> ClassifierState:
        state = state._replace(begun=state.begun + state.step, step=jnp.zeros_like(state.step))
        if isinstance(phase, Wake):
            return self.call(awake.begin_task, self.network, self.learner, state)
        if isinstance(phase, Sleep):
            tasks = self._last(state) if phase.scale == "carried" else self._seen(state)
            images, _ = self.stimuli.training(tasks)
            state = self.call(asleep.begin_replay, self.network, phase.scale, images, state)
        if isinstance(phase, Rest) and self.config.probes:
            state = state._replace(before=tuple(layer.weights for layer in state.layers))
        return state

    def chunk(self, phase: Phase) -> int:
        runtime = self.config.runtime
        return runtime.chunk_batches if isinstance(phase, Wake) else runtime.chunk_steps

    def advance(
        self, phase: Phase, count: int, state: ClassifierState
    ) -> tuple[ClassifierState, Report]:
        """`count` training steps, sleep steps, or the test of a task."""
        match phase:
            case Wake():
                how = (self.network, self.learner, self.descent)
                shown = self.stimuli.training(phase.tasks)
                state, report = self.call(awake.train, *how, *shown, jnp.int32(count), state)
            case Sleep():
                how = self._replayed(phase, state)
                state, report = self.call(asleep.replayed, *how, jnp.int32(count), state)
            case Decay():
                share = jnp.float32(phase.share if phase.plastic else 0.0)
                how = (share, PerSeed(self.start), jnp.int32(count))
                state, report = self.call(asleep.decay, *how, state)
            case Score():
                tested = self.stimuli.test(phase.task)
                report = self.call(awake.test, self.network, self.learner, *tested, state)
        return state, self.unpadded(report)

    def end(self, phase: Phase, state: ClassifierState) -> ClassifierState:
        self._refuse_overflow(phase, state)
        if isinstance(phase, Wake):
            shown = self.stimuli.training(phase.tasks)
            state = self.call(awake.end_task, self.network, self.learner, *shown, state)
            trained = jnp.array([name in phase.tasks for name in self.sequence.names])
            return state._replace(seen=state.seen + trained.astype(jnp.int32))
        return self.call(asleep.end_probed_sleep, state) if state.before else state

    def _refuse_overflow(self, phase: Phase, state: ClassifierState) -> None:
        """Nothing bounds the weights, and the next loss squares what they give."""
        largest = np.sqrt(np.finfo(np.float32).max)
        for layer in self.unpadded(state.layers):
            fine = np.abs(layer.weights).max(axis=(1, 2)) < largest
            if not fine.all():
                key = self.blamed(phase, "layers")
                raise ConfigError(
                    f"{key}: the weights of seed {self.config.seeds[int(fine.argmin())]} outgrow "
                    f"what can be computed with ({phase.title}); must be less"
                )

    def summary(self, report: Report) -> Trained:
        if report.spikes is None:
            return Trained(loss=report.loss.tolist(), spikes={})
        spikes = zip(self.layers, report.spikes.T.tolist(), strict=True)
        return Trained(loss=report.loss.tolist(), spikes=dict(spikes))

    def marks(self, report: Report) -> Int[np.ndarray, "2 seed"]:
        """Images classified rightly and wrongly."""
        return np.stack([report.right, report.wrong])

    def score(self, phase: Score, marks: Int[np.ndarray, "2 seed"]) -> Scored:
        right, wrong = marks
        return Scored(
            boundary=phase.boundary,
            task=phase.task,
            score=(right / (right + wrong)).tolist(),
            marks=Answered(right=right.tolist(), wrong=wrong.tolist()),
        )

    def steps(self, phase: Phase) -> int:
        return 0 if isinstance(phase, Score) else phase.cycles

    def facts(self) -> ImageFacts:
        sequences = self.stimuli.sequences
        return ImageFacts(
            data=self.config.contents,
            tasks=self.sequence.names,
            chance=self._chance(),
            scale=1.0,
            shortened=False,
            scenario=self.config.image_tasks.scenario,
            classes=[[list(task.classes) for task in one.tasks] for one in sequences],
            units=dict(zip(self.layers, self.config.sizes[1:], strict=True)),
        )

    def _chance(self) -> float:
        """Of guessing among the outputs that are open, on average over tasks."""
        if self.config.image_tasks.scenario != "task":
            return 1 / self.sequence.outputs
        return float(np.mean([1 / len(task.classes) for task in self.sequence.tasks]))

    def seen_at(self, boundary: Boundary, state: ClassifierState) -> Iterator[Event]:
        yield Carried(boundary=boundary, bytes=self._carried(state))
        if self.config.probes and boundary.tasks:
            parts = (self, self.network, self.learner, self.stimuli, self.layers)
            yield from Probing(self.config.probes, *parts).events(boundary, state)

    def _carried(self, state: ClassifierState) -> int:
        """Bytes that one network keeps beside its weights, for its learner and its sleeps."""
        kept = self.learner.carried(jax.tree.map(lambda leaf: leaf[0], state.memory))
        if replays := [one for _, one in self.config.replays()]:
            kept += carried.for_replay(replays, self.sequence, self._seen(state), state)
        decays = len(replays) < len(self.config.sleep.scheduled)
        return kept + (sum(weights[0].nbytes for weights in self.start) if decays else 0)

    def seen_after(self, phase: Phase, state: ClassifierState) -> Iterator[Event]:
        yield from ()

    def weights(self, state: ClassifierState) -> dict[str, Float[np.ndarray, "seed pre post"]]:
        layers = zip(self.layers, state.layers, strict=True)
        return {name: np.asarray(layer.weights) for name, layer in layers}

    def blamed(self, phase: Phase, part: str) -> str:
        if isinstance(phase, Sleep):
            values = phase.replay.numbers
            key = max("inc", "dec", key=values.__getitem__)
            return f"sleep.{key}={values[key]:g}"
        if isinstance(phase, Decay):
            return f"sleep.share={phase.share:g}"
        strength = getattr(self.config.learner, "strength", None)
        also = "" if strength is None else f", learner.strength={strength}"
        return f"training.rate={self.config.training.rate}{also}"

    def capacity(self, state: ClassifierState) -> list[list[int]]:
        """The shapes of what the learner remembers, which may grow, and of `before`."""
        return [list(leaf.shape[1:]) for leaf in jax.tree.leaves((state.memory, state.before))]

    def like(self, state: ClassifierState, wanted: list[list[int]]) -> ClassifierState:
        leaves, structure = jax.tree.flatten(state.memory)
        sized = [
            np.zeros((len(leaf), *shape), leaf.dtype)
            for leaf, shape in zip(leaves, wanted[: len(leaves)], strict=True)
        ]
        memory = jax.tree.unflatten(structure, sized)
        sleeps = len(wanted) > len(leaves)
        before = tuple(layer.weights for layer in state.layers) if sleeps else ()
        return self.unpadded(state._replace(memory=memory, before=before))

    def _seen(self, state: ClassifierState) -> tuple[str, ...]:
        """The tasks trained so far."""
        seen = np.asarray(state.seen[0]) > 0
        return tuple(name for name, one in zip(self.sequence.names, seen, strict=True) if one)

    def _last(self, state: ClassifierState) -> tuple[str, ...]:
        """Those of the stage trained last."""
        seen = self._seen(state)
        return seen if self.config.image_tasks.together else seen[-1:]

    def _replayed(self, phase: Sleep, state: ClassifierState) -> tuple[Any, ...]:
        """By what rule and drive, and what image is shown."""
        replay, drive = phase.replay.make(), phase.drive.make()
        shown = self._last(state) if drive.shown == "last" else self._seen(state)
        how = (replay if phase.plastic else replay.still(), drive, self.sequence.shape, self.engine)
        return *how, self.stimuli.mean(shown)
