"""How much of a network can be cut before it forgets."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from jaxtyping import Float

from sleeprun.analyses.analysis import Analysis, Answer, Chart, Table
from sleeprun.analyses.needs import BOUNDARIES
from sleeprun.analyses.study import Study, Weights
from sleeprun.config import ConfigError, nearest
from sleeprun.config.declared import setting
from sleeprun.measures.statistics import describe
from sleeprun.subjects.experiment import Experiment
from sleeprun.subjects.forager.experiment import AgentExperiment
from sleeprun.subjects.forager.phases import Lesion

HEAD = ["run", "seed", "boundary", "cut", "task", "score"]
OF_CURVE = ["run", "task", "boundary", "cut", "score", "low", "high", "n"]


def cut(
    outgoing: Iterable[Float[np.ndarray, "seed cell _"]],
    incoming: Iterable[Float[np.ndarray, "seed _ cell"]],
) -> Float[np.ndarray, " seed"]:
    """The share of a population's cells that have no synapse at all."""
    joined = [(each != 0).any(axis=2) for each in outgoing]
    joined += [(each != 0).any(axis=1) for each in incoming]
    return 1 - np.logical_or.reduce(joined).mean(axis=1)


class Pruning(Analysis):
    """What is still known of each task when more and more cells of a population are cut: scores
    over the share of cells without a synapse, before the first lesion and after each. A network
    that no longer acts has no score.
    """

    family = AgentExperiment
    needs = (BOUNDARIES,)

    population: str = setting(str, "whose cells are counted", default="hidden")

    def misfits(self, config: Experiment) -> Iterator[str]:
        yield from super().misfits(config)
        if isinstance(config, AgentExperiment):
            there = list(config.network.populations)
            if self.population not in there:
                yield f"population='{self.population}': not one{nearest(self.population, there)}"
            lesions = {(each.after, each.lesion) for each in config.interventions if each.lesion}
            if {lesion for _, lesion in lesions} != {self.population} or len(lesions) > 1:
                lesion = f"{{after: STAGE, lesion: {self.population}, percent: P}}"
                yield f"needs interventions of {lesion} alone, behind one stage, of more and more"

    def answer(self, study: Study) -> Answer:
        rows = [row for run in study.runs for row in self._rows(study, run)]
        frame = pd.DataFrame(rows, columns=HEAD)
        if frame["score"].isna().all():
            raise ConfigError("no network has a score, whole or cut: none of them acts")
        grouped = frame.groupby(["run", "task", "boundary"], sort=False)
        points = [(*at, *_point(each)) for at, each in grouped]
        curve = pd.DataFrame(points, columns=OF_CURVE)
        chart = Chart("line", "cut", "score", color="run", facet="task")
        title = f"scores over the share of {self.population} cells cut"
        tables = [Table("curve", title, curve, [chart]), Table("seeds", "of every seed", frame, [])]
        found, of_all = curve.groupby(["run", "task"], sort=False), len(study.seeds)
        told = [_told(f"{run}: {task}", of_all, each) for (run, task), each in found]
        return Answer(tables, told)

    def _rows(self, study: Study, run: str) -> Iterator[tuple[object, ...]]:
        """One a boundary, seed and task."""
        boundaries, results = study.boundaries(run), study.runs[run].results
        lesions = [each for each in boundaries if each.phase == Lesion.kind]
        if not lesions:
            raise ConfigError(f"{run}: has not come to its first lesion")
        for boundary in [boundaries[lesions[0].index - 1], *lesions]:
            shares = self._cut(study, run, study.weights(run, boundary.index))
            for seed, place, share in zip(study.seeds, study.places(run), shares, strict=True):
                scores = results["R"][place][boundary.index]
                for task, score in zip(results["tasks"], scores, strict=True):
                    yield run, seed, boundary.name, share, task, score

    def _cut(self, study: Study, run: str, weights: Weights) -> Float[np.ndarray, " seed"]:
        config = study.runs[run].config
        assert isinstance(config, AgentExperiment)
        ends = config.network.projections
        outgoing = (each for name, each in weights.items() if ends[name].pre == self.population)
        incoming = (each for name, each in weights.items() if ends[name].post == self.population)
        return cut(outgoing, incoming)


def _point(rows: pd.DataFrame) -> tuple[object, ...]:
    """Of a curve: the mean over the networks that have a score, with its interval."""
    found = describe(rows["score"].tolist())
    low, high = found["ci95"] or (np.nan, np.nan)
    return rows["cut"].mean(), found["mean"], low, high, found["n"]


def _told(which: str, of_all: int, curve: pd.DataFrame) -> str:
    points = [
        f"no score at {point.cut:.0%}"
        if not point.n
        else f"{point.score:.2f} at {point.cut:.0%}"
        + (f" ({point.n} of {of_all} networks)" if point.n < of_all else "")
        for point in curve.itertuples()
    ]
    return f"{which} scores {', '.join(points)} cut."
