"""A run's pictures, drawn from its events and results alone."""

import math
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sleeprun.protocol.events import Fields, Histogram, Raster, Weights
from sleeprun.protocol.phases import Vigilance
from sleeprun.protocol.results import Results
from sleeprun.report import probes
from sleeprun.report.curves import curves
from sleeprun.report.matrices import r_matrix
from sleeprun.report.performance import performance
from sleeprun.report.style import (
    INK,
    PALE,
    STYLE,
    Events,
    boundary_name,
    ground_of,
    save,
    sheet,
    start_of,
    told_of,
)


def draw(events: Events, results: Results, folder: Path) -> list[Path]:
    """Write every figure that the events and results have data for; returns their paths."""
    paths = []
    with matplotlib.rc_context(STYLE):
        paints = (performance, curves, r_matrix, weights, raster, receptive_fields)
        for paint in (*paints, probes.probes):
            if figure := paint(events, results):
                paths.append(save(figure, folder / f"{paint.__name__}.png"))
    return paths


def weights(events: Events, results: Results) -> Figure | None:
    """How the weights of every projection are spread at every boundary."""
    told = list({each.boundary.index: each for each in told_of(events, Weights)}.values())
    if not told:
        return None
    names = list(told[0].histograms)
    figure = sheet(events, 2 + 3.2 * len(names), 3.2, "synaptic weights")
    panels = figure.subplots(1, len(names), squeeze=False)[0]
    shades = matplotlib.colormaps["viridis"](np.linspace(0, 0.88, len(told)))
    # Later lines are thinner: in a frozen projection all still show.
    widths = np.linspace(3, 1.2, len(told))
    for axes, name in zip(panels, names, strict=True):
        for each, shade, width in zip(told, shades, widths, strict=True):
            look = {"color": shade, "lw": width, "label": boundary_name(each.boundary)}
            if any(each.histograms[name]["counts"]):
                axes.stairs(*_density(each.histograms[name]), baseline=None, **look)
                axes.set_yscale("log")
        axes.set(title=name.replace("_", " → ", 1), xlabel="Weight", ylabel="Density of synapses")
        axes.locator_params(axis="x", nbins=5)
    lines = panels[0].get_legend_handles_labels()
    figure.legend(*lines, loc="outside right center", title="After", frameon=False)
    return figure


def _density(histogram: Histogram) -> tuple[np.ndarray, np.ndarray]:
    """The share of synapses per unit of weight; a bin takes in the empty ones before it."""
    counts = np.array(histogram["counts"])
    filled = np.flatnonzero(counts)
    bounds = np.array(histogram["edges"])[[filled[0], *(filled + 1)]]
    return counts[filled] / counts.sum() / np.diff(bounds), bounds


def raster(events: Events, results: Results) -> Figure | None:
    """The last cycle recorded awake beside the last one asleep."""
    last = {each.vigilance: each for each in told_of(events, Raster)}
    records = [last[vigilance] for vigilance in Vigilance if vigilance in last]
    start = start_of(events)
    if not records or start is None or not (cycle := start.facts.cycle):
        return None
    sizes = cycle.sizes
    heights = np.clip(np.sqrt(list(sizes.values())), 6, 20)
    figure = sheet(events, 1 + 4 * len(records), 5.2, "spikes of one cycle")
    share = {"sharex": True, "sharey": "row", "squeeze": False}
    grid = figure.subplots(len(sizes), len(records), height_ratios=heights, **share)
    for record, column in zip(records, grid.T, strict=True):
        for axes, (name, size), height in zip(column, sizes.items(), heights, strict=True):
            time, neuron = np.array(record.spikes[name], dtype=int).reshape(-1, 2).T
            tick = np.clip(250 * height / heights.sum() / size, 2, 6)
            axes.plot(time, neuron, "|", color=INK, ms=tick, mew=0.7)
            axes.set(xlabel="Step of the cycle", ylabel=f"{name}\nneuron", ylim=(size - 0.3, -0.7))
            axes.set_facecolor(ground_of(record.kind, start))
            axes.label_outer()
        axes.set_xlim(-0.02 * cycle.steps, cycle.steps)
        column[0].set_title(", ".join(dict.fromkeys((record.kind, record.name))))
        ms = cycle.step_ms
        scale = (lambda step, ms=ms: step * ms, lambda time, ms=ms: time / ms)
        column[0].secondary_xaxis("top", functions=scale).set_xlabel("Time (ms)")
    return figure


def receptive_fields(events: Events, results: Results) -> Figure | None:
    """What some neurons see at the first boundary told and at the last."""
    told = list({each.boundary.index: each for each in told_of(events, Fields)}.values())
    if not told:
        return None
    shown = told[:1] + told[1:][-1:]
    high = max(np.nanmax(np.array(each.weights, dtype=float)) for each in shown)
    figure = sheet(events, 1 + 4 * len(shown), 4.6, "receptive fields of some neurons")
    panels = figure.subplots(1, len(shown), squeeze=False)[0]
    for axes, each in zip(panels, shown, strict=True):
        image = axes.imshow(_mosaic(each, axes), cmap="viridis", vmin=0, vmax=high)
        axes.set_title(f"After {boundary_name(each.boundary)}")
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
