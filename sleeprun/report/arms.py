"""The arms of an experiment beside one another: their course, their ends, what each remembers."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from sleeprun.measures import statistics
from sleeprun.measures.forgetting import stage_ends
from sleeprun.protocol.lines import boundary_of
from sleeprun.protocol.phases import Boundary
from sleeprun.protocol.results import Results
from sleeprun.report.style import (
    PALE,
    STYLE,
    Events,
    chance,
    draw_chance,
    ground_of,
    ink_on,
    look_of,
    save,
    shades,
    sheet,
    spread,
)

Arms = dict[str, Results]  # the results of each
MOST_TASKS = 3  # that are told apart, rather than their mean
SLEEP = 0.45  # of the way from a stage to the next
ASLEEP = "#4f7cb8"


def compare_arms(events: Events, arms: Arms, folder: Path) -> list[Path]:
    """The arms' final scores; of many tasks their mean over time, and every arm's matrix."""
    tasks = next(iter(arms.values()))["tasks"]
    many = {"arms": course, "arms_r": matrices}
    paints = many if len(tasks) > MOST_TASKS else {"arms": finals}
    with matplotlib.rc_context(STYLE):
        return [save(paint(events, arms), folder / f"{name}.png") for name, paint in paints.items()]


def finals(events: Events, arms: Arms) -> Figure:
    """The final scores side by side: mean, sd, and a dot for every seed."""
    tasks = next(iter(arms.values()))["tasks"]
    width = 3 + 0.5 * len(arms) * len(tasks)
    figure = sheet(events, width, 3.4, "performance at the end, mean ± sd")
    axes = figure.subplots()
    for index, (arm, result) in enumerate(arms.items()):
        ends = [result["metrics"][f"final/{task}"]["per_seed"] for task in tasks]
        final = np.array(ends, float).T
        mean, sd = spread(final.T)
        at = np.arange(len(tasks)) + 0.8 * (index - (len(arms) - 1) / 2) / len(arms)
        axes.plot(np.broadcast_to(at, final.shape).T, final.T, ".", color=PALE, ms=4)
        axes.errorbar(
            at, mean, np.nan_to_num(sd), ls="none", ms=7, mec="white", label=arm, **look_of(index)
        )
    draw_chance(axes, events)
    axes.set(xticks=range(len(tasks)), xticklabels=tasks, ylabel="Performance")
    axes.margins(x=0.2)
    figure.legend(loc="outside right center", frameon=False)
    return figure


def course(events: Events, arms: Arms) -> Figure:
    """The mean over all tasks from boundary to boundary, and at the end every seed's."""
    seeds = next(iter(arms.values()))["seeds"]
    around = "95 % interval" if len(seeds) >= statistics.FEWEST else "± sd"
    title = f"accuracy over all tasks, mean, {around}, n = {len(seeds)}"
    figure = sheet(events, 7.2 + 0.5 * len(arms), 3.9, title)
    time, end = figure.subplots(1, 2, sharey=True, width_ratios=(4.6, 0.6 + 0.55 * len(arms)))
    names: dict[int, str] = {}
    for index, (arm, result) in enumerate(arms.items()):
        look, per_boundary = look_of(index), np.nanmean(np.array(result["R"], float), axis=2).T
        if len(stage_ends(boundaries := _boundaries(result))) > 1:
            at, told = _places(boundaries)
            names |= told
            _draw_course(time, at, per_boundary, look)
        else:
            _draw_level(time, arm, per_boundary[-1:], look)
        _draw_end(end, index, per_boundary[-1], look)
    _draw_stages(time, names, [row["phase"] for a in arms.values() for row in a["boundaries"]])
    end.set_xticks(range(len(arms)), arms, rotation=30, ha="right", rotation_mode="anchor")
    for index, label in enumerate(end.get_xticklabels()):
        label.set(color=look_of(index)["color"], weight="bold")
    end.set(title="at the end", xlim=(-0.6, len(arms) - 0.4))
    for axes in (time, end):
        draw_chance(axes, events)
    time.set(xlabel="After training on", ylabel="Accuracy", ylim=(0, 1))
    time.text(0.02, chance(events) - 0.015, "chance", color=PALE, va="top", size=8)
    return figure


def _boundaries(result: Results) -> list[Boundary]:
    return [boundary_of(row) for row in result["boundaries"]]


def _by_stage(boundaries: list[Boundary]) -> list[list[Boundary]]:
    """Those before any training, then those of each stage: its own and what comes behind it."""
    stages: list[list[Boundary]] = [[]]
    for boundary in boundaries:
        if boundary.tasks and boundary.phase != "sleep":
            stages.append([])
        stages[-1].append(boundary)
    return stages


def _places(boundaries: list[Boundary]) -> tuple[np.ndarray, dict[int, str]]:
    """Where boundaries lie, and the stages' names: a stage of training at each whole number.

    Its sleeps are spread behind it, the last one at `SLEEP`.
    """
    at, names = [], {0: "nothing"}
    for number, stage in enumerate(_by_stage(boundaries)):
        asleep = np.array([boundary.phase == "sleep" for boundary in stage])
        at += [*number + SLEEP * asleep.cumsum() / max(1, asleep.sum())]
        if number:
            names[number] = stage[0].name
    return np.array(at), names


def _draw_course(axes: Axes, at: np.ndarray, scores: np.ndarray, look: dict) -> None:
    """One arm's line, from scores [boundary, seed]."""
    mean, low, high = _interval(scores)
    axes.fill_between(at, low, high, color=look["color"], alpha=0.15, lw=0)
    axes.plot(at, mean, **look, lw=1.6, ms=5, mec="white", mew=0.7, zorder=3)


