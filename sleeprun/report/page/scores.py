"""Figures of scores: where arms end, and how they come there."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from sleeprun.measures.forgetting import MEASURES
from sleeprun.measures.statistics import Measure, describe, mean_and_sd
from sleeprun.protocol.phases import Vigilance
from sleeprun.report.arms import rests, scores_of
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
    plain,
    span_of,
    symbol_of,
)
from sleeprun.report.page.story import Arm, Grid
from sleeprun.report.stages import TRAINING, along, boundaries_of
from sleeprun.report.style import around, boundary_name, interval, known
from sleeprun.report.tables import ALL, MOST_TASKS

Arms = Sequence[Arm]
FEW = {"nticks": 6, "tickangle": 0}  # numbers along an axis
NAMES = {
    "accuracy": "accuracy",
    "learning_accuracy": "accuracy just after learning",
    "backward_transfer": "backward transfer",
    "forward_transfer": "forward transfer",
    "forgetting": "forgetting",
    "sleep_gain_old": "gain over a sleep, earlier tasks",
    "sleep_gain_new": "gain over a sleep, newest task",
    "intransigence": "intransigence",
}


def keys_of(arms: Arms) -> list[Key]:
    return [Key(arm.name, colour_of(place), arm=True) for place, arm in enumerate(arms)]


def tasks_of(arms: Arms) -> list[str]:
    """Those of all arms."""
    return list(dict.fromkeys(task for arm in arms for task in arm.results["tasks"]))


def ends(arms: Arms) -> Plate:
    """Where every network ends: on each task, or on all where they are many."""
    tasks = tasks_of(arms)
    wanted = [f"final/{task}" for task in tasks] if len(tasks) <= MOST_TASKS else ["accuracy"]
    names = tasks if len(tasks) <= MOST_TASKS else [ALL]
    levels = [arm.results["chance"] for arm in arms]
    panels = [
        _dots(arms, measure, name, "score", level(levels[0], "y"))
        for measure, name in zip(wanted, names, strict=True)
    ]
    found = [_measure(arm, measure) for arm in arms for measure in wanted]
    told = f"{_around(found)}; each dot is a network, the dashed line chance"
    grid = _by_arm(arms, dict(zip(wanted, names, strict=True)))
    return Plate("Scores at the end", panels, grid, keys_of(arms), told)


def measures(arms: Arms) -> Plate | None:
    """The measures of forgetting that any arm has."""
    there = [name for name in MEASURES if any(_measure(arm, name)["n"] for arm in arms)]
    if not there:
        return None
    zero = level(0.0, "y")
    levels = {name: [] if "accuracy" in name else [zero] for name in there}
    panels = [_dots(arms, name, NAMES[name], "", *levels[name]) for name in there]
    told = _around([_measure(arm, name) for arm in arms for name in there])
    grid = _by_arm(arms, {name: NAMES[name] for name in there})
    return Plate("Measures of forgetting", panels, grid, keys_of(arms), told)


def _measure(arm: Arm, name: str) -> Measure:
    return arm.results["metrics"].get(name) or describe([])


def _around(found: Sequence[Measure]) -> str:
    return around({one["n"] for one in found if one["n"]}) if any(one["n"] for one in found) else ""


def _by_arm(arms: Arms, names: dict[str, str]) -> Grid:
    rows = [[name, *(told(_measure(arm, one)) for arm in arms)] for one, name in names.items()]
    return Grid(["", *(arm.name for arm in arms)], rows)


@lru_cache(maxsize=20_000)
def described(scores: tuple[float | None, ...]) -> Measure:
    """An interval takes milliseconds, and a score stands in several places."""
    return describe(scores)


def told(measure: Measure) -> str:
    """`0.70 ± 0.02 [0.68, 0.72]`"""
    interval = " [{:.2f}, {:.2f}]".format(*measure["ci95"]) if measure["ci95"] else ""
    return mean_and_sd(measure).replace("+-", "±") + interval


def _dots(arms: Arms, measure: str, title: str, x: str, *shapes: dict) -> Panel:
    """A row an arm: every network, and their mean with what is around it."""
    traces = [
        trace
        for place, arm in enumerate(arms)
        for trace in _row(arm, _measure(arm, measure), place, colour_of(place))
    ]
    rows = {"tickvals": list(range(len(arms))), "ticktext": [short(arm.name) for arm in arms]}
    rows |= {"range": [len(arms) - 0.4, -0.6], "showgrid": False}
    look = layout(x, "", 76 + 30 * len(arms), yaxis=rows, xaxis=FEW, shapes=list(shapes))
    return Panel(title, traces, look)


def _row(arm: Arm, measure: Measure, place: int, colour: str) -> Iterator[Trace]:
    values, of = np.array(measure["per_seed"], float), {"arm": arm.name}
    if not measure["n"]:
        return
    aside = np.linspace(-0.2, 0.2, len(values)) if len(values) > 1 else np.zeros(1)
    seeds = [f"{arm.name}, seed {seed}" for seed in arm.results["seeds"]]
    yield line(
        values, place + aside, arm.name, colour, of | {"seed": True}, mode="markers",
        marker={"color": colour, "size": 6, "opacity": 0.5}, text=seeds,
        hovertemplate="%{text}: %{x:.3f}<extra></extra>",
    )  # fmt: skip
    (mean,), (low,), (high,) = interval(values[None])
    yield line(
        [mean], [place], arm.name, colour, of, mode="markers",
        marker={"color": colour, "size": 11, "symbol": symbol_of(place)},
        error_x={"type": "data", "symmetric": False, "array": plain([high - mean]),
                 "arrayminus": plain([mean - low]), "thickness": 2, "width": 5, "color": colour},
        hovertemplate=f"{arm.name}: {told(measure)}, n = {measure['n']}<extra></extra>",
    )  # fmt: skip


def course(arms: Arms) -> Plate:
    """From boundary to boundary: each task, or the mean of many."""
    tasks = tasks_of(arms)
    shown: list[str | None] = [*tasks] if len(tasks) <= MOST_TASKS else [None]
    panels = [_course(arms, task) for task in shown]
    seeds = {n for arm in arms for n in known(_of(arm, None))}
    note = f"{around(seeds)}; shaded: sleep, or what is in its place; a filled marker follows it"
    return Plate("From boundary to boundary", panels, by_boundary(arms, shown), keys_of(arms), note)


def _of(arm: Arm, task: str | None) -> np.ndarray:
    """[boundary, seed]; of a task that it does not have, nothing."""
    tasks = arm.results["tasks"]
    if task is None or task in tasks:
        return scores_of(arm.results, None if task is None else tasks.index(task))
    return np.full((len(arm.results["boundaries"]), len(arm.results["seeds"])), np.nan)


def _course(arms: Arms, task: str | None) -> Panel:
    timed = {arm.name: along(arm.results) for arm in arms}
    traces: list[Trace] = []
    for place, arm in enumerate(arms):
        one, scores, colour = timed[arm.name], _of(arm, task), colour_of(place)
        names = [boundary_name(boundary) for boundary in boundaries_of(arm.results)]
        at, of = one.at.tolist(), {"arm": arm.name}
        mean, low, high = interval(scores)
        seeds = gapped((at, each) for each in scores.T)
        traces += [band([(at, low, high)], colour, of), networks(seeds, arm.name, colour, of)]
        rested = ["-open" if behind == TRAINING else "" for behind in one.behind]
        traces.append(line(
            at, mean, arm.name, colour, of, mode="lines+markers", text=names,
            marker={"size": 8, "symbol": [f"{symbol_of(place)}{face}" for face in rested]},
            hovertemplate=f"{arm.name} after %{{text}}: %{{y:.3f}}<extra></extra>",
        ))  # fmt: skip
    shapes = [
        ground(*span, OF_VIGILANCE[Vigilance.of(kind)]) for span, kind in rests(timed).items()
    ]
    places = {place: name for one in timed.values() for place, name in one.names.items()}
    ticks = {"tickvals": list(places), "ticktext": [short(name, 14) for name in places.values()]}
    chance = arms[0].results["chance"]
    scale = {"range": span_of(chance, *(_of(arm, task) for arm in arms))}
    shapes.append(level(chance))
    look = layout(
        "after", "score", 320, xaxis=ticks | {"showgrid": False}, yaxis=scale, shapes=shapes
    )
    return Panel(task or ALL, traces, look)


def by_boundary(arms: Arms, shown: Sequence[str | None]) -> Grid:
    head = ["arm", "after", *(task or ALL for task in shown)]
    rows = [
        [
            arm.name,
            boundary_name(boundary),
            *(_cell(arm, row, task) for task in shown),
        ]
        for arm in arms
        for row, boundary in enumerate(boundaries_of(arm.results))
    ]
    return Grid(head, rows)


def _cell(arm: Arm, row: int, task: str | None) -> str:
    return told(described(tuple(_of(arm, task)[row].tolist())))
