"""The spikes of the last cycles of every task awake and of every sleep."""

import math
from collections import Counter

import numpy as np
from jaxtyping import Int
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
    title = f"spikes of {_which(cycle, long)} of each phase, seed {start.seeds[0]}"
    if len(named) > MOST:
        title += f"; the last {MOST} of {len(named)}"
    figure = sheet(events, 0.9 + WIDE * across, 0.7 + TALL * down, title)
    places = figure.subfigures(down, across, squeeze=False).flat
    for place, (name, (part, cycles)) in zip(places, shown.items(), strict=False):
        place.suptitle(broken(name, WIDE - 0.3, TITLE), size=TITLE, weight="bold")
        heights = np.clip(np.sqrt(list(cycle.sizes.values())), 6, 20)
        panels = place.subplots(len(heights), sharex=True, height_ratios=heights, squeeze=False)
        spikes, ground = joined(cycles, 0, cycle.steps), ground_of(part.kind, start)
        if excerpted(cycle, len(cycles)):
            spikes = busiest(spikes, cycle, len(cycles))
        _draw_part(panels[:, 0], heights, ground, spikes, cycle, long)
    return figure


def excerpted(cycle: Cycle, cycles: int) -> bool:
    """Whether there are more than are shown."""
    return cycle.shown_ms is not None and cycles * cycle.ms > cycle.shown_ms


def busiest(spikes: Pairs, cycle: Cycle, cycles: int) -> dict[str, Int[np.ndarray, "_ 2"]]:
    """The stretch with most spikes of so many cycles, its steps counted from its beginning on; of
    several such stretches the middle one.
    """
    assert cycle.shown_ms is not None
    shown = round(cycle.shown_ms / cycle.step_ms)
    step = np.sort(np.concatenate([each[:, 0] for each in spikes.values()]))
    begins = np.arange(0, cycles * cycle.steps - shown + 1, cycle.steps)
    many = np.searchsorted(step, begins + shown) - np.searchsorted(step, begins)
    most = begins[many == many.max()]
    begin = most[len(most) // 2]
    return {
        name: each[(each[:, 0] >= begin) & (each[:, 0] < begin + shown)] - [begin, 0]
        for name, each in spikes.items()
    }


def _which(cycle: Cycle, long: int) -> str:
    if not excerpted(cycle, long):
        return f"the last {plural(long, 'cycle')}"
    return f"the busiest {cycle.shown_ms:,.0f} ms of the last {long * cycle.ms:,.0f} ms"


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
    """A population in each panel; thin lines part the cycles, where these mean something."""
    end = long * cycle.ms if cycle.shown_ms is None else min(long * cycle.ms, cycle.shown_ms)
    for axes, (name, size), height in zip(panels, cycle.sizes.items(), heights, strict=True):
        step, neuron = spikes[name].T
        tick = np.clip(200 * height / heights.sum() / size, 1.5, 6)
        axes.plot(step * cycle.step_ms, neuron, "|", color=INK, ms=tick, mew=0.7)
        axes.set_ylim(size - 0.3, -0.7)
        axes.set_ylabel(f"{short(name, 12)}\nneuron")
        axes.set_facecolor(ground)
        axes.locator_params(axis="y", nbins=4, integer=True)
        for begin in range(1, long if cycle.shown_ms is None else 0):
            axes.axvline(begin * cycle.ms, color="white", lw=1, zorder=0)
        if not len(step):
            axes.text(0.5, 0.5, "no spikes", color=PALE, size=8, **_middle(axes))
    panels[-1].set(xlabel="Time (ms)", xlim=(-0.02 * min(cycle.ms, end), end))


def _middle(axes: Axes) -> dict:
    return {"transform": axes.transAxes, "ha": "center", "va": "center"}
