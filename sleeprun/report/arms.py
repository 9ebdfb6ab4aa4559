"""The arms of an experiment beside one another: their course, and where each seed ends."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sleeprun.measures.forgetting import stage_ends
from sleeprun.protocol.phases import Kind
from sleeprun.protocol.results import Results
from sleeprun.report.labels import name_ticks, room
from sleeprun.report.matrices import of_arms
from sleeprun.report.stages import ASIDE, TOLD, Along, along, boundaries_of
from sleeprun.report.style import (
    INK,
    PALE,
    STYLE,
    Events,
    around,
    chance,
    draw_chance,
    draw_seeds,
    face_of,
    faces,
    ground_of,
    interval,
    known,
    legend,
    look_of,
    save,
    sheet,
    start_of,
    title_panel,
)
from sleeprun.report.tables import MOST_TASKS

Arms = dict[str, Results]  # the results of each
WIDE, APART = 6.4, 0.55  # inches of the time panel, and between two arms' ends


def compare_arms(events: Events, arms: Arms, folder: Path) -> list[Path]:
    """The arms over time; of many tasks their mean, and every arm's matrix."""
    paints = {"arms": course, "arms_r": of_arms}
    if len(_tasks(arms)) <= MOST_TASKS:
        del paints["arms_r"]
    with matplotlib.rc_context(STYLE):
        return [save(paint(events, arms), folder / f"{name}.png") for name, paint in paints.items()]


def _tasks(arms: Arms) -> list[str]:
    return next(iter(arms.values()))["tasks"]


def course(events: Events, arms: Arms) -> Figure:
    """From boundary to boundary, and at the end every seed's: each task, or the mean of many."""
    tasks = _tasks(arms)
    shown: list[int | None] = [None] if len(tasks) > MOST_TASKS else [*range(len(tasks))]
    start = start_of(events)
    what = f"performance ({start.facts.performance})" if start else "performance"
    over = f" over all {len(tasks)} tasks" * (shown == [None])
    title = f"{what}{over}, {around(_known(arms, shown))}; at the end each dot is a seed"
    ends, fall = APART * len(arms) + 0.5, max(room(list(arms)), room(tasks))
    figure = sheet(events, WIDE + ends + 2.6, 1.4 + fall + 1.9 * len(shown), title)
    share = {"sharex": "col", "sharey": True, "squeeze": False}
    grid = figure.subplots(len(shown), 2, width_ratios=(WIDE, ends), **share)
    timed = {arm: along(result) for arm, result in arms.items()}
    for (time, end), task in zip(grid, shown, strict=True):
        _draw_arms(time, end, arms, timed, task)
        for axes in (time, end):
            draw_chance(axes, events)
        time.set_ylabel("Performance")
        if task is not None:
            title_panel(time, tasks[task], WIDE)
            _draw_trained(time, arms, tasks[task])
    level = chance(events)
    grid[0, 0].update_datalim([(1, level - 0.1), (1, level + 0.3)], updatex=False)
    grid[0, 0].margins(y=0.12)
    _name_arms(grid[-1, 1], list(arms))
    _name_stages(grid[-1, 0], [one for one in timed.values() if not _at_once(one, timed)])
    legend(figure, _told(shown != [None], timed))
    return figure


def scores_of(result: Results, task: int | None) -> np.ndarray:
    """Of a task, or the mean over all, [boundary, seed]."""
    R = np.ma.masked_invalid(np.array(result["R"], float))  # [seed, boundary, task]
    return (R.mean(axis=2) if task is None else R[:, :, task]).filled(np.nan).T


def _known(arms: Arms, shown: list[int | None]) -> set[int]:
    return {n for result in arms.values() for task in shown for n in known(scores_of(result, task))}


def _at_once(one: Along, timed: dict[str, Along]) -> bool:
    """Whether an arm has one stage where others have several: its end alone is shown."""
    return bool(one.at[-1] < 2 <= max(other.at[-1] for other in timed.values()))


