"""How weights, and the rates of neurons, are spread."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from sleeprun.analyses.analysis import Analysis, Answer, Chart, Table
from sleeprun.analyses.needs import BOUNDARIES
from sleeprun.analyses.still import refuse_still
from sleeprun.analyses.study import Study
from sleeprun.config import ConfigError
from sleeprun.config.declared import count
from sleeprun.protocol.heard import HeardCycle, joined

HEAD = ["low", "high", "share"]
OF_WEIGHTS = ["run", "projection", "boundary"]


def shares(
    values: Float[np.ndarray, " value"], edges: Float[np.ndarray, " edge"]
) -> Float[np.ndarray, " bin"]:
    """Of the values those in each bin; the last one has its upper edge in it."""
    return np.histogram(values, edges)[0] / max(1, values.size)


def rates(
    pairs: Int[np.ndarray, "spike 2"], neurons: int, seconds: float
) -> Float[np.ndarray, " neuron"]:
    """Hz of every neuron, from the (step, neuron) of each spike in so many seconds."""
    return np.bincount(pairs[:, 1], minlength=neurons) / seconds


class Distributions(Analysis):
    """Weights that learn at every boundary, of all synapses and seeds; and the rates of neurons in
    every phase, in those of its cycles whose spikes are recorded.
    """

    needs = (BOUNDARIES,)

    bins: int = count("of a histogram", default=40)

    def answer(self, study: Study) -> Answer:
        extents = pd.DataFrame(_extents(study), columns=[*OF_WEIGHTS, "low", "high", "sd"])
        by_projection = extents.groupby("projection", sort=False)
        edges = {
            projection: np.histogram_bin_edges(of_one[["low", "high"]].to_numpy(float), self.bins)
            for projection, of_one in by_projection
        }
        weights = pd.DataFrame(_weights(study, edges), columns=[*OF_WEIGHTS, *HEAD])
        if weights.empty:
            raise ConfigError("no synapse that learns is there at any boundary")
        found = [of_one for _, of_one in weights.groupby("projection", sort=False)]
        chart = Chart("line", "low", "share", color="boundary", facet=("projection", "run"))
        tables = [Table("weights", "weights at boundaries", pd.concat(found), [chart])]
        if rates := [row for run in study.runs for row in self._rates(study, run)]:
            frame = pd.DataFrame(rates, columns=["run", "phase", "name", "population", *HEAD])
            chart = Chart("line", "low", "share", color="name", facet=("population", "run"))
            tables.append(Table("rates", "rates of neurons, Hz", frame, [chart]))
        else:
            refuse_still(study)
        return Answer(tables, [_spread(str(name), of_one) for name, of_one in by_projection])

    def _rates(self, study: Study, run: str) -> Iterator[tuple[object, ...]]:
        """A row a phase, population and bin; none of networks whose spikes are not recorded."""
        cycle, recorded = study.heard(run)
        if cycle is None:
            return
        for part, cycles in recorded.items():
            seconds = len(cycles) * cycle.ms / 1000
            for population, neurons in cycle.sizes.items():
                found = _of_seeds(cycles, population, neurons, seconds)
                edges = np.linspace(0, max(1.0, found.max()), self.bins + 1)
                for row in zip(edges, edges[1:], shares(found, edges), strict=False):
                    yield run, part.phase, part.name, population, *row


def _of_seeds(
    cycles: list[HeardCycle], population: str, neurons: int, seconds: float
) -> Float[np.ndarray, " neuron"]:
    """The rates of a population's neurons, of all seeds that were recorded one behind another."""
    of_one = [{population: cycle[population]} for cycle in cycles]
    seeds = range(len(of_one[0][population]))
    return np.concatenate(
        [rates(joined(of_one, seed, 1)[population], neurons, seconds) for seed in seeds]
    )


def _extents(study: Study) -> Iterator[tuple[object, ...]]:
    """The least and the largest weight of each projection at each boundary, and their sd."""
    for *where, values in _existing(study):
        yield *where, values.min(), values.max(), values.std()


def _weights(
    study: Study, edges: dict[str, Float[np.ndarray, " edge"]]
) -> Iterator[tuple[object, ...]]:
    """A row a run, boundary, projection and bin; all runs and boundaries have the same bins."""
    for run, projection, boundary, values in _existing(study):
        own = edges[projection]
        for row in zip(own, own[1:], shares(values, own), strict=False):
            yield run, projection, boundary, *row


def _existing(study: Study) -> Iterator[tuple[str, str, str, Float[np.ndarray, " synapse"]]]:
    """Of each run, projection that learns, and boundary, the weights of all synapses that there
    are, of all seeds, unless all are cut. A boundary is read once, and no two are held.
    """
    for run in study.runs:
        names = study.learning(run)
        for boundary in study.boundaries(run):
            weights = study.weights(run, boundary.index)
            for name in names:
                if (values := weights[name][weights[name] != 0]).size:
                    yield run, name, boundary.name, values


def _spread(projection: str, extents: pd.DataFrame) -> str:
    """Their standard deviation at the beginning and the end, run by run."""
    sds = extents.groupby("run", sort=False)["sd"].agg(["first", "last"])
    told = "; ".join(f"{run} {first:.3g} to {last:.3g}" for run, first, last in sds.itertuples())
    return f"Spread (sd) of the weights of {projection}, first to last: {told}."
