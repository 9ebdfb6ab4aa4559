"""What the record tells of foraging agents."""

from collections.abc import Iterable

import numpy as np

from sleeprun.protocol.events import Event, Fields, Histogram, Raster, Scored, Spiked, Weights
from sleeprun.protocol.phases import Boundary, Phase, Score
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


def raster(loop: ClosedLoop, phase: Phase, state: AgentState) -> Raster:
    """The spikes of the last cycle simulated, of the first seed."""
    spikes = {name: of_all[0] for name, of_all in _spikes(loop, state, 1).items()}
    return Raster(kind=phase.kind, name=phase.title, spikes=spikes)


def spiked(loop: ClosedLoop, phase: Phase, state: AgentState, seeds: int) -> Spiked:
    """Those of all seeds."""
    spikes = _spikes(loop, state, seeds)
    return Spiked(kind=phase.kind, name=phase.title, spikes=spikes)


def _spikes(loop: ClosedLoop, state: AgentState, seeds: int) -> dict[str, list[list[list[int]]]]:
    """Of the last cycle simulated, by population: [step, neuron] pairs of each of so many seeds."""
    steps = loop.network.cycle_steps
    starts = (np.asarray(state.cycle[:seeds], np.int64) - 1) * steps
    pairs = {}
    for name, spikes in state.network.spikes.items():
        lengths, time, neuron = (
            np.asarray(part[:seeds], np.int64)
            for part in (spikes.length, spikes.time, spikes.neuron)
        )
        step = (time - starts[:, None]) % 2**32  # the clock may have wrapped around
        own = (np.arange(time.shape[1]) < lengths[:, None]) & (step < steps)
        pairs[name] = [
            np.stack([step[seed][own[seed]], neuron[seed][own[seed]]], axis=1).tolist()
            for seed in range(seeds)
        ]
    return pairs
