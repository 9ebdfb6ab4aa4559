"""A run's pictures, drawn from its events and results alone."""

import itertools
import math
import textwrap
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sleeprun import image_plots
from sleeprun.sheets import (
    CHANCE,
    COLOURS,
    INK,
    KINDS,
    MARKERS,
    PALE,
    STYLE,
    Events,
    boundary_name,
    chance,
    save,
    sheet,
    spread,
    told_of,
)

POINTS, FOOD = 100, 200  # of running performance: at most so many, and of so many particles each


def draw(events: Events, results: dict, folder: Path) -> list[Path]:
    """Write every figure that the events and results have data for; returns their paths."""
    paths = []
    with matplotlib.rc_context(STYLE):
        paints = (performance, r_matrix, weights, raster, receptive_fields)
        for paint in (*paints, image_plots.probes):
            if figure := paint(events, results):
                paths.append(save(figure, folder / f"{paint.__name__}.png"))
    return paths


def timeline(events: Events) -> tuple[Events, dict[str, dict[int, tuple[int, list]]]]:
    """The progress chunks in order; of every task, the cycle and scores of each boundary."""
    chunks, tests = [], {}
    for event in events:
        if event["event"] == "progress":
            # A resumed run repeats what followed its checkpoint: the later telling counts.
            while chunks and chunks[-1]["to"] > event["from"]:
                chunks.pop()
            chunks.append(event)
        elif event["event"] == "score":
            now = chunks[-1]["to"] if chunks else 0
            tests.setdefault(event["task"], {})[event["boundary"]["index"]] = now, event["score"]
    return chunks, tests


def running_performance(
    span: np.ndarray, rewarded: np.ndarray, punished: np.ndarray, cycles: float, food: float
) -> tuple[np.ndarray, np.ndarray]:
    """Neighbouring chunks of a phase taken together: cycle [point], performance [point, seed].

    `span` [chunk, 2] is from and to, the counts are [chunk, seed]. A point is full when it spans
    `cycles` and its mean seed ate `food` particles; what is left over joins the last point.
    """
    firsts, first, held = [], 0, 0.0
    for last, eaten in enumerate((rewarded + punished).mean(axis=1)):
        held += eaten
        if span[last, 1] - span[first, 0] >= cycles and held >= food:
            firsts.append(first)
            first, held = last + 1, 0.0
    firsts = firsts or [0]
    ends = span[[*(first - 1 for first in firsts[1:]), -1], 1]
    good, bad = (np.add.reduceat(counts, firsts, axis=0) for counts in (rewarded, punished))
    score = np.divide(good, good + bad, out=np.full(good.shape, np.nan), where=good + bad > 0)
    return (span[firsts, 0] + ends) / 2, score


def performance(events: Events, results: dict) -> Figure | None:
    """Running performance over the protocol, and the scores at its boundaries."""
    chunks, tests = timeline(events)
    if not chunks or "rewarded" not in chunks[0]:
        return None
    fed = any(any(each["rewarded"] + each["punished"]) for each in chunks)
    if not fed and not tests:
        return None
    figure = sheet(events, 9, 4, "performance")
    _draw_performance(figure.add_subplot(), events)
    figure.legend(loc="outside right center", frameon=False)
    return figure


def compare_performance(name: str, runs: dict[str, Events], path: Path) -> Path:
    """The performance of several runs, one below another along one axis of time."""
    start = told_of(next(iter(runs.values())), "start")[-1]
    with matplotlib.rc_context(STYLE):
        figure = sheet([start | {"name": name}], 9, 0.8 + 2.4 * len(runs), "performance")
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
    """Phases, running performance and tests, in aeons."""
    chunks, tests = timeline(events)
    aeon = (told_of(events, "start") or [{}])[-1].get("aeon", 100)
    axes.set_xlabel(f"Protocol time (aeons of {aeon} movement cycles)")
    axes.set_ylabel("Performance (rewarded / eaten)")
    phases = [list(group) for _, group in itertools.groupby(chunks, lambda each: each["phase"])]
    cycles = chunks[-1]["to"] - chunks[0]["from"]
    _draw_phases(axes, phases, cycles, aeon)
    axes.axhline(CHANCE, color=PALE, lw=1, ls="--", zorder=1, label="chance")
    _draw_tests(axes, tests, 0.009 * cycles / aeon, aeon)
    axes.update_datalim([(0, 0.4), (0, 0.8)], updatex=False)
    axes.margins(x=0.015)
    axes.xaxis.set_major_formatter("{x:,.10g}")


