"""Scores of tests that can be read in several ways, by each of them."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sleeprun.protocol.events import Scored
from sleeprun.protocol.results import Results
from sleeprun.report.labels import name_ticks, room, short
from sleeprun.report.phases import draw_rests
from sleeprun.report.style import (
    Events,
    boundary_name,
    draw_chance,
    known,
    look_of,
    sample_size,
    sheet,
    spread,
    title_panel,
    told_of,
)

WIDE, TALL = 6.4, 1.7  # inches of a panel
ASIDE = 0.08  # of the way to the next boundary, between two readings


def readings(events: Events, results: Results) -> Figure | None:
    """A panel for each task, boundary by boundary; none of tests that are read in one way."""
    told: dict[str, dict[int, Scored]] = {}
    for event in told_of(events, Scored):
        if event.marks.readings:
            told.setdefault(event.task, {})[event.boundary.index] = event
    tests = [each for of_task in told.values() for each in of_task.values()]
    boundaries = {each.boundary.index: each.boundary for each in tests}
    if len(boundaries) < 2:
        return None
    names = [boundary_name(each) for each in boundaries.values()]
    scores = [each for test in tests for each in test.marks.readings.values()]
    title = f"performance by reading, mean ± sd, {sample_size(known(scores))}"
    figure = sheet(events, WIDE + 3, 0.9 + room(names) + TALL * len(told), title)
    panels = figure.subplots(len(told), sharex=True, sharey=True, squeeze=False)[:, 0]
    for axes, (task, of_task) in zip(panels, told.items(), strict=True):
        draw_rests(axes, boundaries.values())
        _draw_task(axes, list(of_task.values()))
        draw_chance(axes, events)
        title_panel(axes, short(task), WIDE)
        axes.set(ylim=(-0.03, 1.03), ylabel="Performance")
    panels[0].legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    name_ticks(panels[-1].xaxis, list(boundaries), names, WIDE / len(names))
    return figure


def _draw_task(axes: Axes, tests: list[Scored]) -> None:
    names = list(tests[0].marks.readings)
    for rank, name in enumerate(names):
        mean, sd = spread(np.array([test.marks.readings[name] for test in tests], float))
        at = np.arange(len(tests)) + ASIDE * (rank - (len(names) - 1) / 2)
        look = {"lw": 1, "ms": 5, "mec": "white", **look_of(rank)}
        axes.errorbar(at, mean, np.nan_to_num(sd), label=name, **look)
