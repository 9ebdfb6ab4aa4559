"""The charts of analyses: what an analysis says in plain data, drawn."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from sleeprun.report.labels import short
from sleeprun.report.page.plates import (
    Key,
    Panel,
    Plate,
    Trace,
    colour_of,
    gapped,
    layout,
    line,
    networks,
    plain,
    symbol_of,
)
from sleeprun.report.page.story import Analysed, Grid, Tabled

Rows = Sequence[Mapping[str, str]]
SEED, RUN = "seed", "run"
MOST_PANELS, MOST_ROWS, MOST_KEYS = 12, 40, 24


def plates(analysed: Analysed) -> Iterator[Plate]:
    """One a chart that has anything to show."""
    for table in analysed.tables:
        for chart in table.charts:
            if table.rows:
                yield _plate(table, chart)


def _plate(table: Tabled, chart: Mapping[str, Any]) -> Plate:
    facets, colour = _names(chart["facet"]), chart["color"] or ""
    parts = _apart(table.rows, [name for name in facets if _varies(table.rows, name)])
    draw = {"heat": _heat, "bars": _bars, "points": _points}.get(chart["kind"], _lines)
    coloured = colour if chart["kind"] != "heat" else ""
    names = _values(table.rows, coloured) if coloured else [""]
    drawn = [*parts.items()][:MOST_PANELS]
    panels = [Panel(", ".join(told), *draw(rows, chart, names)) for told, rows in drawn]
    keys = [Key(name, colour_of(place), coloured == RUN) for place, name in enumerate(names)]
    notes = [f"each {' and '.join(facets)} apart"] if len(panels) > 1 else []
    if SEED in table.rows[0] and SEED not in (*facets, colour, chart["x"]):
        notes.append("mean over networks, each of them faint")
    if len(parts) > len(drawn):
        notes.append(f"the first {len(drawn)} of {len(parts)} panels; all are in {table.file}")
    if (many := len(table.rows)) > MOST_ROWS:
        notes.append(f"the table has the first {MOST_ROWS} of {many} rows; all are in {table.file}")
    title = table.title if len(table.charts) == 1 else f"{table.title} ({chart['y']})"
    shown = keys if 1 < len(keys) <= MOST_KEYS else []
    return Plate(title, panels, _grid(table), shown, "; ".join(notes), 240)


def _names(facet: str | Sequence[str] | None) -> list[str]:
    return [facet] if isinstance(facet, str) else [*(facet or ())]


def _varies(rows: Rows, name: str) -> bool:
    return len({row[name] for row in rows}) > 1


def _values(rows: Rows, name: str) -> list[str]:
    return list(dict.fromkeys(row[name] for row in rows))


def _apart(rows: Rows, names: Sequence[str]) -> dict[tuple[str, ...], list[Mapping[str, str]]]:
    found: dict[tuple[str, ...], list[Mapping[str, str]]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return found


def _grid(table: Tabled) -> Grid:
    """Its first rows."""
    rows = [[_digits(cell) for cell in row.values()] for row in table.rows[:MOST_ROWS]]
    return Grid(list(table.rows[0]), rows)


def _digits(cell: str) -> str:
    number = _number(cell)
    return f"{number:.4g}" if isinstance(number, float) else cell


def _number(cell: str) -> float | str:
    """What is a number; a gap is NaN."""
    try:
        return float(cell) if cell else float("nan")
    except ValueError:
        return cell


def _column(rows: Rows, name: str) -> list[float | str]:
    """Numbers where all are; else texts."""
    found = [_number(row[name]) for row in rows]
    return found if all(isinstance(one, float) for one in found) else [row[name] for row in rows]


def _means(rows: Rows, x: str, y: str) -> tuple[list[float | str], list[float]]:
    """By x, in the order in which they come, the mean of y."""
    at: dict[float | str, list[float]] = {}
    for one, other in zip(_column(rows, x), _column(rows, y), strict=True):
        at.setdefault(one, []).append(float(other))
    return [*at], [_mean(each) for each in at.values()]


def _mean(values: Iterable[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def _by_colour(
    rows: Rows, chart: Mapping[str, Any], names: Sequence[str]
) -> Iterator[tuple[str, str, int, Rows]]:
    """Name, colour and place of each that has rows here."""
    for place, name in enumerate(names):
        of_one = [row for row in rows if not name or row[chart["color"]] == name]
        if of_one:
            yield name, colour_of(place), place, of_one


def _of(chart: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {"arm": name} if chart["color"] == RUN else {"key": name}


def _drawn(chart: Mapping[str, Any], traces: list[Trace]) -> tuple[list[Trace], dict[str, Any]]:
    named = any(isinstance(place, str) for trace in traces for place in trace["x"])
    order = {"categoryarray": merged(trace["x"] for trace in traces)} if named else {}
    return traces, layout(_words(chart["x"]), _words(chart["y"]), 240, xaxis=order)


def merged(orders: Iterable[Sequence[str]]) -> list[str]:
    """Names in an order that keeps those of all, as far as they agree."""
    found: list[str] = []
    for order in orders:
        place = 0
        for name in order:
            if name not in found:
                found.insert(place, name)
            place = found.index(name) + 1
    return found


def _words(column: str) -> str:
    return column.replace("_", " ")


def _hover(name: str) -> str:
    return f"{name}: %{{y:.4g}}<extra></extra>"


def _lines(
    rows: Rows, chart: Mapping[str, Any], names: Sequence[str]
) -> tuple[list[Trace], dict[str, Any]]:
    traces: list[Trace] = []
    x, y = chart["x"], chart["y"]
    for name, colour, place, of_one in _by_colour(rows, chart, names):
        of = _of(chart, name)
        seeds = _apart(of_one, [SEED]) if SEED in of_one[0] and chart["color"] != SEED else {}
        if len(seeds) > 1:
            each = gapped(_means(one, x, y) for one in seeds.values())
            traces.append(networks(each, name, colour, of))
        at, mean = _means(of_one, x, y)
        mode = "lines+markers" if len(at) <= 30 else "lines"
        marker = {"size": 5, "symbol": symbol_of(place)}
        look = {"mode": mode, "marker": marker, "hovertemplate": _hover(name)}
        traces.append(line(at, mean, name, colour, of, **look))
    return _drawn(chart, traces)


def _points(
    rows: Rows, chart: Mapping[str, Any], names: Sequence[str]
) -> tuple[list[Trace], dict[str, Any]]:
    traces = []
    for name, colour, place, of_one in _by_colour(rows, chart, names):
        x, y = (_column(of_one, chart[side]) for side in ("x", "y"))
        look = {"size": 7, "opacity": 0.7, "color": colour, "symbol": symbol_of(place)}
        more = {"mode": "markers", "marker": look, "hovertemplate": _hover(name)}
        traces.append(line(x, y, name, colour, _of(chart, name), **more))
    return _drawn(chart, traces)


def _bars(
    rows: Rows, chart: Mapping[str, Any], names: Sequence[str]
) -> tuple[list[Trace], dict[str, Any]]:
    traces = []
    for name, colour, _, of_one in _by_colour(rows, chart, names):
        at, mean = _means(of_one, chart["x"], chart["y"])
        traces.append(
            {
                "type": "bar", "x": plain(at), "y": plain(mean), "name": name,
                "marker": {"color": colour}, "meta": _of(chart, name),
                "hovertemplate": _hover(name),
            }
        )  # fmt: skip
    drawn, look = _drawn(chart, traces)
    return drawn, look | {"barmode": "group"}


def _heat(
    rows: Rows, chart: Mapping[str, Any], names: Sequence[str]
) -> tuple[list[Trace], dict[str, Any]]:
    x, y, z = (_column(rows, chart[side]) for side in ("x", "y", "color"))
    across, down = (sorted({*each}, key=lambda one: (isinstance(one, str), one)) for each in (x, y))
    shown = np.full((len(down), len(across)), np.nan)
    for one, other, value in zip(x, y, z, strict=True):
        shown[down.index(other), across.index(one)] = value
    heat = {
        "type": "heatmap", "x": plain(across), "y": plain(down), "z": [*map(plain, shown)],
        "meta": {"map": "plain"},
        "colorbar": {"thickness": 10, "title": {"text": short(chart["color"])}},
        "hovertemplate": f"%{{x}}, %{{y}}: %{{z:.4g}} {chart['color']}<extra></extra>",
    }  # fmt: skip
    traces, look = _drawn(chart, [heat])
    return traces, look