def _draw_level(axes: Axes, arm: str, scores: np.ndarray, look: dict) -> None:
    """An arm that was trained on all tasks at once: its end alone."""
    (mean,), (low,), (high,) = _interval(scores)
    axes.axhspan(low, high, fc=look["color"], alpha=0.15, lw=0)
    axes.axhline(mean, color=look["color"], lw=1.2)
    axes.text(0.02, low - 0.015, arm, color=look["color"], va="top", size=8)


def _draw_end(axes: Axes, place: int, scores: np.ndarray, look: dict) -> None:
    """One arm's seeds, their mean and its interval."""
    (mean,), (low,), (high,) = _interval(scores[None])
    aside = np.linspace(-0.22, 0.22, len(scores)) if len(scores) > 1 else [0.0]
    axes.plot(place + np.array(aside), scores, ".", color=look["color"], alpha=0.4, ms=5, mew=0)
    axes.errorbar(place, mean, [[mean - low], [high - mean]], **look, ms=7, mec="white", lw=2)
    axes.annotate(
        f"{mean:.2f}", (place, high), (0, 5), textcoords="offset points", ha="center", size=8,
        color=look["color"], weight="bold",
    )  # fmt: skip


def _interval(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, and the bounds of its 95 % interval, or of the sd where seeds are few."""
    told = [statistics.describe(list(row)) for row in scores]
    mean = np.array([one["mean"] for one in told], float)
    sd = np.array([one["sd"] or 0.0 for one in told])
    within = [one["ci95"] or (m - s, m + s) for one, m, s in zip(told, mean, sd, strict=True)]
    low, high = np.array(within, float).T
    return mean, low, high


def _draw_stages(axes: Axes, names: dict[int, str], phases: list[str]) -> None:
    """The stages' names, and their sleeps shaded where any arm sleeps."""
    asleep = "sleep" in phases
    for stage in range(1, len(names)) if asleep else ():
        axes.axvspan(stage, stage + SLEEP, fc=ground_of("sleep"), lw=0, zorder=0)
    if asleep:
        look = {"color": ASLEEP, "size": 8, "ha": "center", "va": "top"}
        axes.text(1 + SLEEP / 2, 0.985, "sleep", transform=axes.get_xaxis_transform(), **look)
    axes.set_xticks(list(names), list(names.values()))


def matrices(events: Events, arms: Arms) -> Figure:
    """Every arm's score on each task after each stage, before and after its sleep."""
    tasks = next(iter(arms.values()))["tasks"]
    stages = max((_stages(result) for result in arms.values()), key=len)
    rows = len(stages) + 1
    across = min(len(arms), 3)
    down = -(-len(arms) // across)
    cut = max(len(stage) for one in arms.values() for stage in _by_stage(_boundaries(one)))
    tall = 0.6 + 0.2 * max(2, cut) * rows
    width, height = 1.2 + across * (0.5 + 0.42 * len(tasks)), 0.9 + down * tall
    title = "accuracy by task; of a stage with sleep before it (above) and after it (below)"
    figure = sheet(events, max(width, 6.5), height, title)
    panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    image = None
    for axes, (arm, result) in zip(panels.flat, arms.items(), strict=False):
        image = _draw_matrix(axes, result, rows, chance(events))
        axes.set_title(arm, weight="bold", loc="left")
    for axes in panels.flat[len(arms) :]:
        axes.set_axis_off()
    panels[0, 0].set_yticks(np.arange(rows) + 0.5, ["untrained", *stages])
    panels[0, 0].set(xlim=(-0.12, len(tasks)), ylim=(rows, 0))
    for axes in panels[:, 0]:
        axes.set_ylabel("After")
    bar = figure.colorbar(
        image, ax=panels, shrink=0.6, label=f"Accuracy, chance {chance(events):.2g}"
    )
    bar.outline.set_visible(False)
    return figure


def _stages(result: Results) -> list[str]:
    return [stage[0].name for stage in _by_stage(_boundaries(result))[1:]]


def _draw_matrix(axes: Axes, result: Results, rows: int, at_random: float) -> ScalarMappable:
    """One arm's R; a stage is cut by its sleeps. In bold is what was just trained."""
    R, tasks = np.nanmean(np.array(result["R"], float), axis=0), result["tasks"]
    stages = _by_stage(_boundaries(result))
    last = rows - len(stages)  # a joint arm has one stage, which trained all
    parts = [
        ((number + last if number else 0) + part / len(stage), 1 / len(stage), boundary)
        for number, stage in enumerate(stages)
        for part, boundary in enumerate(stage)
    ]
    for (top, tall, boundary), scores in zip(parts, R, strict=True):
        image = axes.pcolormesh(
            np.arange(len(tasks) + 1), [top, top + tall], scores[None], cmap=shades(at_random),
            vmin=0, vmax=1, edgecolors="white", lw=1,
        )  # fmt: skip
        for column, value in enumerate(scores):
            look = {"size": 7, "color": ink_on(image, value), "ha": "center", "va": "center"}
            look["weight"] = "bold" if tasks[column] in boundary.tasks else "normal"
            axes.text(column + 0.5, top + tall / 2, f"{value:.2f}".removeprefix("0"), **look)
        if boundary.phase == "sleep":
            axes.plot([-0.07, -0.07], [top + 0.04, top + tall - 0.04], color=ASLEEP, lw=2.5)
    axes.set_xticks(np.arange(len(tasks)) + 0.5, tasks)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return image
