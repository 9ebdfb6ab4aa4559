"""The course of every task's score within training and within sleep."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sleeprun.protocol.events import Curve
from sleeprun.protocol.results import Results
from sleeprun.report.style import (
    Events,
    draw_chance,
    ground_of,
    look_of,
    sheet,
    spread,
    told_of,
)


def curves(events: Events, results: Results) -> Figure | None:
    """A line a task over the protocol's clock; phases shaded, the lines broken between them."""
    told = told_of(events, Curve)
    if not told:
        return None
    seeds = len(told[0].score)
    figure = sheet(events, 9, 4, f"scores within phases, mean ± sd, n = {seeds}")
    axes = figure.add_subplot(xlabel="Movement cycle or training step", ylabel="Score")
    for index, task in enumerate(dict.fromkeys(each.task for each in told)):
        _draw_task(axes, task, index, [each for each in told if each.task == task])
    _draw_phases(axes, told)
    draw_chance(axes, events)
    axes.set(ylim=(0, 1))
    axes.xaxis.set_major_formatter("{x:,.10g}")
    figure.legend(loc="outside right center", frameon=False)
    return figure


def _draw_task(axes: Axes, task: str, index: int, told: list[Curve]) -> None:
    """NaN breaks the line where another phase begins."""
    cycles: list[float] = []
    scores: list[list[float | None]] = []
    for before, each in zip([None, *told], told, strict=False):
        if before and before.phase != each.phase:
            cycles.append(np.nan)
            scores.append([None] * len(each.score))
        cycles.append(each.cycle)
        scores.append(each.score)
    mean, sd = spread(np.array(scores, float))
    look = look_of(index)
    axes.plot(cycles, mean, **look, ms=3, lw=1.2, label=task)
    if len(scores[0]) > 1:
        axes.fill_between(cycles, mean - sd, mean + sd, color=look["color"], alpha=0.15, lw=0)


def _draw_phases(axes: Axes, told: list[Curve]) -> None:
    for phase in dict.fromkeys(each.phase for each in told):
        own = [each for each in told if each.phase == phase]
        axes.axvspan(own[0].cycle, own[-1].cycle, fc=ground_of(own[0].kind), lw=0, zorder=0)
