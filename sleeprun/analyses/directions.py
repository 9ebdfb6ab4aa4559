"""Weights by direction, of networks that learn sequences: along each, and beside them."""

from collections.abc import Iterator

import pandas as pd

from sleeprun.analyses.analysis import Analysis, Answer, Chart, Table
from sleeprun.analyses.study import Study
from sleeprun.analyses.telling import at_the_end, listed
from sleeprun.config import ConfigError
from sleeprun.subjects.sleeper.experiment import SleeperExperiment
from sleeprun.subjects.sleeper.record import Directions as Recorded

HEAD = ["run", "seed", "at", "boundary", "direction", "weight"]


class Directions(Analysis):
    """Mean weight, as a share of that at birth, of the synapses along each sequence, within its
    groups and of all others, at every boundary (Gonzalez et al. 2020).
    """

    family = SleeperExperiment

    def answer(self, study: Study) -> Answer:
        rows = [row for run in study.runs for row in _of_run(study, run)]
        frame = pd.DataFrame(rows, columns=HEAD)
        if frame["weight"].isna().all():
            raise ConfigError("no weights along sequences, or beside them, are in the record")
        chart = Chart("line", "boundary", "weight", color="direction", facet="run")
        title = "weight over that at birth, by direction"
        return Answer([Table("weights", title, frame, [chart])], [*_ends(frame)])


def _of_run(study: Study, run: str) -> Iterator[tuple[object, ...]]:
    told = {
        event.boundary.index: event
        for event in study.runs[run].record()
        if isinstance(event, Recorded)
    }
    places = study.places(run)
    for event in told.values():
        for direction, of_all in event.shown().items():
            for seed, place in zip(study.seeds, places, strict=True):
                yield run, seed, event.boundary.index, event.boundary.name, direction, of_all[place]


def _ends(frame: pd.DataFrame) -> Iterator[str]:
    """At the end of each run."""
    for run, of_run in at_the_end(frame).groupby("run", sort=False):
        means = of_run.groupby("direction", sort=False)["weight"].mean().dropna()
        if len(means):
            yield f"{run} ends with weights, of those at birth, along: {listed(means, '.3f')}."
