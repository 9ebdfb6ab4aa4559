"""The images of a run as arrays on the devices: the same for all seeds, or each seed's own."""

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any
from weakref import WeakValueDictionary

import jax
import numpy as np

from sleeprun.gradient import probes
from sleeprun.gradient.probes.schema import ProbesConfig
from sleeprun.subjects.classifier.schema import Config
from sleeprun.subjects.seeds import PerSeed, pad
from sleeprun.tasks.images.cutting import ImageTask, mean_image
from sleeprun.tasks.images.sequence import Sequence

_live: WeakValueDictionary[Hashable, "Stimuli"] = WeakValueDictionary()


def stimuli(config: Config, devices: int) -> "Stimuli":
    """The same ones for all runs of this process that show the same images."""
    tasks = config.image_tasks
    seeds = tuple(config.seeds) if tasks.order_seed == "by_seed" else ()
    key = type(tasks), tasks.model_dump_json(), seeds, devices
    if (found := _live.get(key)) is None:
        found = _live[key] = Stimuli(config, devices)
    return found


class Stimuli:
    """What is asked for again and again, by every chunk or boundary, is kept."""

    def __init__(self, config: Config, devices: int):
        self.scenario, self.devices = config.image_tasks.scenario, devices
        self.sequences = config.image_tasks.sequences(config.seeds)
        self.sequence = self.sequences[0]  # of the first seed; the names and lengths are all's
        self.training = lru_cache(maxsize=4)(self._training)
        self.test = lru_cache(maxsize=None)(self._test)
        self.mean = lru_cache(maxsize=1)(self._mean)

    def _training(self, names: tuple[str, ...]) -> tuple[Any, Any]:
        """Images and labels of all these tasks."""

        def of_one(sequence: Sequence) -> tuple[np.ndarray, np.ndarray]:
            tasks = sequence.of(names)
            images = np.concatenate([task.images for task in tasks])
            return images, np.concatenate([task.labels for task in tasks])

        return self._each(of_one)

    def _test(self, name: str) -> tuple[Any, Any, Any]:
        """Images and labels of a task's test, and the outputs that are open in it."""

        def of_one(sequence: Sequence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            (task,) = sequence.of([name])
            return task.test_images, task.test_labels, self._allowed(sequence, task)

        return self._each(of_one)

    def _mean(self, names: tuple[str, ...]) -> Any:
        return self._each(lambda sequence: mean_image(sequence.of(names)))

    def probed(self, wanted: ProbesConfig, place: int) -> tuple[int, tuple[Any, Any, Any]]:
        """How many images of a task's test a probe shows; they by noise, labels, open outputs."""
        tested = min((one.tasks[place].test_labels >= 0).sum() for one in self.sequences)
        some = probes.chosen(int(tested), wanted.images)

        def of_one(sequence: Sequence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            task = sequence.tasks[place]
            shown = probes.noisy(
                task.test_images[some], place, sequence.shape, wanted.made_noises()
            )
            allowed = self._allowed(sequence, task)
            return np.stack([*shown.values()]), task.test_labels[some], allowed

        return len(some), self._each(of_one)

    def _allowed(self, sequence: Sequence, task: ImageTask) -> np.ndarray:
        known = np.isin(np.arange(sequence.outputs), task.classes)
        return known | (self.scenario != "task")

    def _each(self, of_one: Callable[[Sequence], Any]) -> Any:
        """The arrays that a function makes of the seeds' sequence, or of each seed's own."""
        if len(self.sequences) == 1:
            return jax.device_put(of_one(self.sequence))
        alone = [of_one(sequence) for sequence in self.sequences]
        together = jax.tree.map(lambda *leaves: np.stack(leaves), *alone)
        return jax.tree.map(PerSeed, pad(together, self.devices))
