"""Weights from one group of neurons to another, at some boundaries."""

import numpy as np
from matplotlib.colors import CenteredNorm
from matplotlib.figure import Figure

from sleeprun.protocol.results import Results
from sleeprun.protocol.seen import Between
from sleeprun.report.labels import name_ticks, room
from sleeprun.report.style import (
    Events,
    boundary_name,
    sample_size,
    shades,
    sheet,
    title_panel,
    told_of,
)

WIDE, CELL = 0.6, 0.27  # inches, between panels and of a group
MOST, LEAST = 4, 2.0  # panels, and inches of one


def between(events: Events, results: Results) -> Figure | None:
    """A matrix at the first boundary that is told, and at the last ones; the mean over seeds."""
    told = list({each.boundary.index: each for each in told_of(events, Between)}.values())
    if not told:
        return None
    shown = told[:1] + told[1:][1 - MOST :]
    names, seeds = told[0].groups, len(told[0].shares)
    side = max(LEAST, CELL * len(names))
    title = f"weight from group to group over that at birth, mean, {sample_size({seeds})}"
    height = 1.6 + side + room(names)
    figure = sheet(events, 1.6 + room(names) + (side + WIDE) * len(shown), height, title)
    panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for axes, each in zip(panels, shown, strict=True):
        known = np.ma.masked_invalid(np.array(each.shares, float)).mean(axis=0)
        look = {"cmap": shades(), "norm": CenteredNorm(1, 1)}
        image = axes.imshow(known.filled(np.nan), **look)
        title_panel(axes, f"After {boundary_name(each.boundary)}", side)
        name_ticks(axes.xaxis, range(len(names)), names, CELL)
        axes.set_xlabel("To")
    name_ticks(panels[0].yaxis, range(len(names)), names, CELL)
    panels[0].set_ylabel("From")
    figure.colorbar(image, ax=panels, shrink=0.8, label="Weight / weight at birth", extend="max")
    return figure
