"""Sequences that a network learns, as a config says them (Gonzalez et al. 2020)."""

from collections.abc import Iterator
from itertools import permutations
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from sleeprun.config.declared import section_of
from sleeprun.config.spelling import nearest
from sleeprun.config.values import Count, NonNegative, Positive, Section, Whole
from sleeprun.tasks.sequences.objective import Objective
from sleeprun.tasks.sequences.oscillation import Oscillation, Replay
from sleeprun.tasks.sequences.recall import Recall, matching
from sleeprun.tasks.sequences.stimulus import Stimulus
from sleeprun.tasks.tasks import Tasks


class Sequence(Section):
    """The first cell of each group, in the order of stimulation; how long it is trained."""

    cells: Annotated[list[Whole], Field(min_length=2, max_length=8)]
    train: Positive  # s


class Sequences(Tasks):
    subject: ClassVar[str] = "sleeprun.subjects.sleeper.experiment.SleeperExperiment"

    stages: list[str]  # of training; none: it only sleeps
    population: str  # whose cells are stimulated and read
    projection: str  # that learns between them
    sequences: Annotated[dict[str, Sequence], Field(min_length=1)]
    group: Count  # cells
    stimulus: section_of(Stimulus)  # type: ignore[valid-type]
    alternate: Positive  # s of training before each sleep, where that is interleaved with it
    settle: NonNegative  # s before the first test, without plasticity
    cues: Count  # of a test
    lead: Whole  # periods awake before the first cue of a test
    training: dict[str, Any]  # values of the network's numbers in training, as of a level of sleep
    spread: NonNegative  # variance over mean of the noise on starting weights that can learn
    recall: Recall
    oscillation: Oscillation
    replay: Replay
    objective: Objective | None = None  # which records of older versions lack

    @property
    def groups(self) -> dict[str, int]:
        """The first cell of each, by the first sequence that it is of and its place in it."""
        return {name: cell for cell, name in self._named.items()}

    def order(self, sequence: str) -> list[str]:
        """Its groups, by the same names."""
        return [self._named[cell] for cell in self.sequences[sequence].cells]

    @property
    def orders(self) -> dict[str, list[str]]:
        """The groups of every sequence; one that is another's reverse is told with that."""
        found: dict[str, list[str]] = {}
        for name in self.sequences:
            if self.order(name)[::-1] not in found.values():
                found[name] = self.order(name)
        return found

    @property
    def _named(self) -> dict[int, str]:
        found: dict[int, str] = {}
        for name, sequence in self.sequences.items():
            for place, cell in enumerate(sequence.cells, 1):
                found.setdefault(cell, f"{name} {place}")
        return found

    @property
    def chance(self) -> float:
        """How often a random order of all groups of the shortest sequence would succeed."""
        groups = min(len(each.cells) for each in self.sequences.values())
        orders = np.array(list(permutations(range(groups))))
        match = matching(orders, np.ones(orders.shape, bool), self.recall.silent, self.recall.ties)
        return float(np.mean(match >= self.recall.least - 1e-9))

    def lasting(self, groups: int) -> float:
        """How long so many groups are stimulated, ms."""
        stimulus = self.stimulus.numbers
        return float((groups - 1) * stimulus["onset"] + stimulus["pulse"])

    def misfits(self, cells: int) -> Iterator[str]:
        """A line for each key that does not fit the others, or so many cells."""
        for place, name in enumerate(self.stages):
            if name not in self.sequences:
                known = nearest(name, list(self.sequences))
                yield f"tasks.stages.{place}='{name}': no such sequence{known}"
        for name, sequence in self.sequences.items():
            if max(sequence.cells) + self.group > cells:
                yield (
                    f"tasks.sequences.{name}.cells: a group of {self.group} from "
                    f"{max(sequence.cells)} on; {self.population} has {cells} cells"
                )
            if self.lasting(len(sequence.cells)) > self.stimulus.period:
                yield (
                    f"tasks.sequences.{name}: takes {self.lasting(len(sequence.cells)):g} ms; "
                    f"tasks.stimulus.period is {self.stimulus.period:g}"
                )
        if self.recall.window > self.stimulus.period:
            yield f"tasks.recall.window={self.recall.window}: longer than tasks.stimulus.period"
