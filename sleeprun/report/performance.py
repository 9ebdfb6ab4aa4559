"""Performance over the time of a run, from its events alone."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sleeprun.protocol.events import Progress, Scored
from sleeprun.protocol.family import Clock, Counts, Scores
from sleeprun.protocol.phases import RESTS, Kind
from sleeprun.protocol.results import Results
from sleeprun.report.phases import draw_phases, grounds, spans
from sleeprun.report.stages import TRAINING
from sleeprun.report.style import (
    INK,
    PALE,
    STYLE,
    Events,
    draw_chance,
    face_of,
    faces,
    known,
    legend,
    look_of,
    sample_size,
    save,
    sheet,
    spread,
    start_of,
    title_panel,
)

WIDE = 6.2  # inches of the axes
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
            case Progress() if marks := event.summary.marks:
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


def running(chunks: list[Chunk]) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Of every phase its index, and how it goes: cycle [point], performance [point, seed]."""
    cycles = chunks[-1].event.end - chunks[0].event.begin
    for phase, group in itertools.groupby(chunks, lambda chunk: chunk.event.phase):
        of_phase = list(group)
        span = np.array([chunk.span for chunk in of_phase])
        good = np.array([chunk.good for chunk in of_phase])
        bad = np.array([chunk.bad for chunk in of_phase])
        yield phase, *running_performance(span, good, bad, cycles / POINTS, MARKS)


def behind(events: Events) -> dict[int, str]:
    """What each boundary follows, alone or in turns: training, sleep or what is in its place."""
    found, last = {}, TRAINING
    for event in events:
        match event:
            case Progress() if event.kind in RESTS:
                last = event.kind
            case Progress():
                rest = Kind.SLEEP if event.slept else Kind.RIVAL
                last = str(rest) if event.trained < event.cycles else TRAINING
            case Scored():
                found[event.boundary.index] = last
    return found


def performance(events: Events, results: Results) -> Figure | None:
    """Running performance over the protocol, and the scores at its boundaries."""
    chunks, tests = timeline(events)
    counted = any(any(chunk.good + chunk.bad) for chunk in chunks)
    if not chunks or not (counted or tests):
        return None
    title = f"performance, mean ± sd, {_sample(chunks, tests)}"
    figure = sheet(events, WIDE + 3, 4, title)
    legend(figure, _draw_performance(figure.add_subplot(), events, list(tests)))
    return figure


def _sample(chunks: list[Chunk], tests: Tests) -> str:
    scores = [score for told in tests.values() for _, score in told.values()]
    return sample_size(known(scores) | {len(chunks[0].good)})


def compare_performance(name: str, runs: dict[str, Events], path: Path) -> Path:
    """The performance of several runs, one below another along one axis of time."""
    start = start_of(next(iter(runs.values())))
    with matplotlib.rc_context(STYLE):
        named: Events = [replace(start, name=name)] if start else []
        figure = sheet(named, WIDE + 3, 0.8 + 2.4 * len(runs), "performance, mean ± sd")
        panels = figure.subplots(len(runs), sharex=True, sharey=True, squeeze=False)[:, 0]
        tasks = list(dict.fromkeys(task for one in runs.values() for task in timeline(one)[1]))
        told: dict[str, Artist] = {}
        for axes, (title, events) in zip(panels, runs.items(), strict=True):
            for each in _draw_performance(axes, events, tasks):
                told.setdefault(str(each.get_label()), each)
            figure.supylabel(axes.get_ylabel())
            axes.set(ylabel="")
            title_panel(axes, f"{title}, {_sample(*timeline(events))}", WIDE)
            axes.label_outer()
        legend(figure, list(told.values()))
        return save(figure, path)


def _draw_performance(axes: Axes, events: Events, tasks: list[str]) -> list[Artist]:
    """Phases, running performance and tests, in units of time; returns what stands for each. The
    place of a task among `tasks` says how it looks."""
    chunks, tests = timeline(events)
    phases = spans(events)
    start = start_of(events)
    unit, name = start.facts.clock if start else Clock()
    axes.set_xlabel(f"Protocol time ({name})")
    axes.set_ylabel(f"Performance\n({start.facts.performance})" if start else "Performance")
    draw_phases(axes, phases, start, unit, WIDE)
    cycles = chunks[-1].event.end - chunks[0].event.begin
    running = _draw_running(axes, chunks, unit)
    draw_chance(axes, events)
    looks = {task: look_of(index) for index, task in enumerate(tasks)}
    after = behind(events)
    shown = _draw_tests(axes, tests, looks, after, cycles, unit)
    axes.update_datalim([(0, 0.4), (0, 0.8)], updatex=False)
    axes.margins(x=0.015)
    axes.xaxis.set_major_formatter("{x:,.10g}")
    chance = next(line for line in axes.lines if line.get_label() == "chance")
    return [
        *running,
        chance,
        *shown,
        *(faces(after.values()) if shown else ()),
        *grounds(phases, start),
    ]


def _draw_running(axes: Axes, chunks: list[Chunk], unit: int) -> list[Artist]:
    """The running performance over all phases, with gaps between them."""
    time, scores = [], []
    for _, cycle, score in running(chunks):
        time += [*cycle / unit, np.nan]
        scores += [*score, np.full(score.shape[1], np.nan)]
    mean, sd = spread(np.array(scores))
    drawn = axes.plot(time, mean, ".-", color=INK, lw=1.5, ms=4, zorder=3, label="running, mean")
    if scores[0].size > 1:
        shade = {"color": INK, "alpha": 0.15, "lw": 0, "label": "± sd"}
        drawn.append(axes.fill_between(time, mean - sd, mean + sd, **shade))
        each = axes.plot(time, scores, color=PALE, lw=0.5, alpha=0.7, label="running, each seed")
        drawn.append(each[0])
    return drawn


def _draw_tests(
    axes: Axes, tests: Tests, looks: dict[str, dict], after: dict[int, str], cycles: int, unit: int
) -> list[Artist]:
    """At their boundaries; those of a boundary soon after another a little later."""
    at: dict[int, float] = {}
    apart = min(0.03, 0.5 / max(map(len, tests.values()), default=1)) * cycles
    for told in tests.values():
        last = -math.inf
        for boundary, (cycle, _) in sorted(told.items()):
            last = at[boundary] = max(cycle, last + apart)
    aside = min(0.009, 0.4 * apart / cycles / max(1, len(tests) - 1)) * cycles
    shown: list[Artist] = []
    for rank, (task, told) in enumerate(tests.items()):
        look, left = looks[task], (rank - (len(tests) - 1) / 2) * aside
        for kind in sorted({after[boundary] for boundary in told}):
            chosen = [boundary for boundary in told if after[boundary] == kind]
            mean, sd = spread(np.array([told[boundary][1] for boundary in chosen], float))
            time = (np.array([at[boundary] for boundary in chosen]) + left) / unit
            face = face_of(look, kind)
            axes.errorbar(time, mean, sd, ls="none", ms=6, zorder=4, **look, **face)
        shown.append(Line2D([], [], ls="", label=f"test of {task}", **look))
    return shown
