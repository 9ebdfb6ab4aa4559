"""A study of one run of two small networks, made up: two tasks, one trained after the other."""

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from sleeprun.analyses import Study
from sleeprun.analyses.study import Lived
from sleeprun.protocol.events import Begun, Event, Start
from sleeprun.protocol.lines import row_of
from sleeprun.protocol.phases import Boundary
from sleeprun.protocol.seen import Spiked
from sleeprun.subjects.forager.record import ForagingFacts

SEEDS, TASKS, NAME = [3, 5], ["task1", "task2"], "input_hidden"
TIMES = [10, 20, 30, 40, 50, 60, 70, 80]  # half of them in the training of each
BOUNDARIES = [
    Boundary(0, "untrained", "start"),
    Boundary(1, "task1", "wake", ("task1",)),
    Boundary(2, "task2", "wake", ("task2",)),
]
FACTS = ForagingFacts(
    tasks=TASKS, chance=0.5, scale=1.0, shortened=False, cycle_steps=10, shape={"hidden": [3]}
)
DRAW = np.random.default_rng(0)
BORN = DRAW.uniform(0.5, 1.0, (len(SEEDS), 4, 3))
STILL = np.stack([BORN] * len(TIMES))
MOVING = BORN + DRAW.uniform(0.0, 0.1, STILL.shape)


class Made(Lived):
    """With weights [time, seed, pre, post], which boundaries have at the first, middle and last."""

    folder = Path()

    def __init__(
        self, course: np.ndarray, boundaries: list[Boundary], told: Iterable[Event], config: Any
    ):
        self.course, self.boundaries, self.told, self._config = course, boundaries, [*told], config

    @property
    def results(self):
        rows = [row_of(each) for each in self.boundaries]
        return {
            "seeds": SEEDS, "tasks": TASKS, "boundaries": rows, "family": FACTS.path(),
            "R": [[[None] * len(TASKS)] * len(rows)] * len(SEEDS),
        }  # fmt: skip

    @property
    def config(self):
        return self._config

    @property
    def snapshots(self):
        halves = np.repeat([1, 2], len(TIMES) // 2)
        names = [TASKS[half - 1] for half in halves]
        return pd.DataFrame({"phase": halves, "kind": "wake", "name": names, "cycle": TIMES})

    def record(self):
        start = Start(
            resumed=False, time="", name="made", variant=None, seeds=SEEDS, facts=FACTS, device="",
            versions={},
        )  # fmt: skip
        return [start, *self.told]

    def weights(self, boundary=None, *, cycle=None):
        at_boundary = [0, len(TIMES) // 2 - 1, -1][-1 if boundary is None else boundary]
        return {NAME: self.course[at_boundary if cycle is None else TIMES.index(cycle)]}


SIGHT = SimpleNamespace(shape=(2, 2), through={"hidden": [NAME]}, answers="hidden")
CONFIG = SimpleNamespace(phases=tuple, trained_tasks=TASKS, sight=SIGHT)


def study(
    course: np.ndarray,
    boundaries: list[Boundary] = BOUNDARIES,
    told: Iterable[Event] = (),
    config: Any = CONFIG,
) -> Study:
    return Study({"made": Made(course, boundaries, told, config)})


def spiked(awake: list[list[int]], asleep: list[list[int]], cycles: int = 4) -> list[Event]:
    """So many cycles of task 1 and of sleep, all alike: (step, neuron) of both seeds."""
    told: list[Event] = []
    for index, (kind, name, pairs) in enumerate((("wake", "task1", awake), ("sleep", "", asleep))):
        told.append(Begun(index=index, kind=kind, name=name, cycle=index))
        told += [Spiked(kind=kind, name=name, spikes={"hidden": [pairs, pairs]})] * cycles
    return told
