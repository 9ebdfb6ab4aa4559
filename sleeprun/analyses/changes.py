"""What became of weights: 2-D histograms of those at two boundaries."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from sleeprun.analyses.analysis import Analysis, Answer, Chart, Table
from sleeprun.analyses.needs import BOUNDARIES
from sleeprun.analyses.study import Study
from sleeprun.config import ConfigError, nearest
from sleeprun.config.declared import count, setting
from sleeprun.protocol.phases import Boundary

Weights = Float[np.ndarray, " synapse"]
HEAD = ["run", "projection", "begin", "end", "before", "after", "synapses"]


def joint_counts(
    before: Weights, after: Weights, edges: Float[np.ndarray, " edge"]
) -> Int[np.ndarray, "bin bin"]:
    """How many synapses were in a bin and are in another."""
    return np.histogram2d(before, after, [edges, edges])[0].astype(int)


def correlation(before: Weights, after: Weights) -> float:
    """Nan where either does not vary."""
    if min(before.size, after.size) < 2 or not (np.ptp(before) and np.ptp(after)):
        return np.nan
    return float(np.corrcoef(before, after)[0, 1])


class Changes(Analysis):
    """Golden et al. 2022: 2-D histograms of the weights at two times, of all synapses and seeds:
    how far what one stage made of them is kept by what comes later.
    """

    needs = (BOUNDARIES,)

    bins: int = count("along each side", default=30)
    times: list[list[str]] | None = setting(
        list[list[str]] | None,
        "pairs of boundaries by name; null: the end of the first stage and that of the run",
        default=None,
    )

    def answer(self, study: Study) -> Answer:
        rows: list[tuple[object, ...]] = []
        sentences: list[str] = []
        same: list[bool] = []
        for run in study.runs:
            for begin, end in self._pairs(study, run):
                earlier, later = (study.weights(run, each.index) for each in (begin, end))
                for name in study.learning(run):
                    before, after = _existing(earlier[name], later[name])
                    if not before.size:
                        continue
                    told = run, name, begin.name, end.name
                    rows += [(*told, *cell) for cell in self._cells(before, after)]
                    same.append(np.array_equal(before, after))
                    times = f"at '{end.name}' against '{begin.name}'"
                    sentences.append(f"{run}: weights of {name} {times}, {_told(before, after)}.")
        if not same:
            raise ConfigError("no synapse that learns is there at either time")
        if all(same):
            raise ConfigError("the weights are the same at both times")
        chart = Chart("heat", "before", "after", color="synapses", facet=("projection", "run"))
        title = "weights at two times"
        return Answer(
            [Table("counts", title, pd.DataFrame(rows, columns=HEAD), [chart])], sentences
        )

    def _pairs(self, study: Study, run: str) -> list[tuple[Boundary, Boundary]]:
        """Of boundaries that a run has. Raises ConfigError where one is none."""
        there = study.boundaries(run)
        if self.times is None:
            first = next((each for each in there if each.tasks), there[0])
            if first is there[-1]:
                raise ConfigError(f"{run}: nothing follows its first stage; give others by times")
            return [(first, there[-1])]
        names = {each.name: each for each in there}
        for pair in self.times:
            if len(pair) != 2:
                raise ConfigError(f"times={pair}: must be pairs of boundaries")
            for name in pair:
                if name not in names:
                    known = nearest(name, list(names))
                    raise ConfigError(f"times='{name}': no such boundary{known}")
        return [(names[begin], names[end]) for begin, end in self.times]

    def _cells(self, before: Weights, after: Weights) -> Iterator[tuple[float, float, int]]:
        """The middles of each bin in which there are any synapses, and how many."""
        edges = np.histogram_bin_edges(np.concatenate([before, after]), self.bins)
        middles, counts = (edges[1:] + edges[:-1]) / 2, joint_counts(before, after, edges)
        for row, column in np.argwhere(counts):
            yield middles[row], middles[column], int(counts[row, column])


def _told(before: Weights, after: Weights) -> str:
    r = correlation(before, after)
    return f"r = {r:.3f}" if np.isfinite(r) else "no r, since at one time all are the same"


def _existing(
    earlier: Float[np.ndarray, "seed _ _"], later: Float[np.ndarray, "seed _ _"]
) -> tuple[Weights, Weights]:
    """The weights of all synapses that there are at either time."""
    there = (earlier != 0) | (later != 0)
    return earlier[there], later[there]
