"""What cells did over the time of a run: potentials, and the rates of all populations."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sleeprun.protocol.results import Results
from sleeprun.protocol.sampled import Sampled, sampled
from sleeprun.report.labels import short
from sleeprun.report.phases import Span, draw_phases, grounds, spans
from sleeprun.report.style import COLOURS, INK, Events, legend, sheet, start_of

WIDE, TALL = 9.0, 1.15  # inches of a panel
POINTS = 2500  # of a line, at most


def activity(events: Events, results: Results) -> Figure | None:
    """Potentials and rates of the first seed, a panel each, over all phases that take time."""
    start, told = start_of(events), sampled(events)
    if start is None or not told:
        return None
    clock, phases = start.facts.clock, spans(events)
    ms = start.facts.cycle.ms if start.facts.cycle else 1.0
    potentials, rates = list(told[0].potential), list(told[0].counts)
    figure = sheet(
        events,
        WIDE + 2.4,
        1.2 + TALL * (len(potentials) + len(rates)),
        f"activity, seed {start.seeds[0]}",
    )
    panels = figure.subplots(len(potentials) + len(rates), sharex=True, squeeze=False)[:, 0]
    together = max(1, (phases[-1].end - phases[0].begin) // POINTS)
    for axes, name in zip(panels, potentials, strict=False):
        _draw_potential(axes, told, name, together, clock.cycles)
        axes.set_ylabel(f"{short(name, 12)}\n(mV)")
    for axes, name in zip(panels[len(potentials) :], rates, strict=True):
        hertz = 1000 / (ms * start.facts.neurons[name])
        _draw_rate(axes, told, name, hertz, together, clock.cycles)
        axes.set_ylabel(f"{short(name, 12)}\n(Hz)")
    _draw_grounds(panels, phases, events)
    panels[-1].set_xlabel(f"Protocol time ({clock.unit})")
    figure.align_ylabels(panels)
    legend(figure, grounds(phases, start))
    return figure


def _draw_grounds(panels: np.ndarray, phases: list[Span], events: Events) -> None:
    """Behind all, with their names on the first."""
    start = start_of(events)
    unit = start.facts.clock.cycles if start else 1
    panels[0].margins(y=0.35)
    panels[0].autoscale_view()
    draw_phases(panels[0], phases, start, unit, WIDE)
    for axes in panels[1:]:
        draw_phases(axes, [each._replace(name="") for each in phases], start, unit, WIDE)
    panels[-1].set_xlim(phases[0].begin / unit, phases[-1].end / unit)


def _draw_potential(axes: Axes, told: list[Sampled], name: str, together: int, unit: int) -> None:
    """From the lowest to the highest of some cycles."""
    for phase in told:
        volts = _rows(phase.potential[name][0], together)
        time = (phase.begin + together * (np.arange(len(volts)) + 0.5)) / unit
        low, high = np.nanmin(volts, axis=1), np.nanmax(volts, axis=1)
        axes.fill_between(time, low, high, fc=INK, ec=INK, lw=0.7)


def _draw_rate(
    axes: Axes, told: list[Sampled], name: str, hertz: float, together: int, unit: int
) -> None:
    """The mean of some cycles."""
    for phase in told:
        rate = hertz * np.nanmean(_rows(phase.counts[name][0], together), axis=1)
        time = (phase.begin + together * (np.arange(len(rate)) + 0.5)) / unit
        axes.fill_between(time, 0, rate, fc=COLOURS[0], ec=COLOURS[0], lw=0.5)
    axes.set_ylim(bottom=0)


def _rows(values: np.ndarray, together: int) -> np.ndarray:
    """So many values in a row; the last one is filled up by nan."""
    rows = np.full(-(-len(values) // together) * together, np.nan)
    rows[: len(values)] = values
    return rows.reshape(-1, together)
