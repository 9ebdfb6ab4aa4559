"""Runs that are looked at together: arms of an experiment, or any others, with the same seeds."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from sleeprun.config import ConfigError
from sleeprun.protocol.events import Event, Start
from sleeprun.protocol.family import Cycle
from sleeprun.protocol.heard import HeardCycle, Part, heard
from sleeprun.protocol.lines import boundary_of, facts_at
from sleeprun.protocol.phases import Boundary, Live, Protocol
from sleeprun.protocol.results import Results
from sleeprun.subjects.experiment import Experiment

if TYPE_CHECKING:
    import pandas as pd

Weights = dict[str, Float[np.ndarray, "seed pre post"]]


class Lived(ABC):
    """What is asked of a run, or of an arm of one; `sleeprun.load` gives it."""

    folder: Path

    @property
    @abstractmethod
    def results(self) -> Results: ...

    @property
    @abstractmethod
    def config(self) -> Experiment: ...

    @property
    @abstractmethod
    def snapshots(self) -> "pd.DataFrame": ...

    @abstractmethod
    def record(self) -> list[Event]: ...

    @abstractmethod
    def weights(
        self, boundary: int | str | None = None, *, cycle: int | None = None
    ) -> Weights: ...


class Study:
    """Runs by name, of which the seeds count that all of them have; read when asked for."""

    def __init__(self, runs: Mapping[str, Lived]):
        self.runs = runs
        self._protocols: dict[str, Protocol] = {}

    @cached_property
    def seeds(self) -> list[int]:
        first, *others = (run.results["seeds"] for run in self.runs.values())
        common = [seed for seed in first if all(seed in other for other in others)]
        if not common:
            raise ConfigError(f"{', '.join(self.runs)}: have no seed in common")
        return common

    def places(self, name: str) -> Int[np.ndarray, " seed"]:
        """Those of the study's seeds among all of a run."""
        of_run = self.runs[name].results["seeds"]
        return np.array([of_run.index(seed) for seed in self.seeds])

    def boundaries(self, name: str) -> list[Boundary]:
        return [boundary_of(row) for row in self.runs[name].results["boundaries"]]

    def weights(
        self, name: str, boundary: int | None = None, *, cycle: int | None = None
    ) -> Weights:
        """Of a run, at the index of a boundary or at a cycle that is in its snapshots."""
        places = self.places(name)
        found = self.runs[name].weights(boundary, cycle=cycle)
        return {projection: each[places] for projection, each in found.items()}

    def heard(self, name: str) -> tuple[Cycle | None, dict[Part, list[HeardCycle]]]:
        """What a cycle of a run is, none where its networks do not spike in cycles; and the spikes
        that it recorded.
        """
        events = self.runs[name].record()
        start = next(event for event in events if isinstance(event, Start))
        return start.facts.cycle, heard(events)

    def protocol(self, name: str) -> Protocol:
        """The phases of a run."""
        if name not in self._protocols:
            self._protocols[name] = self.runs[name].config.phases()
        return self._protocols[name]

    def teaches(self, name: str, kind: str) -> bool:
        """Whether phases of a kind train tasks, or follow some; of a run."""
        return kind not in facts_at(self.runs[name].results["family"]).untaught

    def learning(self, name: str) -> list[str]:
        """Whose weights learn in a run from the first task on; all where their names do not say."""
        learns = {
            plastic
            for phase in self.protocol(name)
            if isinstance(phase, Live) and self.teaches(name, phase.kind)
            for plastic in phase.plastic
        }
        there = self.weights(name)
        return [each for each in there if each in learns] or list(there)
