"""Runs that differ in their seeds alone, which are one sample."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from sleeprun.analyses.study import Lived, Weights
from sleeprun.config import ConfigError
from sleeprun.config.identity import ASIDE
from sleeprun.protocol.events import Event
from sleeprun.protocol.results import Results, places_of, pooled
from sleeprun.reading.loaded import LoadedRun
from sleeprun.subjects.experiment import Experiment

if TYPE_CHECKING:
    import pandas as pd

# Besides what has no effect: what is told of a run by its name, and what it is measured by.
OF_ITS_OWN = {*ASIDE, "seeds", "arms", "name", "origin", "joint", "naive"}


def what_is_run(config: Experiment) -> dict[str, Any]:
    """All that tells a run from another, by key."""
    computed = {key: getattr(config.runtime, key) for key in ("simulate", "skip_quiet")}
    return config.model_dump(by_alias=True, exclude=OF_ITS_OWN) | {"runtime": computed}


def differ_in_seeds_alone(run: LoadedRun, other: LoadedRun) -> bool:
    """Not those of another version, whose configs are not read."""
    if {*run.results["seeds"]} & {*other.results["seeds"]}:
        return False
    try:
        return what_is_run(run.config) == what_is_run(other.config)
    except ConfigError:
        return False


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
        told = f"{self.folder} and {len(self.runs) - 1} more"
        raise ConfigError(f"{told}: records of runs are not put together; look at one alone")

    def weights(self, boundary: int | str | None = None, *, cycle: int | None = None) -> Weights:
        found = [run.weights(boundary, cycle=cycle) for run in self.runs]
        places = places_of([run.results for run in self.runs]).values()
        return {
            name: np.stack([found[one][name][place] for one, place in places]) for name in found[0]
        }
