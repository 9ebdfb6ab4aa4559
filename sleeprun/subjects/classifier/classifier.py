"""The perceptrons of all seeds, as a run sees them: what each phase does to their state.

Awake they are trained by gradient descent; asleep they are spiking networks that replay.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from sleeprun import noise
from sleeprun.config import ConfigError
from sleeprun.gradient import perceptron, probes, promises
from sleeprun.gradient.learners.training import starting_state
from sleeprun.gradient.perceptron import Layers, Perceptron
from sleeprun.gradient.probes import Moved, Response
from sleeprun.gradient.probes.schema import ProbesConfig
from sleeprun.protocol.events import Carried, Event, Scored
from sleeprun.protocol.phases import Boundary, BoundaryKind, Phase, Score
from sleeprun.protocol.told import Answered, ImageFacts, Trained
from sleeprun.subjects.classifier import life, told
from sleeprun.subjects.classifier.life import PupilState, Report
from sleeprun.subjects.classifier.phases import Sleep, Wake
from sleeprun.subjects.classifier.schema import Config
from sleeprun.subjects.classifier.stimuli import stimuli
from sleeprun.subjects.seeds import Over, Seeds, over_seeds


class Classifier(Seeds):
    def __init__(self, config: Config, devices: int, over: Over = over_seeds):
        super().__init__(len(config.seeds), devices, over)
        self.config = config
        self.stimuli = stimuli(config, devices)
        self.sequence = self.stimuli.sequence
        self.engine = config.engine()
        network = config.network
        self.network = Perceptron(
            jnp.float32(network.dropout), perceptron.LOSSES[network.loss], network.relu_output
        )
        self.learner, self.descent = config.learner.make(), config.training.make()
        self.layers = [*(f"hidden {depth + 1}" for depth in range(len(network.hidden))), "output"]

    def birth(self) -> PupilState:
        newborns = [self._newborn(seed) for seed in self.config.seeds]
        self._check(newborns[0].layers)
        return self.padded(jax.tree.map(lambda *leaves: np.stack(leaves), *newborns))

    def _check(self, layers: Layers) -> None:
        """Raises ConfigError where a class of a user's own does not do what it must."""
        promises.check_learner(self.learner, self.network, layers)
        for sleep in self.config.sleep.sleeps:
            promises.check_drive(sleep.drive.make(), len(layers[0].weights), self.sequence.shape)

    def _newborn(self, seed: int) -> PupilState:
        network = self.config.network
        pixels = self.sequence.tasks[0].images.shape[1]
        sizes = [pixels, *network.hidden, self.sequence.outputs]
        layers = perceptron.starting_layers(sizes, network.weight_spread, network.biases, seed)
        return PupilState(
            *starting_state(self.learner, self.descent, layers),
            noise.seed_key(seed),
            jnp.int32(0),
            jnp.int32(0),
            jnp.zeros(len(self.sequence.tasks), jnp.int32),
            jnp.zeros(len(layers)),
            jnp.zeros(len(layers)),
            tuple(jnp.zeros(size) for size in sizes[1:]),
            before=(),
            moved=Moved(*(jnp.zeros(len(layers)) for _ in Moved._fields)),
        )

    def begin(self, phase: Phase, state: PupilState) -> PupilState:
        state = state._replace(begun=state.begun + state.step, step=jnp.zeros_like(state.step))
        if isinstance(phase, Wake):
            return self.call(life.prepare, self.network, self.learner, state)
        if not isinstance(phase, Sleep):
            return state
        over = self._last(state) if phase.scale == "carried" else self._seen(state)
        images, _ = self.stimuli.training("+".join(over))
        alpha_scale = jnp.float32(phase.replay.numbers["alpha_scale"])
        how = (alpha_scale, phase.scale, self.config.probes is not None)
        return self.call(life.fall_asleep, self.network, *how, images, state)

    def chunk(self, phase: Phase) -> int:
        runtime = self.config.runtime
        return runtime.chunk_batches if isinstance(phase, Wake) else runtime.chunk_steps

    def advance(self, phase: Phase, count: int, state: PupilState) -> tuple[PupilState, Report]:
        """`count` training steps, sleep steps, or the test of a task."""
        match phase:
            case Wake():
                images, labels = self.stimuli.training(str(phase.task))
                how = (self.network, self.learner, self.descent)
                told = (*how, images, labels, jnp.int32(count))
                state, report = self.call(life.study, *told, state)
                self._refuse_divergence(str(phase.task), self.unpadded(report.loss))
            case Sleep():
                state, report = self.call(
                    life.dream, *self._dream(phase, state), jnp.int32(count), state
                )
            case Score():
                report = self.call(
                    life.examine, self.network, self.learner, *self.stimuli.test(phase.task), state
                )
        return state, self.unpadded(report)

    def _refuse_divergence(self, task: str, losses: Float[np.ndarray, " seed"]) -> None:
        lost = [s for s, one in zip(self.config.seeds, np.isfinite(losses), strict=True) if not one]
        if not lost:
            return
        strength = getattr(self.config.learner, "strength", None)
        also = "" if strength is None else f" or learner.strength={strength}"
        raise ConfigError(
            f"training.rate={self.config.training.rate}: the loss of seed {lost[0]} is no longer "
            f"finite in task {task}; lower training.rate{also}"
        )

    def end(self, phase: Phase, state: PupilState) -> PupilState:
        if isinstance(phase, Wake) and phase.task:
            state = self.call(
                life.consolidate,
                self.network,
                self.learner,
                *self.stimuli.training(str(phase.task)),
                state,
            )
            trained = jnp.array([name in phase.task.split("+") for name in self.sequence.names])
            return state._replace(seen=state.seen + trained.astype(jnp.int32))
        return self.call(life.wake_up, state) if state.before else state

    def told(self, report: Report) -> Trained:
        spikes = dict(zip(self.layers, report.spikes.T.tolist(), strict=True))
        return Trained(loss=report.loss.tolist(), spikes=spikes)

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
        )

    def _chance(self) -> float:
        """Of guessing among the outputs that are open, on average over tasks."""
        if self.config.image_tasks.scenario != "task":
            return 1 / self.sequence.outputs
        return float(np.mean([1 / len(task.classes) for task in self.sequence.tasks]))

    def seen_at(self, boundary: Boundary, state: PupilState) -> Iterator[Event]:
        carried = self.learner.carried(jax.tree.map(lambda leaf: leaf[0], state.memory))
        if self.config.sleep.schedule == "after":
            carried += self._carried_for_sleep(state)
        yield Carried(boundary=boundary, bytes=carried)
        if self.config.probes and boundary.phase in (BoundaryKind.WAKE, BoundaryKind.SLEEP):
            yield from self._probed(self.config.probes, boundary, state)

    def _probed(
        self, wanted: ProbesConfig, boundary: Boundary, state: PupilState
    ) -> Iterator[Event]:
        """What is measured beside the scores, of the tasks trained so far."""
        tasks = np.flatnonzero(state.seen[0]).tolist()
        shown = [self.stimuli.probed(wanted, place) for place in tasks]
        found = [self._probe(wanted, count, arrays, state) for count, arrays in shown]
        yield told.robustness_told(boundary, [right for right, _ in found])
        if wanted.overlap and len(tasks) > 1:
            yield told.overlap_told(boundary, self.layers[:-1], [hidden for _, hidden in found])
        if boundary.phase is BoundaryKind.SLEEP:
            yield told.moved_told(boundary, self.layers, self.unpadded(state.moved))
        if wanted.own:
            tasks_shown = zip(tasks, (arrays for _, arrays in shown), strict=True)
            yield told.measured_told(boundary, self._measured(wanted, tasks_shown, state))

    def _measured(
        self, wanted: ProbesConfig, shown: Iterable[tuple[int, Any]], state: PupilState
    ) -> dict[str, list[float]]:
        """What a user's own probes find of each seed."""
        answers = []
        for place, (images, labels, _) in shown:
            found = self.call(life.answer, self.network, images, labels, state)
            answers.append((self.sequence.names[place], self.unpadded(found)))

        def of_seed(seed: int) -> list[Response]:
            own = partial(jax.tree.map, lambda leaf: leaf[seed])
            return [Response(name, *own(found)) for name, found in answers]

        return probes.measured(wanted.made_probes(), map(of_seed, range(self.seeds)))

    def _carried_for_sleep(self, state: PupilState) -> int:
        """Bytes of earlier tasks that one network's next sleep needs."""
        sleeps, tasks = self.config.sleep.sleeps, self.sequence.of("+".join(self._seen(state)))
        seen = any(sleep.drive.shown == "seen" for sleep in sleeps)
        mean = self.sequence.tasks[0].images[0].nbytes if seen else 0
        scales = {sleep.scale for sleep in sleeps}
        if "every_sleep" in scales:  # takes the activations of all earlier images anew
            return mean + sum(task.images.nbytes for task in tasks)
        if "carried" in scales:
            return mean + state.largest[0].nbytes
        return mean + state.alpha[0].nbytes

    def seen_after(self, phase: Phase, state: PupilState) -> Iterator[Event]:
        yield from ()

    def weights(self, state: PupilState) -> dict[str, Float[np.ndarray, "seed pre post"]]:
        layers = zip(self.layers, state.layers, strict=True)
        return {name: np.asarray(layer.weights) for name, layer in layers}

    def capacity(self, state: PupilState) -> list[list[int]]:
        """The shapes of what the learner remembers, which may grow, and of `before`."""
        return [list(leaf.shape[1:]) for leaf in jax.tree.leaves((state.memory, state.before))]

    def like(self, state: PupilState, wanted: list[list[int]]) -> PupilState:
        leaves, structure = jax.tree.flatten(state.memory)
        roomy = [
            np.zeros((len(leaf), *shape), leaf.dtype)
            for leaf, shape in zip(leaves, wanted[: len(leaves)], strict=True)
        ]
        memory = jax.tree.unflatten(structure, roomy)
        asleep = len(wanted) > len(leaves)
        before = tuple(layer.weights for layer in state.layers) if asleep else ()
        return self.unpadded(state._replace(memory=memory, before=before))

    def _seen(self, state: PupilState) -> list[str]:
        """The tasks trained so far."""
        seen = np.asarray(state.seen[0]) > 0
        return [name for name, there in zip(self.sequence.names, seen, strict=True) if there]

    def _last(self, state: PupilState) -> list[str]:
        """Those of the stage trained last."""
        seen = self._seen(state)
        return seen if self.config.image_tasks.together else seen[-1:]

    def _probe(
        self, wanted: ProbesConfig, count: int, shown: tuple[Any, Any, Any], state: PupilState
    ) -> tuple[dict[str, Any], list[Any]]:
        """The share of a task's images classified rightly, by noise, and its activations."""
        found = self.unpadded(self.call(life.probe, self.network, self.learner, *shown, state))
        shares = found.right.T / count
        return dict(zip(wanted.names(), shares, strict=True)), found.hidden

    def _dream(self, phase: Sleep, state: PupilState) -> tuple[Any, ...]:
        replay, drive = phase.replay.make(), phase.drive.make()
        shown = self._last(state) if drive.shown == "last" else self._seen(state)
        how = (replay if phase.plastic else replay.still(), drive, self.sequence.shape, self.engine)
        return *how, self.stimuli.mean("+".join(shown))
