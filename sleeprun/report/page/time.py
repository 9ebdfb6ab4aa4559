"""Figures along the protocol's time: its phases, and how things went within them."""

from collections.abc import Iterator, Sequence

import numpy as np

from sleeprun.measures import statistics
from sleeprun.measures.statistics import moments
from sleeprun.protocol.describe import plural
from sleeprun.protocol.family import Clock
from sleeprun.protocol.phases import Vigilance
from sleeprun.report.labels import short
from sleeprun.report.page.plates import (
    OF_VIGILANCE,
    Key,
    Panel,
    Plate,
    Trace,
    band,
    colour_of,
    gapped,
    ground,
    layout,
    level,
    line,
    networks,
    span_of,
)
from sleeprun.report.page.story import Arm, Course, Grid
from sleeprun.report.phases import Span
from sleeprun.report.style import known, sample_size, spread

TIME, UNTAUGHT = "protocol time", "untaught"
LEGIBLE = {"mode": "hide", "minsize": 9}  # or not written
HATCHED = {"shape": "/", "size": 8, "fillmode": "overlay", "fgopacity": 0.35}
COLOURS = {**OF_VIGILANCE, UNTAUGHT: "#9a9a9a"}
TOLD = {
    Vigilance.AWAKE: "training",
    Vigilance.INTERLEAVED: "training in turns",
    Vigilance.ASLEEP: "sleep",
    Vigilance.RIVAL: "a rival of sleep",
    Vigilance.QUIET: "quiet wake",
    UNTAUGHT: "awake, without a task",
}


def clock_of(arm: Arm) -> Clock:
    return arm.start.facts.clock if arm.start else Clock()


def what(span: Span, arm: Arm) -> str:
    """What a phase is spent with."""
    untaught = arm.start.facts.untaught if arm.start else ()
    return UNTAUGHT if span.kind in untaught else span.vigilance


def timeline(arms: Sequence[Arm]) -> Plate:
    """A row an arm, a bar a phase; tests take no time of it."""
    traces = [_bar(span, arm, row) for row, arm in enumerate(arms) for span in arm.phases]
    there = {what(span, arm) for arm in arms for span in arm.phases}
    keys = [Key(TOLD[each], colour) for each, colour in COLOURS.items() if each in there]
    rows = {"tickvals": list(range(len(arms))), "ticktext": [short(arm.name) for arm in arms]}
    rows |= {"range": [len(arms) - 0.4, -0.6], "showgrid": False}
    look = layout(TIME, "", 90 + 34 * len(arms), yaxis=rows, barmode="overlay", uniformtext=LEGIBLE)
    cells = [
        [arm.name, span.name, TOLD[what(span, arm)], plural(span.end - span.begin, "cycle")]
        for arm in arms
        for span in arm.phases
    ]
    note = f"{_unit(arms[0])}; every task is tested between phases, on copies"
    grid = Grid(["arm", "phase", "", "length"], cells)
    return Plate("The protocol", [Panel("", traces, look)], grid, keys, note, narrow=10_000)


def _unit(arm: Arm) -> str:
    """In the note, since an axis of a phone has no room for it."""
    return f"time in {clock_of(arm).unit}"


def _bar(span: Span, arm: Arm, row: int) -> Trace:
    kind, unit = what(span, arm), clock_of(arm).cycles
    length = (span.end - span.begin) / unit
    hatched = {"pattern": HATCHED} if kind == Vigilance.INTERLEAVED else {}
    return {
        "type": "bar", "orientation": "h", "x": [length], "base": [span.begin / unit], "y": [row],
        "width": 0.62, "marker": {"color": COLOURS[kind]} | hatched,
        "meta": {"arm": arm.name, "key": TOLD[kind], "edge": True},
        "text": [short(span.name, 16)], "textposition": "inside", "insidetextanchor": "middle",
        "textangle": 0,
        "hovertemplate": f"{arm.name}: {span.name} ({span.kind}), "
        f"{span.end - span.begin:,} cycles<extra></extra>",
    }  # fmt: skip


def running(arms: Sequence[Arm]) -> Plate | None:
    """What is counted while it goes on, a panel an arm."""
    return _courses(arms, "Performance while it goes on", [arm.running for arm in arms])


def within(arms: Sequence[Arm]) -> Plate | None:
    """Every task's score within training and sleep, a panel an arm."""
    return _courses(arms, "Scores within phases", [arm.courses for arm in arms])


def _courses(arms: Sequence[Arm], title: str, found: Sequence[Sequence[Course]]) -> Plate | None:
    names = list(dict.fromkeys(each.of for some in found for each in some))
    if not names:
        return None
    seeds = {n for some in found for each in some for n in known(each.scores)}
    drawn = [pair for pair in zip(arms, found, strict=True) if pair[1]]
    panels = [_panel(arm, some, names) for arm, some in drawn]
    rows = [
        [
            arm.name,
            each.of,
            _phase(arm, each),
            *(_score(each, at) for at in (0, -1)),
        ]
        for arm, some in drawn
        for each in some
    ]
    grid = Grid(["arm", "", "phase", "first", "last"], rows)
    keys = [Key(name, colour_of(place)) for place, name in enumerate(names)]
    note = f"mean ± sd, {sample_size(seeds)}; {_unit(arms[0])}, shaded as in the protocol"
    return Plate(title, panels, grid, keys, note, narrow=420)


def _score(course: Course, at: int) -> str:
    mean, sd = moments(statistics.known(course.scores[at].tolist()))
    return "-" if mean is None else f"{mean:.2f}" + (f" ± {sd:.2f}" if sd is not None else "")


def _phase(arm: Arm, course: Course) -> str:
    return next((span.name for span in arm.phases if span.begin <= course.at[0] <= span.end), "")


def _panel(arm: Arm, found: Sequence[Course], names: Sequence[str]) -> Panel:
    unit = clock_of(arm).cycles
    traces = [
        trace
        for place, name in enumerate(names)
        for trace in _lines([each for each in found if each.of == name], name, place, unit)
    ]
    shapes = [
        ground(span.begin / unit, span.end / unit, COLOURS[what(span, arm)]) for span in arm.phases
    ]
    chance = level(arm.results["chance"])
    scale = {"range": span_of(arm.results["chance"], *(each.scores for each in found))}
    look = layout(TIME, "score", 260, yaxis=scale, shapes=[*shapes, chance])
    return Panel(arm.name, traces, look, arm=arm.name)


def _lines(found: Sequence[Course], name: str, place: int, unit: int) -> Iterator[Trace]:
    """Of one task, broken between phases."""
    times = [np.array(each.at) / unit for each in found]
    spreads = [spread(each.scores) for each in found]
    colour, of = colour_of(place), {"key": name}
    each = [(at, one) for at, course in zip(times, found, strict=True) for one in course.scores.T]
    around = [(at, m - sd, m + sd) for at, (m, sd) in zip(times, spreads, strict=True)]
    means = [(at, mean) for at, (mean, _) in zip(times, spreads, strict=True)]
    yield band(around, colour, of)
    yield networks(gapped(each), name, colour, of)
    look = {"mode": "lines+markers", "marker": {"size": 4}}
    yield line(
        *gapped(means), name, colour, of, hovertemplate=f"{name}: %{{y:.3f}}<extra></extra>", **look
    )
