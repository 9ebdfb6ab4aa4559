"""Performance over the time of a run, from its events alone."""

import itertools
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sleeprun.protocol.events import Progress, Scored
from sleeprun.protocol.results import Results
from sleeprun.protocol.told import Clock, Counts, Scores
from sleeprun.report.style import (
    INK,
    PALE,
    STYLE,
    Events,
    draw_chance,
    ground_of,
    look_of,
    save,
    sheet,
    spread,
    start_of,
)

POINTS, MARKS = 100, 200  # of running performance: at most so many, and of so many marks each


class Chunk(NamedTuple):
    """What went well and what did not, of every seed, from one cycle to another."""

    event: Progress
    good: Counts
    bad: Counts

    @property
    def span(self) -> tuple[int, int]:
        return self.event.begin, self.event.end


Tests = dict[str, dict[int, tuple[int, Scores]]]  # [task][boundary]: at which cycle, scores


def timeline(events: Events) -> tuple[list[Chunk], Tests]:
    """What was counted, in order; of every task, the cycle and scores of each boundary."""
    chunks: list[Chunk] = []
    tests: Tests = {}
    for event in events:
        match event:
            case Progress() if marks := event.told.marks:
                # A resumed run repeats what followed its checkpoint: the later telling counts.
                while chunks and chunks[-1].event.end > event.begin:
                    chunks.pop()
                chunks.append(Chunk(event, *marks))
            case Scored():
                now = chunks[-1].event.end if chunks else 0
                tests.setdefault(event.task, {})[event.boundary.index] = now, event.score
    return chunks, tests


def running_performance(
    span: np.ndarray, good: np.ndarray, bad: np.ndarray, cycles: float, marks: float
) -> tuple[np.ndarray, np.ndarray]:
    """Neighbouring chunks of a phase taken together: cycle [point], performance [point, seed].

    `span` [chunk, 2] is from and to, the marks are [chunk, seed]. A point is full when it spans
    `cycles` and its mean seed has so many `marks`; what is left over joins the last point.
    """
    firsts, first, held = [], 0, 0.0
    for last, counted in enumerate((good + bad).mean(axis=1)):
        held += counted
        if span[last, 1] - span[first, 0] >= cycles and held >= marks:
            firsts.append(first)
            first, held = last + 1, 0.0
    firsts = firsts or [0]
    ends = span[[*(first - 1 for first in firsts[1:]), -1], 1]
    good, bad = (np.add.reduceat(counts, firsts, axis=0) for counts in (good, bad))
    score = np.divide(good, good + bad, out=np.full(good.shape, np.nan), where=good + bad > 0)
    return (span[firsts, 0] + ends) / 2, score


def performance(events: Events, results: Results) -> Figure | None:
    """Running performance over the protocol, and the scores at its boundaries."""
    chunks, tests = timeline(events)
    counted = any(any(chunk.good + chunk.bad) for chunk in chunks)
    if not chunks or not (counted or tests):
        return None
    figure = sheet(events, 9, 4, "performance")
    _draw_performance(figure.add_subplot(), events)
    figure.legend(loc="outside right center", frameon=False)
    return figure


def compare_performance(name: str, runs: dict[str, Events], path: Path) -> Path:
    """The performance of several runs, one below another along one axis of time."""
    start = start_of(next(iter(runs.values())))
    with matplotlib.rc_context(STYLE):
        named: Events = [replace(start, name=name)] if start else []
        figure = sheet(named, 9, 0.8 + 2.4 * len(runs), "performance")
        panels = figure.subplots(len(runs), sharex=True, sharey=True, squeeze=False)[:, 0]
        for axes, (title, events) in zip(panels, runs.items(), strict=True):
            _draw_performance(axes, events)
            figure.supylabel(axes.get_ylabel())
            axes.set(ylabel="")
            axes.set_title(title, loc="left", weight="bold")
            axes.label_outer()
        lines = panels[0].get_legend_handles_labels()
        figure.legend(*lines, loc="outside right center", frameon=False)
        return save(figure, path)


def _draw_performance(axes: Axes, events: Events) -> None:
    """Phases, running performance and tests, in units of time."""
    chunks, tests = timeline(events)
    start = start_of(events)
    unit, name = start.facts.clock if start else Clock()
    axes.set_xlabel(f"Protocol time ({name})")
    axes.set_ylabel(f"Performance ({start.facts.performance})" if start else "Performance")
    by_phase = itertools.groupby(chunks, lambda chunk: chunk.event.phase)
    phases = [list(group) for _, group in by_phase]
    cycles = chunks[-1].event.end - chunks[0].event.begin
    grounds = [ground_of(phase[0].event.kind, start) for phase in phases]
    _draw_phases(axes, phases, grounds, cycles, unit)
    draw_chance(axes, events)
    _draw_tests(axes, tests, 0.009 * cycles / unit, unit)
    axes.update_datalim([(0, 0.4), (0, 0.8)], updatex=False)
    axes.margins(x=0.015)
    axes.xaxis.set_major_formatter("{x:,.10g}")


def _draw_phases(
    axes: Axes, phases: list[list[Chunk]], grounds: list[str], cycles: int, unit: int
) -> None:
    """Each phase shaded and named, and the running performance over all."""
    time, scores = [], []
    for phase, ground in zip(phases, grounds, strict=True):
        first, last, name = phase[0].event, phase[-1].event, phase[0].event.name
        begin, end = first.begin / unit, last.end / unit
        axes.axvspan(begin, end, fc=ground, ec="white", lw=1.5, zorder=0)
        letters = int(85 * (end - begin) * unit / cycles)  # that fit into a line
        fits = max(map(len, name.split())) <= letters
        told = textwrap.fill(name, letters) if fits else name
        look = {"ha": "center", "va": "top", "rotation": 0 if fits else 90}
        axes.text((begin + end) / 2, 0.97, told, transform=axes.get_xaxis_transform(), **look)
        span = np.array([chunk.span for chunk in phase])
        good = np.array([chunk.good for chunk in phase])
        bad = np.array([chunk.bad for chunk in phase])
        cycle, score = running_performance(span, good, bad, cycles / POINTS, MARKS)
        time += [*cycle / unit, np.nan]  # NaN breaks the lines between phases
        scores += [*score, np.full(score.shape[1], np.nan)]
    mean, sd = spread(np.array(scores))
    axes.plot(time, mean, ".-", color=INK, lw=1.5, ms=4, zorder=3, label="running, mean of seeds")
    if scores[0].size > 1:
        axes.fill_between(time, mean - sd, mean + sd, color=INK, alpha=0.15, lw=0, label="± 1 sd")
        axes.plot(time, scores, color=PALE, lw=0.5, alpha=0.7)[0].set_label("running, each seed")


def _draw_tests(axes: Axes, tests: Tests, aside: float, unit: int) -> None:
    for rank, (task, told) in enumerate(tests.items()):
        cycles, scores = zip(*told.values(), strict=True)
        mean, sd = spread(np.array(scores, dtype=float))
        time = np.array(cycles) / unit + (rank - (len(tests) - 1) / 2) * aside
        look = {"label": f"test of {task}", **look_of(rank)}
        axes.errorbar(time, mean, sd, ls="none", mec="white", ms=7, zorder=4, **look)
