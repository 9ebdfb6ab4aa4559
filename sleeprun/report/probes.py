"""Pictures of what a perceptron's sleep changes beside its scores."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sleeprun.protocol.results import Probed, Results
from sleeprun.report.style import Events, draw_chance, ground_of, look_of, sheet, spread

LABELS = {
    "robustness": "Accuracy under noise",
    "overlap": "Overlap of the tasks (r)",
    "moved": "Share of weights moved",
    "measured": "Own measures",
}


def probes(events: Events, results: Results) -> Figure | None:
    """Accuracy under noise, the overlap of tasks and the weights moved, boundary by boundary."""
    rows = results.get("probes") or []
    shown = [probe for probe in LABELS if any(probe in row for row in rows)]
    if not shown or len(rows) < 2:
        return None
    title = f"the tasks trained so far, mean ± sd, n = {len(results['seeds'])}"
    figure = sheet(events, 9, 1.6 + 1.9 * len(shown), title)
    panels = figure.subplots(len(shown), sharex=True, squeeze=False)[:, 0]
    for axes, probe in zip(panels, shown, strict=True):
        _draw_sleeps(axes, rows)
        _draw_probe(axes, rows, probe)
        if probe == "robustness":
            draw_chance(axes, events)
        axes.set_ylabel(LABELS[probe])
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    names = [row["boundary"]["name"] for row in rows]
    panels[-1].set_xticks(range(len(rows)), names, rotation=30, ha="right")
    return figure


def _draw_sleeps(axes: Axes, rows: list[Probed]) -> None:
    """Shade the way from before each sleep to after it."""
    for place, row in enumerate(rows):
        if row["boundary"]["phase"] == "sleep":
            axes.axvspan(place - 1, place, fc=ground_of("sleep"), lw=0, zorder=0)


def _draw_probe(axes: Axes, rows: list[Probed], probe: str) -> None:
    there = {place: row[probe] for place, row in enumerate(rows) if probe in row}
    names = list(next(iter(there.values())))
    for index, name in enumerate(names):
        found = [row[name].get("share", row[name])["per_seed"] for row in there.values()]
        mean, sd = spread(np.array(found, dtype=float))
        at = np.array(list(there)) + 0.06 * (index - (len(names) - 1) / 2)
        drawn = {"ls": "none" if probe == "moved" else "-", "lw": 1, "ms": 5, "mec": "white"}
        axes.errorbar(at, mean, np.nan_to_num(sd), label=name, **drawn, **look_of(index))