def _draw_arms(
    time: Axes, end: Axes, arms: Arms, timed: dict[str, Along], task: int | None
) -> None:
    """One task of every arm, or the mean over all."""
    _draw_rests(time, timed)
    for index, (arm, result) in enumerate(arms.items()):
        scores, look, one = scores_of(result, task), look_of(index), timed[arm]
        if _at_once(one, timed):
            _draw_level(time, scores[-1:], look)
        else:
            aside = 0.02 * one.at[-1] * (index / max(1, len(arms) - 1) - 0.5)
            _draw_course(time, one, aside, scores, look)
        last = [0, *stage_ends(boundaries_of(result))][-1]
        draw_seeds(end, index, scores[last], look | face_of(look, one.behind[last]))


def _draw_course(axes: Axes, one: Along, aside: float, scores: np.ndarray, look: dict) -> None:
    """One arm's line, from scores [boundary, seed]; what its markers follow shows by their face."""
    (mean, low, high), at = interval(scores), one.at + aside
    axes.fill_between(at, low, high, color=look["color"], alpha=0.13, lw=0)
    axes.plot(at, mean, color=look["color"], lw=1.4, zorder=3)
    for kind in np.unique(one.behind):
        chosen = one.behind == kind
        axes.plot(at[chosen], mean[chosen], ls="", ms=5, **look, **face_of(look, kind), zorder=4)


def _draw_rests(axes: Axes, timed: dict[str, Along]) -> None:
    for span, kind in rests(timed).items():
        axes.axvspan(*span, fc=ground_of(kind), lw=0, zorder=0)


def rests(timed: dict[str, Along]) -> dict[tuple[float, float], str]:
    """What is shaded from one place to another: sleep, and what is else where no arm sleeps."""
    rests = {rest for one in timed.values() for rest in one.rests}
    by_kind = sorted(rests, key=lambda rest: rest[0] == Kind.SLEEP)
    return {(begin, end): kind for kind, begin, end in by_kind}


def _draw_level(axes: Axes, scores: np.ndarray, look: dict) -> None:
    (mean,), (low,), (high,) = interval(scores)
    axes.axhspan(low, high, fc=look["color"], alpha=0.13, lw=0)
    axes.axhline(mean, color=look["color"], lw=1.2)


def _draw_trained(axes: Axes, arms: Arms, task: str) -> None:
    """A bar below the stages that train a task, of the arm that has most of them."""
    told = max(arms.values(), key=lambda result: len(result["boundaries"]))
    for place, one in zip(along(told).at, boundaries_of(told), strict=True):
        if task in one.tasks and not one.after_rest:
            bar = {"color": INK, "lw": 3, "solid_capstyle": "butt"}
            axes.plot(
                [place + ASIDE - 1, place], [0.015] * 2, transform=axes.get_xaxis_transform(), **bar
            )


def _name_arms(axes: Axes, arms: list[str]) -> None:
    axes.set_xlim(-0.6, len(arms) - 0.4)
    name_ticks(axes.xaxis, range(len(arms)), arms, APART)
    for index, label in enumerate(axes.get_xticklabels()):
        label.set(color=look_of(index)["color"], weight="bold")


def _name_stages(axes: Axes, shown: list[Along]) -> None:
    names = {place: name for one in shown for place, name in one.names.items()}
    places = sorted(names)
    span = max(one.at[-1] for one in shown) - places[0]
    apart = WIDE / (1.1 * max(span, 1)) * min(np.diff(places), default=1)
    name_ticks(axes.xaxis, places, [names[place] for place in places], apart)
    axes.set_xlabel("After")


def _told(by_task: bool, timed: dict[str, Along]) -> list[Artist]:
    """What the marks mean."""
    drawn = {*rests(timed).values()}
    grounds = [Patch(fc=ground_of(k), label=name) for k, name in TOLD.items() if k in drawn]
    behind = {kind for one in timed.values() for kind in one.behind.tolist()}
    trained = [Line2D([], [], color=INK, lw=3, label="trained on it")] * by_task
    chance = Line2D([], [], color=PALE, lw=1, ls="--", label="chance")
    return [*faces(behind), *grounds, *trained, chance]
