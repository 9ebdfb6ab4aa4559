"""The course of every task's score within training and within sleep."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sleeprun.protocol.events import Curve
from sleeprun.protocol.family import Clock
from sleeprun.protocol.results import Results
from sleeprun.report.phases import draw_phases, grounds, spans
from sleeprun.report.style import (
    Events,
    draw_chance,
    known,
    legend,
    look_of,
    sample_size,
    sheet,
    spread,
    start_of,
    told_of,
)

WIDE = 6.6  # inches of the axes


def curves(events: Events, results: Results) -> Figure | None:
    """A line a task over the protocol's clock; phases shaded, the lines broken between them."""
    told = told_of(events, Curve)
    if not told:
        return None
    n = sample_size(known([each.score for each in told]))
    figure = sheet(events, WIDE + 2.4, 4, f"scores within phases, mean ± sd, {n}")
    start = start_of(events)
    unit, name = start.facts.clock if start else Clock()
    axes = figure.add_subplot(xlabel=f"Protocol time ({name})", ylabel="Performance")
    phases = spans(events)
    draw_phases(axes, phases, start, unit, WIDE)
    for index, task in enumerate(dict.fromkeys(each.task for each in told)):
        _draw_task(axes, task, index, [each for each in told if each.task == task], unit)
    draw_chance(axes, events)
    axes.set(ylim=(-0.03, 1.03))  # whole marks at 0 and 1
    axes.xaxis.set_major_formatter("{x:,.10g}")
    legend(figure, [*axes.get_legend_handles_labels()[0], *grounds(phases, start)])
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
