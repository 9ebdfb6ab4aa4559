"""A run's pictures, drawn from its events and results alone."""

import math
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sleeprun.protocol.results import Results
from sleeprun.protocol.seen import Fields, Histogram, Weights
from sleeprun.report import probes
from sleeprun.report.activity import activity
from sleeprun.report.between import between
from sleeprun.report.curves import curves
from sleeprun.report.labels import short
from sleeprun.report.matrices import r_matrix
from sleeprun.report.performance import performance
from sleeprun.report.raster import raster
from sleeprun.report.readings import readings
from sleeprun.report.style import (
    PALE,
    STYLE,
    Events,
    boundary_name,
    legend,
    save,
    sheet,
    start_of,
    title_panel,
    told_of,
)

WIDE = 3.2  # inches of a panel


def draw(events: Events, results: Results, folder: Path) -> list[Path]:
    """Write every figure that the events and results have data for; returns their paths."""
    paths = []
    with matplotlib.rc_context(STYLE):
        scores = (performance, curves, r_matrix, readings)
        for paint in (*scores, weights, between, receptive_fields, activity, raster, probes.probes):
            if figure := paint(events, results):
                paths.append(save(figure, folder / f"{paint.__name__}.png"))
    return paths


def weights(events: Events, results: Results) -> Figure | None:
    """How the weights of every projection are spread at every boundary."""
    told = list({each.boundary.index: each for each in told_of(events, Weights)}.values())
    if not told:
        return None
    names = list(told[0].histograms)
    across, down = min(3, len(names)), -(-len(names) // 3)
    figure = sheet(events, 3 + WIDE * across, 0.6 + 2.6 * down, "synaptic weights, all seeds")
    panels = figure.subplots(down, across, squeeze=False)
    # Later lines are thinner: in a frozen projection all still show.
    shades = matplotlib.colormaps["viridis"](np.linspace(0, 0.88, len(told)))
    looks = [
        {"color": shade, "lw": width, "ls": ":" if each.boundary.after_sleep else "-"}
        for each, shade, width in zip(told, shades, np.linspace(3, 1.2, len(told)), strict=True)
    ]
    for axes, name in zip(panels.flat, names, strict=False):
        for each, look in zip(told, looks, strict=True):
            if any(each.histograms[name]["counts"]):
                axes.stairs(*_density(each.histograms[name]), baseline=None, **look)
                axes.set_yscale("log")
        title_panel(axes, short(name.replace("_", " → ", 1), 30), WIDE)
        axes.set(xlabel="Weight", ylabel="Density of synapses")
        axes.locator_params(axis="x", nbins=5)
    for axes in panels.flat[len(names) :]:
        axes.set_axis_off()
    lines = [
        Line2D([], [], label=boundary_name(each.boundary), **look)
        for each, look in zip(told, looks, strict=True)
    ]
    legend(figure, lines, "After")
    return figure


def _density(histogram: Histogram) -> tuple[np.ndarray, np.ndarray]:
    """The share of synapses per unit of weight; a bin takes in the empty ones before it."""
    counts = np.array(histogram["counts"])
    filled = np.flatnonzero(counts)
    bounds = np.array(histogram["edges"])[[filled[0], *(filled + 1)]]
    return counts[filled] / counts.sum() / np.diff(bounds), bounds


def receptive_fields(events: Events, results: Results) -> Figure | None:
    """What some neurons see at the first boundary told and at the last."""
    told = list({each.boundary.index: each for each in told_of(events, Fields)}.values())
    if not told:
        return None
    shown = told[:1] + told[1:][-1:]
    high = max(np.nanmax(np.array(each.weights, dtype=float)) for each in shown)
    seed = f", seed {start.seeds[0]}" if (start := start_of(events)) else ""
    figure = sheet(events, 1.4 + 4 * len(shown), 4.6, f"receptive fields of some neurons{seed}")
    panels = figure.subplots(1, len(shown), squeeze=False)[0]
    for axes, each in zip(panels, shown, strict=True):
        image = axes.imshow(_mosaic(each, axes), cmap="viridis", vmin=0, vmax=high)
        title_panel(axes, f"After {boundary_name(each.boundary)}", 3.6)
        axes.set_axis_off()
    figure.colorbar(image, ax=panels, shrink=0.8, label="Weight from each square seen")
    return figure


def _mosaic(fields: Fields, axes: Axes) -> np.ndarray:
    """The fields in a near-square grid, the number of each neuron written above its own."""
    (rows, columns), count = fields.shape, len(fields.neurons)
    across = math.ceil(math.sqrt(count))
    mosaic = np.full((-(-count // across) * (rows + 2), across * (columns + 1)), np.nan)
    for place, (neuron, field) in enumerate(zip(fields.neurons, fields.weights, strict=True)):
        row, column = place // across * (rows + 2) + 2, place % across * (columns + 1)
        mosaic[row : row + rows, column : column + columns].flat = np.array(field, dtype=float)
        axes.text(column - 0.4, row - 0.8, neuron, size=6, color=PALE)
    return mosaic
