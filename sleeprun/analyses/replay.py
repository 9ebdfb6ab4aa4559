"""Replay in sleep: how alike what neurons do asleep is to what they do awake in each task."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from sleeprun.analyses.analysis import Analysis, Answer, Chart, Table
from sleeprun.analyses.needs import SPIKES
from sleeprun.analyses.study import Study
from sleeprun.analyses.telling import listed
from sleeprun.config import ConfigError
from sleeprun.config.declared import count, setting
from sleeprun.config.values import Fraction
from sleeprun.protocol.family import Cycle
from sleeprun.protocol.heard import HeardCycle, Part, joined
from sleeprun.protocol.phases import Vigilance

Patterns = Float[np.ndarray, "window bin neuron"]
Template = Float[np.ndarray, "bin neuron"]
Recorded = dict[Part, list[HeardCycle]]
HEAD = ["run", "seed", "phase", "name", "task", "population", "method", "part"]
FOUND = ["r", "shuffled", "above", "matched"]
ROUNDING = 1e-6  # of a correlation


class Match(NamedTuple):
    """Of every window; nan, or no match, where all neurons did the same, awake or in it."""

    r: Float[np.ndarray, " window"]  # with the template
    shuffled: Float[np.ndarray, " window"]  # with templates whose neurons are shuffled, the mean
    above: Float[np.ndarray, " window"]  # r less that, in standard deviations of the shuffled ones
    matched: Bool[np.ndarray, " window"]  # p, by the shuffled ones, is small enough


def patterns(
    cycles: list[HeardCycle], population: str, seed: int, cycle: Cycle, window: int, bins: int
) -> Patterns:
    """Spikes of each neuron in each bin of windows of so many whole cycles."""
    neurons, windows = cycle.sizes[population], len(cycles) // window
    pairs = joined([{population: one[population]} for one in cycles], seed, cycle.steps)
    step, neuron = pairs[population].T
    place = step * bins // (cycle.steps * window)
    found = np.zeros((windows * bins, neurons), np.float32)
    inside = place < len(found)
    np.add.at(found, (place[inside], neuron[inside]), 1)
    return found.reshape(windows, bins, neurons)


def matches(asleep: Patterns, awake: Template, shuffles: int, sure: float, seed: int) -> Match:
    """How each pattern correlates with a template, and with ones whose neurons are shuffled."""
    draw = np.random.default_rng(seed)
    orders = [draw.permutation(awake.shape[1]) for _ in range(shuffles)]
    templates = np.stack([awake, *(awake[:, order] for order in orders)])
    all_r = _standard(asleep) @ _standard(templates).T  # [window, template]
    r, shuffled = all_r[:, 0], all_r[:, 1:]
    mean, sd = shuffled.mean(axis=1), shuffled.std(axis=1, ddof=1)
    known = sd > ROUNDING  # else it is the same however neurons are shuffled
    above = np.divide(r - mean, sd, out=np.full(len(r), np.nan), where=known)
    p = (1 + (shuffled >= r[:, None]).sum(axis=1)) / (1 + shuffles)
    return Match(r, mean, above, known & (p <= sure))


def _standard(patterns: Patterns) -> Float[np.ndarray, "window value"]:
    """Flat, with mean 0 and length 1, so that a product is a correlation; else nan."""
    flat = patterns.reshape(len(patterns), -1)
    centred = flat - flat.mean(axis=1, keepdims=True)
    size = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.divide(centred, size, out=np.full(centred.shape, np.nan), where=size > 0)


class Replay(Analysis):
    """How alike sleep is to waking: in windows of sleep, the correlation of spike counts with their
    mean in the waking of each task, without time (`rates`) and with it (`template`: in bins of the
    window), beside templates whose neurons are shuffled; over the course of each sleep, in those of
    its cycles whose spikes are recorded. A drive that kicks neurons by their rates awake makes them
    alike by itself: an arm whose sleep changes nothing tells how much.
    """

    needs = (SPIKES,)

    window: int = count("whole cycles; of sequences a period of the stimulus", default=1)
    bins: int = count("of a window", default=6)
    parts: int = count("of a sleep", default=10)
    shuffles: int = count("of neurons", default=100, ge=20)
    sure: float = setting(Fraction, "p up to which a match is one", default=0.01)

    def answer(self, study: Study) -> Answer:
        if (fewest := round(1 / self.sure) - 1) > self.shuffles:
            raise ConfigError(f"shuffles={self.shuffles}: must be {fewest} for sure={self.sure:g}")
        rows = [row for run in study.runs for row in self._of_run(study, run)]
        if not rows:
            raise ConfigError(self._why_none(study))
        frame = pd.DataFrame(rows, columns=[*HEAD, *FOUND])
        charts = [
            Chart("line", "part", column, color="task", facet=("population", "run"))
            for column in ("above", "matched")
        ]
        title = "likeness of sleep to waking: sd above shuffled, share that matches"
        return Answer([Table("course", title, frame, charts)], [*_told(frame)])

    def _of_run(self, study: Study, run: str) -> Iterator[tuple[object, ...]]:
        """A row a sleep, task, population, method, seed and part of the sleep."""
        cycle, recorded = study.heard(run)
        if cycle is None:
            return
        tasks = study.runs[run].results["tasks"]
        for part, cycles, task, waking in self._pairs(recorded, tasks):
            for seed, place in zip(study.seeds, study.places(run), strict=True):
                for population in cycle.sizes:
                    told = (run, seed, part.phase, part.name, task, population)
                    for row in self._compared(cycles, waking, population, int(place), cycle):
                        yield *told, *row

    def _pairs(
        self, recorded: Recorded, tasks: list[str]
    ) -> Iterator[tuple[Part, list[HeardCycle], str, list[HeardCycle]]]:
        """Every sleep, and the waking in every task, of which a window is recorded."""
        enough = {part: cycles for part, cycles in recorded.items() if len(cycles) >= self.window}
        waking = _awake(enough, tasks)
        for part, cycles in enough.items():
            if part.vigilance is Vigilance.ASLEEP:
                yield from ((part, cycles, task, awake) for task, awake in waking.items())

    def _why_none(self, study: Study) -> str:
        for name, run in study.runs.items():
            if any(self._pairs(study.heard(name)[1], run.results["tasks"])):
                return (
                    "no population spikes both awake and asleep, or all of its neurons do the "
                    "same, in the cycles that are recorded"
                )
        return f"no run has slept after training, and recorded {self.window} cycles of both"

    def _compared(
        self,
        asleep: list[HeardCycle],
        awake: list[HeardCycle],
        population: str,
        place: int,
        cycle: Cycle,
    ) -> Iterator[tuple[object, ...]]:
        """Of one network: the method, the part of the sleep and its means."""
        for method, bins in (("rates", 1), ("template", self.bins)):
            how = population, place, cycle, self.window, bins
            sleeping, waking = patterns(asleep, *how), patterns(awake, *how)
            if not (sleeping.any() and waking.any()):
                return
            found = matches(sleeping, waking.mean(axis=0), self.shuffles, self.sure, place)
            for part, windows in enumerate(np.array_split(np.arange(len(sleeping)), self.parts), 1):
                known = windows[np.isfinite(found.above[windows])]
                if len(known):
                    yield method, part, *(float(each[known].mean()) for each in found)


def _awake(recorded: Recorded, tasks: list[str]) -> dict[str, list[HeardCycle]]:
    """The cycles in which each task was trained, the first time that they are recorded."""
    found: dict[str, list[HeardCycle]] = {}
    for part, cycles in recorded.items():
        if part.vigilance is Vigilance.AWAKE and part.name in tasks:
            found.setdefault(part.name, cycles)
    return found


def _told(frame: pd.DataFrame) -> Iterator[str]:
    """Of each run and population, by the template with time."""
    timed = frame[frame["method"] == "template"]
    for (run, population), of_one in timed.groupby(["run", "population"], sort=False):
        means = of_one.groupby("task", sort=False)["above"].mean()
        told = f"is like waking, in sd of shuffled: {listed(means, '+.2f')}"
        yield f"{run}: asleep {population} {told}."
