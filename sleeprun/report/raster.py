"""The spikes of the last cycles of every task awake and of every sleep."""

import math
from collections import Counter

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sleeprun.protocol.describe import plural
from sleeprun.protocol.family import Cycle
from sleeprun.protocol.heard import HeardCycle, Pairs, Part, heard, joined
from sleeprun.protocol.phases import Kind, Vigilance
from sleeprun.protocol.results import Results
from sleeprun.report.labels import broken, short
from sleeprun.report.style import (
    INK,
    PALE,
    TITLE,
    Events,
    ground_of,
    sheet,
    start_of,
)

ACROSS, MOST = 3, 9  # panels in a row, and in the picture
WIDE, TALL = 4.0, 4.4  # inches of a panel


def raster(events: Events, results: Results) -> Figure | None:
    """A panel for each task awake and each sleep of the first seed, the last time that it came."""
    start, told = start_of(events), heard(events)
    if not told or start is None or not (cycle := start.facts.cycle):
        return None
    named: dict[str, tuple[Part, list[HeardCycle]]] = {}
    for name, each in zip(_names(list(told)), told.items(), strict=True):
        named.pop(name, None)  # the last of a name counts, where it came
        named[name] = each
    shown = dict([*named.items()][-MOST:])
    across = min(ACROSS, math.ceil(math.sqrt(len(shown))))
    down = -(-len(shown) // across)
    long = max(len(cycles) for _, cycles in shown.values())
    title = f"spikes of the last {plural(long, 'cycle')} of each phase, seed {start.seeds[0]}"
    if len(named) > MOST:
        title += f"; the last {MOST} of {len(named)}"
    figure = sheet(events, 0.9 + WIDE * across, 0.7 + TALL * down, title)
    places = figure.subfigures(down, across, squeeze=False).flat
    for place, (name, (part, cycles)) in zip(places, shown.items(), strict=False):
        place.suptitle(broken(name, WIDE - 0.3, TITLE), size=TITLE, weight="bold")
        heights = np.clip(np.sqrt(list(cycle.sizes.values())), 6, 20)
        panels = place.subplots(len(heights), sharex=True, height_ratios=heights, squeeze=False)
        spikes = joined(cycles, 0, cycle.steps)
        _draw_part(panels[:, 0], heights, ground_of(part.kind, start), spikes, cycle, long)
    return figure


def _names(told: list[Part]) -> list[str]:
    """Of each: awake on what, or asleep after what or in turns with it."""
    names, awake, phase, slept = [], "", -1, Counter()
    for part in told:
        if part.vigilance is Vigilance.ASLEEP:
            sort = "" if part.name == Kind.SLEEP else f" ({short(part.name)})"
            when = "in turns with" if part.phase == phase else "after"
            slept[when] += 1
            again = f", {slept[when]}" if slept[when] > 1 else ""
            names.append(f"asleep{sort}{f' {when} {awake}' if awake else ''}{again}")
        else:
            awake, phase, slept = short(part.name), part.phase, Counter()
            names.append(f"awake: {awake}")
    return names


def _draw_part(
    panels: np.ndarray, heights: np.ndarray, ground: str, spikes: Pairs, cycle: Cycle, long: int
) -> None:
    """A population in each panel; thin lines part the cycles."""
    ms = cycle.steps * cycle.step_ms
    for axes, (name, size), height in zip(panels, cycle.sizes.items(), heights, strict=True):
        step, neuron = spikes[name].T
        tick = np.clip(200 * height / heights.sum() / size, 1.5, 6)
        axes.plot(step * cycle.step_ms, neuron, "|", color=INK, ms=tick, mew=0.7)
        axes.set_ylim(size - 0.3, -0.7)
        axes.set_ylabel(f"{short(name, 12)}\nneuron")
        axes.set_facecolor(ground)
        axes.locator_params(axis="y", nbins=4, integer=True)
        for begin in range(1, long):
            axes.axvline(begin * ms, color="white", lw=1, zorder=0)
        if not len(step):
            axes.text(0.5, 0.5, "no spikes", color=PALE, size=8, **_middle(axes))
    panels[-1].set(xlabel="Time (ms)", xlim=(-0.02 * ms, long * ms))


def _middle(axes: Axes) -> dict:
    return {"transform": axes.transAxes, "ha": "center", "va": "center"}
