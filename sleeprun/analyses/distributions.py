"""How weights, and the rates of neurons, are spread."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from sleeprun.analyses.analysis import Analysis, Answer, Chart, Table
from sleeprun.analyses.needs import BOUNDARIES
from sleeprun.analyses.study import Study
from sleeprun.config.declared import count
from sleeprun.protocol.events import Start
from sleeprun.protocol.heard import HeardCycle, heard, joined

HEAD = ["low", "high", "share"]


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
        names = {run: study.learning(run) for run in study.runs}
        projections = list(dict.fromkeys(name for each in names.values() for name in each))
        found = [self._weights(study, names, one) for one in projections]
        chart = Chart("line", "low", "share", color="boundary", facet="run")
        tables = [Table("weights", "weights at boundaries", pd.concat(found), [chart])]
        if heard := [row for run in study.runs for row in self._rates(study, run)]:
            frame = pd.DataFrame(heard, columns=["run", "phase", "name", "population", *HEAD])
            chart = Chart("line", "low", "share", color="name", facet="population")
            tables.append(Table("rates", "rates of neurons, Hz", frame, [chart]))
        return Answer(tables, [_spread(study, names, one) for one in projections])

    def _weights(self, study: Study, names: dict[str, list[str]], projection: str) -> pd.DataFrame:
        """Of one projection, in bins that all runs and boundaries share."""
        runs = [run for run, own in names.items() if projection in own]
        extents = [
            (values.min(), values.max())
            for run in runs
            for _, values in _existing(study, run, projection)
        ]
        low, high = np.array(extents).min(), np.array(extents).max()
        edges = np.linspace(low, high, self.bins + 1)
        rows = [
            (run, projection, boundary, *row)
            for run in runs
            for boundary, values in _existing(study, run, projection)
            for row in zip(edges, edges[1:], shares(values, edges), strict=False)
        ]
        return pd.DataFrame(rows, columns=["run", "projection", "boundary", *HEAD])

    def _rates(self, study: Study, run: str) -> Iterator[tuple[object, ...]]:
        """A row a phase, population and bin; none of networks whose spikes are not recorded."""
        events = study.runs[run].record()
        cycle = next(event for event in events if isinstance(event, Start)).facts.cycle
        if cycle is None:
            return
        for part, cycles in heard(events).items():
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


def _existing(
    study: Study, run: str, projection: str
) -> Iterator[tuple[str, Float[np.ndarray, " synapse"]]]:
    """The weights of all synapses that there are, of all seeds, by boundary."""
    for boundary in study.boundaries(run):
        weights = study.weights(run, boundary.index)[projection]
        yield boundary.name, weights[weights != 0]


def _spread(study: Study, names: dict[str, list[str]], projection: str) -> str:
    """Their standard deviation at the beginning and the end, run by run."""
    told = []
    for run, own in names.items():
        if projection in own:
            sds = [values.std() for _, values in _existing(study, run, projection)]
            told.append(f"{run} {sds[0]:.3g} to {sds[-1]:.3g}")
    return f"Spread (sd) of the weights of {projection}, first to last: {'; '.join(told)}."
