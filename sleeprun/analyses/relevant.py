"""Task-relevant weights, followed: the strongest after a task, at the boundaries behind it."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from sleeprun.analyses.analysis import Analysis, Answer, Chart, Table
from sleeprun.analyses.needs import BOUNDARIES
from sleeprun.analyses.still import refuse_still
from sleeprun.analyses.study import Study
from sleeprun.analyses.telling import at_the_end, listed
from sleeprun.config import ConfigError
from sleeprun.config.declared import setting
from sleeprun.config.values import Fraction
from sleeprun.protocol.phases import Boundary

Flat = Float[np.ndarray, "seed synapse"]
HEAD = ["run", "seed", "task", "at", "boundary", "mean", "others", "still"]


def strongest(weights: Flat, share: float) -> Bool[np.ndarray, "seed synapse"]:
    """The `share` of each network's synapses, those that are not 0, that are largest in size."""
    size = np.abs(weights)
    count = np.rint(share * (size > 0).sum(axis=1)).astype(int)
    rank = np.argsort(np.argsort(-size, axis=1, kind="stable"), axis=1)
    return rank < count[:, None]


def mean_size(
    weights: Flat, chosen: Bool[np.ndarray, "seed synapse"]
) -> Float[np.ndarray, " seed"]:
    """Of the chosen synapses; nan where none is."""
    count = chosen.sum(axis=1)
    total = np.where(chosen, np.abs(weights), 0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)


def share_of(
    chosen: Bool[np.ndarray, "seed synapse"], others: Bool[np.ndarray, "seed synapse"]
) -> Float[np.ndarray, " seed"]:
    """Of the chosen synapses those among the others; nan where none is chosen."""
    count = chosen.sum(axis=1)
    both = (chosen & others).sum(axis=1)
    return np.divide(both, count, out=np.full(len(count), np.nan), where=count > 0)


class Relevant(Analysis):
    """The strongest weights after a task was trained (Golden et al. 2022: the top 10 %), followed
    through what comes later: their mean size, that of the others, and how many of them still are
    among the strongest.
    """

    needs = (BOUNDARIES,)

    share: float = setting(Fraction, "of a network's synapses that learn", default=0.1)

    def answer(self, study: Study) -> Answer:
        refuse_still(study)
        rows = [row for run in study.runs for row in self._followed(study, run)]
        frame = pd.DataFrame(rows, columns=HEAD)
        if frame.empty:
            raise ConfigError("no run has trained a task alone")
        if frame["still"].isna().all():
            raise ConfigError(f"share={self.share:g}: is less than a synapse of what a network has")
        charts = [
            Chart("line", "boundary", column, color="run", facet="task")
            for column in ("mean", "still")
        ]
        title = f"the strongest {self.share:.0%} after a task: mean size, share that still are"
        return Answer([Table("followed", title, frame, charts)], [*_ends(frame, self.share)])

    def _followed(self, study: Study, run: str) -> Iterator[tuple[object, ...]]:
        """A row a seed, task and boundary, from the one that closes the task's training on."""
        names, boundaries = study.learning(run), study.boundaries(run)
        chosen: dict[str, Bool[np.ndarray, "seed synapse"]] = {}
        for boundary in boundaries:
            weights = _flat(study, run, boundary, names)
            top = strongest(weights, self.share)
            if len(boundary.tasks) == 1 and not boundary.after_rest:
                chosen.setdefault(boundary.tasks[0], top)
            for task, ours in chosen.items():
                still = share_of(ours, top)
                means = mean_size(weights, ours), mean_size(weights, ~ours & (weights != 0))
                for row in zip(study.seeds, *means, still, strict=True):
                    seed, *told = row
                    yield run, seed, task, boundary.index, boundary.name, *told


def _flat(study: Study, run: str, boundary: Boundary, names: list[str]) -> Flat:
    weights = study.weights(run, boundary.index)
    return np.concatenate([weights[name].reshape(len(study.seeds), -1) for name in names], axis=1)


def _ends(frame: pd.DataFrame, share: float) -> Iterator[str]:
    """Of each task that others followed."""
    for task, of_task in frame.groupby("task", sort=False):
        ends = at_the_end(of_task)
        first = of_task["at"] == of_task.groupby("run")["at"].transform("min")
        if (ends["at"] == of_task.loc[first, "at"].max()).all():
            continue
        means = ends.groupby("run", sort=False)["still"].mean().dropna()
        told = f"still are at the end: {listed(means, '.2f')}"
        yield f"Of the strongest {share:.0%} of weights after {task} {told}."