def _draw_phases(axes: Axes, phases: list[Events], cycles: int, aeon: int) -> None:
    """Each phase shaded and named, and the running performance over all."""
    aeons, scores = [], []
    for phase in phases:
        begin, end, name = phase[0]["from"] / aeon, phase[-1]["to"] / aeon, phase[0]["name"]
        axes.axvspan(begin, end, fc=KINDS[phase[0]["kind"]], ec="white", lw=1.5, zorder=0)
        letters = int(85 * (end - begin) * aeon / cycles)  # that fit into a line
        fits = max(map(len, name.split())) <= letters
        told = textwrap.fill(name, letters) if fits else name
        look = {"ha": "center", "va": "top", "rotation": 0 if fits else 90}
        axes.text((begin + end) / 2, 0.97, told, transform=axes.get_xaxis_transform(), **look)
        span = np.array([(each["from"], each["to"]) for each in phase])
        good, bad = (np.array([each[food] for each in phase]) for food in ("rewarded", "punished"))
        cycle, score = running_performance(span, good, bad, cycles / POINTS, FOOD)
        aeons += [*cycle / aeon, np.nan]  # NaN breaks the lines between phases
        scores += [*score, np.full(score.shape[1], np.nan)]
    mean, sd = spread(np.array(scores))
    axes.plot(aeons, mean, ".-", color=INK, lw=1.5, ms=4, zorder=3, label="running, mean of seeds")
    if scores[0].size > 1:
        axes.fill_between(aeons, mean - sd, mean + sd, color=INK, alpha=0.15, lw=0, label="± 1 sd")
        axes.plot(aeons, scores, color=PALE, lw=0.5, alpha=0.7)[0].set_label("running, each seed")


def _draw_tests(axes: Axes, tests: dict[str, dict], aside: float, aeon: int) -> None:
    for rank, (task, told) in enumerate(tests.items()):
        cycles, scores = zip(*told.values(), strict=True)
        mean, sd = spread(np.array(scores, dtype=float))
        aeons = np.array(cycles) / aeon + (rank - (len(tests) - 1) / 2) * aside
        look = {"fmt": MARKERS[rank % len(MARKERS)], "color": COLOURS[rank % len(COLOURS)]}
        axes.errorbar(aeons, mean, sd, mec="white", ms=7, zorder=4, label=f"test of {task}", **look)


def r_matrix(events: Events, results: dict) -> Figure | None:
    """Every task at every boundary."""
    scores = np.array(results.get("R") or [], dtype=float)
    if not np.isfinite(scores).any():
        return None
    mean, sd = spread(np.moveaxis(scores, 0, -1))
    seeds, rows, columns = scores.shape
    figure = sheet(events, 3 + 1.1 * columns, 1.5 + 0.42 * rows, f"R, mean ± sd, n = {seeds}")
    at_random, middle = chance(events), 0.5
    axes = figure.add_subplot(facecolor="#e6e6e6", xlabel="Task tested", ylabel="After")
    image = axes.pcolormesh(mean, cmap="PuOr_r", vmin=0, vmax=1, edgecolors="white", lw=1.5)
    for (row, column), value in np.ndenumerate(mean):
        text = f"{value:.2f} ± {sd[row, column]:.2f}".replace(" ± nan", "").replace("nan", "?")
        ink = "white" if abs(value - middle) > 0.3 else INK
        axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", color=ink)
    axes.set_xticks(np.arange(columns) + 0.5, results["tasks"])
    axes.set_yticks(np.arange(rows) + 0.5, [boundary_name(each) for each in results["boundaries"]])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.invert_yaxis()
    figure.colorbar(image, label=f"Performance (chance: {at_random:.2g})").outline.set_visible(
        False
    )
    return figure


def weights(events: Events, results: dict) -> Figure | None:
    """How the weights of every projection are spread at every boundary."""
    told = list({each["boundary"]["index"]: each for each in told_of(events, "weights")}.values())
    if not told:
        return None
    names = list(told[0]["histograms"])
    figure = sheet(events, 2 + 3.2 * len(names), 3.2, "synaptic weights")
    panels = figure.subplots(1, len(names), squeeze=False)[0]
    shades = matplotlib.colormaps["viridis"](np.linspace(0, 0.88, len(told)))
    # Later lines are thinner: in a frozen projection all still show.
    widths = np.linspace(3, 1.2, len(told))
    for axes, name in zip(panels, names, strict=True):
        for each, shade, width in zip(told, shades, widths, strict=True):
            look = {"color": shade, "lw": width, "label": boundary_name(each["boundary"])}
            if any(each["histograms"][name]["counts"]):
                axes.stairs(*_density(**each["histograms"][name]), baseline=None, **look)
                axes.set_yscale("log")
        axes.set(title=name.replace("_", " → ", 1), xlabel="Weight", ylabel="Density of synapses")
        axes.locator_params(axis="x", nbins=5)
    lines = panels[0].get_legend_handles_labels()
    figure.legend(*lines, loc="outside right center", title="After", frameon=False)
    return figure


