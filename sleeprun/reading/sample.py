"""Runs that differ in their seeds alone, which are one sample."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from sleeprun.analyses.study import Lived, Weights
from sleeprun.config import ConfigError
from sleeprun.config.identity import ASIDE
from sleeprun.directory.subset import of_runs
from sleeprun.protocol.events import Event, Of, Progress, Resumed, Start
from sleeprun.protocol.results import Results, places_of, pooled
from sleeprun.protocol.sampled import sampled
from sleeprun.reading.loaded import LoadedRun
from sleeprun.subjects.experiment import Experiment

if TYPE_CHECKING:
    import pandas as pd

# Besides what has no effect: what is told of a run by its name, and what it is measured by.
ALIKE = "family", "tasks", "boundaries", "data", "engine", "training_steps"  # of results
OF_ITS_OWN = {*ASIDE, "seeds", "arms", "name", "origin", "joint", "naive"}


def what_is_run(config: Experiment) -> dict[str, Any]:
    """All that tells a run from another, by key."""
    computed = {key: getattr(config.runtime, key) for key in ("simulate", "skip_quiet")}
    return config.model_dump(by_alias=True, exclude=OF_ITS_OWN) | {"runtime": computed}


def one_sample(runs: Sequence[LoadedRun]) -> bool:
    """Whether they differ in seeds alone; seeds that several have must have come to the same there.
    Not those of another version, whose configs are not read.
    """
    (first, *others) = (run.results for run in runs)
    if any(first.get(key) != other.get(key) for other in others for key in ALIKE):
        return False
    scores: dict[int, str] = {}
    for results in (first, *others):
        for seed, of_seed in zip(results["seeds"], results["R"], strict=True):
            if scores.setdefault(seed, str(of_seed)) != str(of_seed):
                return False
    try:
        told, *more = (what_is_run(run.config) for run in runs)
    except ConfigError:
        return False
    return all(other == told for other in more)


class Sample(Lived):
    """Such runs as one of all their seeds."""

    def __init__(self, runs: Sequence[Lived]):
        self.runs, self.folder = runs, runs[0].folder

    @cached_property
    def results(self) -> Results:
        return pooled([run.results for run in self.runs])

    @property
    def config(self) -> Experiment:
        return self.runs[0].config

    @cached_property
    def snapshots(self) -> "pd.DataFrame":
        """The times at which all of them kept weights."""
        first, *others = (run.snapshots for run in self.runs)
        for other in others:
            first = first[first["cycle"].isin(other["cycle"])]
        return first

    def record(self) -> list[Event]:
        """What they tell of every seed, together. Raises ConfigError where activity was told at
        other times; what else was so is left out.
        """
        told = [[*_once(run.record())] for run in self.runs]
        counts = [Counter(map(type, of_one)) for of_one in told]
        kinds = {kind for kind in counts[0] if len({count[kind] for count in counts}) == 1}
        if Progress not in kinds and any(sampled(of_one) for of_one in told):
            raise ConfigError(f"{self.folder}, ...: tell of activity at unlike times")
        places = [*places_of([run.results for run in self.runs]).values()]
        alike = ([event for event in of_one if type(event) in kinds] for of_one in told)
        return [of_runs(events, places) for events in zip(*alike, strict=True)]

    def weights(self, boundary: int | str | None = None, *, cycle: int | None = None) -> Weights:
        found = [run.weights(boundary, cycle=cycle) for run in self.runs]
        places = places_of([run.results for run in self.runs]).values()
        names = [name for name in found[0] if all(name in one for one in found)]
        return {
            name: np.stack([found[which][name][place] for which, place in places]) for name in names
        }


def _once(events: Iterable[Event]) -> Iterator[Event]:
    """As of a run that was never broken off, without what is told of some seeds only."""
    begun = False
    for event in events:
        again = begun and isinstance(event, Start)
        begun = begun or isinstance(event, Start)
        if event.of is Of.RUN and not (again or isinstance(event, Resumed)):
            yield event
