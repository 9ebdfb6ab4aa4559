"""What the record tells of foraging agents."""

from collections.abc import Iterable

import numpy as np

from sleeprun.protocol.events import Event, Scored
from sleeprun.protocol.phases import Boundary, Score
from sleeprun.protocol.seen import Fields, Histogram, Weights
from sleeprun.subjects.forager.record import Eaten, Foraged
from sleeprun.subjects.forager.state import AgentState, ClosedLoop, Tally

BINS = 60
FIELDS = 48  # neurons whose receptive field is recorded


def tally(tally: Tally) -> Foraged:
    """The totals of some movement cycles, of every seed."""
    return Foraged(
        awake=int(tally.awake[0]),
        asleep=int(tally.asleep[0]),
        rewarded=tally.rewarded.tolist(),
        punished=tally.punished.tolist(),
        neutral=tally.neutral.tolist(),
        spikes={name: spikes.tolist() for name, spikes in tally.spikes.items()},
    )


def score(phase: Score, eaten: np.ndarray) -> Scored:
    """Performance on a task: rewarded / (rewarded + punished) particles, for every seed."""
    rewarded, punished = eaten
    total = rewarded + punished
    performance = np.where(total > 0, rewarded / np.maximum(total, 1), np.nan)
    return Scored(
        boundary=phase.boundary,
        task=phase.task,
        score=performance.tolist(),
        marks=Eaten(rewarded=rewarded.tolist(), punished=punished.tolist()),
    )


def weights(loop: ClosedLoop, boundary: Boundary, state: AgentState) -> Iterable[Event]:
    """Weight histograms over all seeds, and some receptive fields of the first."""
    histograms: dict[str, Histogram] = {}
    for name, values in state.network.weights.items():
        if name in state.network.plastic:
            there = np.asarray(values[values != 0], float)
            # Wide enough for constant weights; a lesion may have cut them all.
            span = (0.98 * there.min(), 1.02 * there.max()) if len(there) else (0.0, 1.0)
            counts, edges = np.histogram(there, BINS, span)
            histograms[name] = {"edges": edges.tolist(), "counts": counts.tolist()}
    yield Weights(boundary=boundary, histograms=histograms)
    for name, projection in loop.network.projections.items():
        if projection.pre == loop.sees:
            fields = np.asarray(state.network.weights[name][0]).T
            neurons = np.linspace(0, len(fields) - 1, min(FIELDS, len(fields))).astype(int)
            yield Fields(
                boundary=boundary,
                shape=list(loop.vision),
                neurons=neurons.tolist(),
                weights=fields[neurons].round(6).tolist(),
            )
            return
