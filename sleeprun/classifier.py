"""The perceptrons of all seeds, as a run sees them: what each phase does to their state.

Awake they are trained by gradient descent; asleep they are spiking networks that replay.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from sleeprun import noise, pupil
from sleeprun.config import ImagesConfig
from sleeprun.experiment import engine_of
from sleeprun.learners import optimiser
from sleeprun.learners.methods import METHODS
from sleeprun.learners.training import starting_state
from sleeprun.networks import perceptron
from sleeprun.networks.perceptron import Perceptron
from sleeprun.phases import Boundary, Phase, Score, Sleep, Wake
from sleeprun.protocol import cycles_of
from sleeprun.pupil import Masked, PupilState, Report
from sleeprun.replay import Replay
from sleeprun.seeds import Over, over_seeds, pad
from sleeprun.sequence import sequence
from sleeprun.tasks.images import mean_image

Event = dict[str, Any]


class Classifier:
    """Leaves of a state are [seed, ...], padded to a multiple of the devices."""

    def __init__(self, config: ImagesConfig, devices: int, over: Over = over_seeds):
        self.config, self.devices, self.over = config, devices, over
        self.seeds = len(config.seeds)
        self.sequence = sequence(config)
        self.engine = engine_of(config)
        # Every chunk of a phase asks for the same.
        self._training = lru_cache(maxsize=1)(self._stage)
        self._mean_image = lru_cache(maxsize=1)(self._mean_over)
        network, training, sleep = config.network, config.training, config.sleep
        self.network = Perceptron(
            jnp.float32(network.dropout), perceptron.LOSSES[network.loss], network.relu_output
        )
        choice = config.learner.model_dump(exclude={"kind"})
        self.learner = METHODS[config.learner.kind](**choice)
        self.optimiser = (
            optimiser.sgd(training.rate, training.momentum)
            if training.optimiser == "sgd"
            else optimiser.adam(training.rate)
        )
        idle = not sleep.plasticity
        self.replay = Replay(
            max_rate=jnp.float32(sleep.max_rate),
            dt=jnp.float32(sleep.dt),
            inc=jnp.float32(0.0 if idle else sleep.inc),
            dec=jnp.float32(0.0 if idle else sleep.dec),
            slope=jnp.float32(sleep.slope),
            decay=jnp.float32(sleep.decay),
            threshold=jnp.array(sleep.threshold, jnp.float32),
        )

    def birth(self) -> PupilState:
        newborns = [self._newborn(seed) for seed in self.config.seeds]
        return pad(jax.tree.map(lambda *leaves: jnp.stack(leaves), *newborns), self.devices)

    def _newborn(self, seed: int) -> PupilState:
        network = self.config.network
        pixels = self.sequence.tasks[0].images.shape[1]
        sizes = [pixels, *network.hidden, self.sequence.classes]
        layers = perceptron.starting_layers(sizes, network.weight_spread, network.biases, seed)
        return PupilState(
            *starting_state(self.learner, self.optimiser, layers),
            noise.seed_key(seed),
            jnp.int32(0),
            jnp.int32(0),
            jnp.zeros(len(self.sequence.tasks), jnp.int32),
            jnp.zeros(len(layers)),
            tuple(jnp.zeros(size) for size in sizes[1:]),
        )

    def begin(self, phase: Phase, state: PupilState) -> PupilState:
        state = state._replace(begun=state.begun + state.step, step=jnp.zeros_like(state.step))
        if isinstance(phase, Wake):
            return self._call(pupil.prepare, self.network, self.learner, state)
        if not isinstance(phase, Sleep):
            return state
        images = np.concatenate([task.images for task in self._seen(state)])
        return self._call(
            pupil.fall_asleep, self.network, jnp.float32(self.config.sleep.alpha_scale),
            self.config.sleep.scale == "first_sleep", jnp.asarray(images), state,
        )  # fmt: skip

    def advance(self, phase: Phase, count: int, state: PupilState) -> tuple[PupilState, Report]:
        """`count` training steps, sleep steps, or the test of a task."""
        match phase:
            case Wake():
                images, labels = self._training(str(phase.task))
                batch = self.config.training.batch
                how = (self.network, self.learner, self.optimiser)
                told = (*how, images, labels, batch, jnp.int32(count))
                state, report = self._call(pupil.study, *told, state)
            case Sleep():
                state, report = self._call(
                    pupil.dream, *self._dream(state), jnp.int32(count), state
                )
            case _:
                state, report = self._call(
                    pupil.examine, self.network, self.learner, *self._test(phase), state
                )
        return state, self.unpadded(report)

    def end(self, phase: Phase, state: PupilState) -> PupilState:
        if isinstance(phase, Wake) and phase.task:
            state = self._call(
                pupil.consolidate,
                self.network,
                self.learner,
                *self._training(str(phase.task)),
                state,
            )
            trained = jnp.array([name in phase.task.split("+") for name in self.sequence.names])
            return state._replace(seen=state.seen + trained.astype(jnp.int32))
        return state

    def intervene(self, phase: Phase, state: PupilState) -> PupilState:
        raise NotImplementedError("a perceptron's protocol has no interventions")

    def told(self, report: Report) -> Event:
        names = [f"hidden {depth + 1}" for depth in range(len(self.config.network.hidden))]
        spikes = dict(zip([*names, "output"], report.spikes.T.tolist(), strict=True))
        return {"loss": report.loss.tolist(), "spikes": spikes}

    def marks(self, report: Report) -> Int[np.ndarray, "2 seed"]:
        """Images classified rightly and wrongly."""
        return np.stack([report.right, report.wrong])

    def score(self, phase: Score, marks: Int[np.ndarray, "2 seed"]) -> Event:
        right, wrong = marks
        return {
            "event": "score",
            "boundary": asdict(phase.boundary),
            "task": phase.task,
            "score": (right / (right + wrong)).tolist(),
            "right": right.tolist(),
            "wrong": wrong.tolist(),
        }

    def steps(self, phase: Phase) -> int:
        return 0 if isinstance(phase, Score) else cycles_of(phase)

    def facts(self) -> Event:
        return {
            "tasks": self.sequence.names,
            "chance": 1 / self.sequence.classes,
            "scale": 1.0,
            "shortened": False,
        }

    def unpadded(self, tree: Any) -> Any:
        return jax.tree.map(lambda leaf: np.asarray(leaf)[: self.seeds], tree)

    def padded(self, tree: Any) -> Any:
        return pad(tree, self.devices)

    def seen_at(self, boundary: Boundary, state: PupilState) -> Iterator[Event]:
        alone = jax.tree.map(lambda leaf: np.asarray(leaf)[0], state)
        carried = self.learner.carried(alone.memory)
        if self.config.sleep.schedule == "after":
            image = self.sequence.tasks[0].images[0].nbytes
            carried += image + alone.alpha.nbytes  # the mean image, and the largest activations
        yield {"event": "carried", "boundary": asdict(boundary), "bytes": carried}

    def seen_after(self, phase: Phase, state: PupilState) -> Iterator[Event]:
        yield from ()

    def room(self, state: PupilState) -> list[list[int]]:
        """The shapes of what the learner remembers, which may grow from task to task."""
        return [list(leaf.shape[1:]) for leaf in jax.tree.leaves(state.memory)]

    def like(self, state: PupilState, wanted: list[list[int]]) -> PupilState:
        leaves, structure = jax.tree.flatten(state.memory)
        roomy = [
            np.zeros((len(leaf), *shape), leaf.dtype)
            for leaf, shape in zip(leaves, wanted, strict=True)
        ]
        return self.unpadded(state._replace(memory=jax.tree.unflatten(structure, roomy)))

    def _seen(self, state: PupilState) -> list[Any]:
        """The tasks trained so far, or the last one alone."""
        tasks, seen = self.sequence.tasks, np.asarray(state.seen[0]) > 0
        known = [task for task, there in zip(tasks, seen, strict=True) if there]
        return known[-1:] if self.config.sleep.input == "last" else known

    def _stage(self, stage: str) -> tuple[Array, Array]:
        tasks = self.sequence.of(stage)
        images = np.concatenate([task.images for task in tasks])
        return jnp.asarray(images), jnp.asarray(np.concatenate([task.labels for task in tasks]))

    def _test(self, phase: Any) -> tuple[Array, Array, Array]:
        task = self.sequence.tasks[self.sequence.names.index(phase.task)]
        allowed = jnp.ones(self.sequence.classes, bool)
        return jnp.asarray(task.test_images), jnp.asarray(task.test_labels), allowed

    def _dream(self, state: PupilState) -> tuple[Any, ...]:
        sleep = self.config.sleep
        image = self._mean_image(tuple(task.name for task in self._seen(state)))
        how = Masked(self.sequence.shape, sleep.patch, self.engine)
        return self.replay, how, image

    def _mean_over(self, names: tuple[str, ...]) -> Array:
        return jnp.asarray(mean_image(self.sequence.of("+".join(names))))

    def _call(self, function: Callable, *arguments: Any) -> Any:
        """Run a compiled function for all seeds; what comes back has really been computed."""
        return jax.block_until_ready(self.over(function, self.devices)(*arguments))
