"""Receptive fields: which part of what is seen a neuron answers to, by the weights up to it."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float

from sleeprun.analyses.analysis import Analysis, Answer, Chart, Table
from sleeprun.analyses.needs import BOUNDARIES
from sleeprun.analyses.still import refuse_still
from sleeprun.analyses.study import Study
from sleeprun.analyses.telling import at_the_end, listed
from sleeprun.config.declared import count
from sleeprun.subjects.experiment import Experiment

Fields = Float[np.ndarray, "seed neuron seen"]


def first_fields(weights: Float[np.ndarray, "seed seen neuron"]) -> Fields:
    """Of neurons that see by themselves: their weights."""
    return weights.swapaxes(1, 2)


def averaged(
    fields: Fields, weights: Float[np.ndarray, "seed neuron post"]
) -> Float[np.ndarray, "seed post seen"]:
    """Of the next population: the fields of its sources, averaged by the weights from them."""
    total = np.abs(weights).sum(axis=1)[..., None]
    summed = np.einsum("snp,snk->spk", weights, fields)
    return np.divide(summed, total, out=np.zeros_like(summed), where=total > 0)


def alike(ours: Fields, theirs: Fields) -> Float[np.ndarray, " seed"]:
    """Correlation of each neuron's two fields, the mean over those that have one; nan where no
    neuron's field varies.
    """
    a, b = (each - each.mean(axis=2, keepdims=True) for each in (ours, theirs))
    size = np.sqrt((a**2).sum(axis=2) * (b**2).sum(axis=2))
    r = np.divide((a * b).sum(axis=2), size, out=np.full(size.shape, np.nan), where=size > 0)
    known = np.isfinite(r)
    count, total = known.sum(axis=1), np.where(known, r, 0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)


class ReceptiveFields(Analysis):
    """Of hidden and output neurons (Golden et al. 2022): of the first population behind what is
    seen its weights, of each further one the fields of its sources averaged by the weights from
    them. Shown at the last boundary, of the first seed; and of all how alike the fields are, at
    every boundary, to those after the first stage.
    """

    needs = (BOUNDARIES,)

    neurons: int = count("of each population that are shown, evenly spread", default=8)

    def misfits(self, config: Experiment) -> Iterator[str]:
        yield from super().misfits(config)
        if config.sight is None:
            yield f"is for networks that see; {config.what} do not"

    def answer(self, study: Study) -> Answer:
        refuse_still(study)
        shown: list[pd.DataFrame] = []
        rows: list[tuple[object, ...]] = []
        for run in study.runs:
            last, alike = self._of_run(study, run)
            shown += last
            rows += alike
        columns = ["run", "seed", "population", "at", "boundary", "alike"]
        course = pd.DataFrame(rows, columns=columns)
        line = Chart("line", "boundary", "alike", color="run", facet="population")
        heat = Chart("heat", "column", "row", color="weight", facet=("neuron", "run"))
        tables = [
            Table("fields", "receptive fields at the end, first seed", pd.concat(shown), [heat]),
            Table("alike", "correlation with the fields after the first stage", course, [line]),
        ]
        return Answer(tables, [*_ends(course)])

    def _of_run(
        self, study: Study, run: str
    ) -> tuple[list[pd.DataFrame], list[tuple[object, ...]]]:
        """The fields at its end; how alike they are, a row a seed, population and boundary."""
        sight = study.runs[run].config.sight
        assert sight is not None
        rows: list[tuple[object, ...]] = []
        after_first: dict[str, Fields] = {}
        for boundary in study.boundaries(run):
            weights = study.weights(run, boundary.index)
            now = {name: _seen(weights, path) for name, path in sight.through.items()}
            if boundary.tasks and not after_first:
                after_first = now
            for name, before in after_first.items():
                found = zip(study.seeds, alike(now[name], before), strict=True)
                rows += [(run, seed, name, boundary.index, boundary.name, r) for seed, r in found]
        wide = sight.shape[-1] if len(sight.shape) > 1 else 1
        return [self._table(run, name, each[0], wide) for name, each in now.items()], rows

    def _table(
        self,
        run: str,
        population: str,
        fields: Float[np.ndarray, "neuron seen"],
        wide: int,
    ) -> pd.DataFrame:
        """Of some neurons, a row a place that is seen."""
        wanted = np.linspace(0, len(fields) - 1, min(len(fields), self.neurons)).astype(int)
        row, column = np.divmod(np.arange(fields.shape[1]), wide)
        return pd.DataFrame(
            {
                "run": run,
                "population": population,
                "neuron": np.repeat([f"{population} {each}" for each in wanted], len(row)),
                "row": np.tile(row, len(wanted)),
                "column": np.tile(column, len(wanted)),
                "weight": fields[wanted].ravel(),
            }
        )


def _seen(weights: dict[str, Float[np.ndarray, "seed _ _"]], path: Sequence[str]) -> Fields:
    """The fields of a population, by the names of the weights from what is seen up to it."""
    first, *further = path
    fields = first_fields(weights[first])
    for name in further:
        fields = averaged(fields, weights[name])
    return fields


def _ends(course: pd.DataFrame) -> Iterator[str]:
    """Of each population, run by run; none where nothing followed the first stage."""
    last = at_the_end(course)
    if (last["at"] == course["at"].min()).all():
        return
    for population, of_one in last.groupby("population", sort=False):
        means = of_one.groupby("run", sort=False)["alike"].mean().dropna()
        if means.empty:
            yield f"Fields of {population} are flat: all that is seen has the same weight."
            continue
        told = f"correlation with those after the first stage: {listed(means, '.3f')}"
        yield f"Fields of {population}, {told}."
