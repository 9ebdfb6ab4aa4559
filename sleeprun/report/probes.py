"""Pictures of what a sleep changes beside the scores."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sleeprun.protocol.lines import boundary_of
from sleeprun.protocol.results import Probed, Results, measure_of
from sleeprun.protocol.seen import Found
from sleeprun.report.labels import TEXT, broken, name_ticks, room, short
from sleeprun.report.phases import draw_rests
from sleeprun.report.style import (
    Events,
    draw_chance,
    known,
    look_of,
    sample_size,
    sheet,
    spread,
    start_of,
)

WIDE = 6.4  # inches of the panels


def probes(events: Events, results: Results) -> Figure | None:
    """What was found, a panel for each kind of it, boundary by boundary."""
    rows, start = results.get("probes") or [], start_of(events)
    kinds = Found.of_family(type(start.facts)) if start else []
    shown = [kind for kind in kinds if any(kind.tag in row for row in rows)]
    if not shown or len(rows) < 2:
        return None
    found = [one for row in rows for kind in shown for one in row.get(kind.tag, {}).values()]
    n = sample_size(known([measure_of(one)["per_seed"] for one in found]))
    title = f"beside the scores, mean ± sd, {n}"
    names = [short(row["boundary"]["name"]) for row in rows]
    figure = sheet(events, WIDE + 2, 1 + room(names) + 1.9 * len(shown), title)
    panels = figure.subplots(len(shown), sharex=True, squeeze=False)[:, 0]
    for axes, kind in zip(panels, shown, strict=True):
        draw_rests(axes, [boundary_of(row["boundary"]) for row in rows])
        _draw_found(axes, rows, kind)
        if kind.of_chance:
            draw_chance(axes, events)
        axes.set_ylabel(broken(kind.title, 1.9, TEXT))
        lines, told = axes.get_legend_handles_labels()
        columns = -(-len(lines) // 7)
        look = {"ncols": columns, "loc": "center left", "frameon": False}
        axes.legend(lines, map(short, told), bbox_to_anchor=(1, 0.5), **look)
        wide = WIDE + 0.8 + columns * (0.6 + room(told))
        figure.set_figwidth(max(wide, figure.get_figwidth()))
    name_ticks(panels[-1].xaxis, range(len(rows)), names, WIDE / len(rows))
    return figure


def _draw_found(axes: Axes, rows: list[Probed], kind: type[Found]) -> None:
    there = {place: row[kind.tag] for place, row in enumerate(rows) if kind.tag in row}
    names = list(next(iter(there.values())))
    for index, name in enumerate(names):
        found = [measure_of(row[name])["per_seed"] for row in there.values()]
        mean, sd = spread(np.array(found, dtype=float))
        at = np.array(list(there)) + 0.06 * (index - (len(names) - 1) / 2)
        drawn = {"ls": "none" if kind.of_sleep else "-", "lw": 1, "ms": 5, "mec": "white"}
        axes.errorbar(at, mean, np.nan_to_num(sd), label=name, **drawn, **look_of(index))
        missing = ~np.isfinite(np.array(found, dtype=float)).all(axis=1)
        if missing.any():
            cross = {"color": look_of(index)["color"], "label": kind.missing}
            places = axes.get_xaxis_transform()
            axes.plot(at[missing], np.full(missing.sum(), 0.04), "x", transform=places, **cross)