def _density(counts: list[int], edges: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """The share of synapses per unit of weight; a bin takes in the empty ones before it."""
    filled = np.flatnonzero(counts)
    bounds = np.array(edges)[[filled[0], *(filled + 1)]]
    return np.array(counts)[filled] / sum(counts) / np.diff(bounds), bounds


def raster(events: Events, results: dict) -> Figure | None:
    """The last cycle recorded awake beside the last one asleep."""
    last = {each["kind"]: each for each in told_of(events, "raster")}
    records = [last[kind] for kind in ("wake", "sleep") if kind in last]
    if not records:
        return None
    start = told_of(events, "start")[-1]
    sizes = {name: int(np.prod(shape)) for name, shape in start["shape"].items()}
    heights = np.clip(np.sqrt(list(sizes.values())), 6, 20)
    figure = sheet(events, 1 + 4 * len(records), 5.2, "spikes of one movement cycle")
    share = {"sharex": True, "sharey": "row", "squeeze": False}
    grid = figure.subplots(len(sizes), len(records), height_ratios=heights, **share)
    for record, column in zip(records, grid.T, strict=True):
        for axes, (name, size), height in zip(column, sizes.items(), heights, strict=True):
            time, neuron = np.array(record["spikes"][name], dtype=int).reshape(-1, 2).T
            tick = np.clip(250 * height / heights.sum() / size, 2, 6)
            axes.plot(time, neuron, "|", color=INK, ms=tick, mew=0.7)
            axes.set(xlabel="Step of the cycle", ylabel=f"{name}\nneuron", ylim=(size - 0.3, -0.7))
            axes.set_facecolor(KINDS[record["kind"]])
            axes.label_outer()
        axes.set_xlim(-0.02 * start["cycle_steps"], start["cycle_steps"])
        column[0].set_title(", ".join(dict.fromkeys((record["kind"], record["name"]))))
        ms = start.get("step_ms", 0.5)
        scale = (lambda step, ms=ms: step * ms, lambda time, ms=ms: time / ms)
        column[0].secondary_xaxis("top", functions=scale).set_xlabel("Time (ms)")
    return figure


def receptive_fields(events: Events, results: dict) -> Figure | None:
    """What some hidden neurons see at the first boundary told and at the last."""
    told = list({each["boundary"]["index"]: each for each in told_of(events, "fields")}.values())
    if not told:
        return None
    shown = told[:1] + told[1:][-1:]
    high = max(np.nanmax(np.array(each["weights"], dtype=float)) for each in shown)
    figure = sheet(events, 1 + 4 * len(shown), 4.6, "receptive fields of hidden neurons")
    panels = figure.subplots(1, len(shown), squeeze=False)[0]
    for axes, each in zip(panels, shown, strict=True):
        image = axes.imshow(_mosaic(each, axes), cmap="viridis", vmin=0, vmax=high)
        axes.set_title(f"After {boundary_name(each['boundary'])}")
        axes.set_axis_off()
    figure.colorbar(image, ax=panels, shrink=0.8, label="Weight from each square seen")
    return figure


def _mosaic(fields: dict, axes: Axes) -> np.ndarray:
    """The fields in a near-square grid, the number of each neuron written above its own."""
    (rows, columns), count = fields["shape"], len(fields["neurons"])
    across = math.ceil(math.sqrt(count))
    mosaic = np.full((-(-count // across) * (rows + 2), across * (columns + 1)), np.nan)
    for place, (neuron, field) in enumerate(zip(fields["neurons"], fields["weights"], strict=True)):
        row, column = place // across * (rows + 2) + 2, place % across * (columns + 1)
        mosaic[row : row + rows, column : column + columns].flat = np.array(field, dtype=float)
        axes.text(column - 0.4, row - 0.8, neuron, size=6, color=PALE)
    return mosaic


def compare_arms(events: Events, results: dict[str, dict], folder: Path) -> Path:
    """The final scores of several arms side by side: mean, sd, and a dot for every seed."""
    tasks = next(iter(results.values()))["tasks"]
    with matplotlib.rc_context(STYLE):
        width = 3 + 0.5 * len(results) * len(tasks)
        figure = sheet(events, width, 3.4, "performance at the end, mean ± sd")
        axes = figure.subplots()
        for index, (arm, result) in enumerate(results.items()):
            ends = [result["metrics"][f"final/{task}"]["per_seed"] for task in tasks]
            final = np.array(ends, float).T
            mean, sd = spread(final.T)
            at = np.arange(len(tasks)) + 0.8 * (index - (len(results) - 1) / 2) / len(results)
            look = {"color": COLOURS[index % len(COLOURS)], "fmt": MARKERS[index % len(MARKERS)]}
            axes.plot(np.broadcast_to(at, final.shape).T, final.T, ".", color=PALE, ms=4)
            axes.errorbar(at, mean, np.nan_to_num(sd), ms=7, mec="white", label=arm, **look)
        axes.axhline(chance(events), color=PALE, lw=1, ls="--", zorder=1, label="chance")
        axes.set(xticks=range(len(tasks)), xticklabels=tasks, ylabel="Performance")
        axes.margins(x=0.2)
        figure.legend(loc="outside right center", frameon=False)
        return save(figure, folder / "arms.png")
