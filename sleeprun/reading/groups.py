"""What stands beside each other, by name: runs, arms of runs, jobs of sweeps."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from sleeprun.reading.loaded import LoadedRun
from sleeprun.reading.sample import Sample


class Group(NamedTuple):
    runs: list[LoadedRun]  # that differ in their seeds alone
    folder: Path  # of the run or the sweep that it is of
    swept: bool = False  # a job, which is meant to differ from the others

    @property
    def whole(self) -> LoadedRun | Sample:
        return self.runs[0] if len(self.runs) == 1 else Sample(self.runs)


Groups = Mapping[str, Group]


def groups_in(folder: Path, run: LoadedRun) -> Groups:
    """The arms of a run, or it alone, by the name of its experiment."""
    sides = run.arms or {run.results["experiment"]: run}
    return {name: Group([each], folder) for name, each in sides.items()}
