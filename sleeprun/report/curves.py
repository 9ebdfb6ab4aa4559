"""The course of every task's score within training and within sleep."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sleeprun.protocol.events import Curve, Start
from sleeprun.protocol.results import Results
from sleeprun.protocol.told import Clock
from sleeprun.report.style import (
    Events,
    draw_chance,
    ground_of,
    look_of,
    sheet,
    spread,
    start_of,
    told_of,
)


def curves(events: Events, results: Results) -> Figure | None:
    """A line a task over the protocol's clock; phases shaded, the lines broken between them."""
    told = told_of(events, Curve)
    if not told:
        return None
    seeds = len(told[0].score)
    figure = sheet(events, 9, 4, f"scores within phases, mean ± sd, n = {seeds}")
    start = start_of(events)
    unit, name = start.facts.clock if start else Clock()
    axes = figure.add_subplot(xlabel=f"Protocol time ({name})", ylabel="Score")
    for index, task in enumerate(dict.fromkeys(each.task for each in told)):
        _draw_task(axes, task, index, [each for each in told if each.task == task], unit)
    _draw_phases(axes, told, start, unit)
    draw_chance(axes, events)
    axes.set(ylim=(0, 1))
    axes.xaxis.set_major_formatter("{x:,.10g}")
    figure.legend(loc="outside right center", frameon=False)
    return figure


def _draw_task(axes: Axes, task: str, index: int, told: list[Curve], unit: int) -> None:
    """NaN breaks the line where another phase begins."""
    time: list[float] = []
    scores: list[list[float | None]] = []
    for before, each in zip([None, *told], told, strict=False):
        if before and before.phase != each.phase:
            time.append(np.nan)
            scores.append([None] * len(each.score))
        time.append(each.cycle / unit)
        scores.append(each.score)
    mean, sd = spread(np.array(scores, float))
    look = look_of(index)
    axes.plot(time, mean, **look, ms=3, lw=1.2, label=task)
    if len(scores[0]) > 1:
        axes.fill_between(time, mean - sd, mean + sd, color=look["color"], alpha=0.15, lw=0)


def _draw_phases(axes: Axes, told: list[Curve], start: Start | None, unit: int) -> None:
    for phase in dict.fromkeys(each.phase for each in told):
        own = [each for each in told if each.phase == phase]
        begin, end = own[0].cycle / unit, own[-1].cycle / unit
        axes.axvspan(begin, end, fc=ground_of(own[0].kind, start), lw=0, zorder=0)
