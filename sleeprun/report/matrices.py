"""R as pictures: every task at every boundary, of a run and of each of its arms."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from sleeprun.protocol.results import Results
from sleeprun.report.labels import name_ticks, room
from sleeprun.report.stages import boundaries_of, by_stage, follows_sleep
from sleeprun.report.style import (
    ASLEEP,
    Events,
    around_chance,
    boundary_name,
    chance,
    ink_on,
    known,
    look_of,
    sample_size,
    shades,
    sheet,
    spread,
    title_panel,
)

BY_SLEEPS = "; a stage is cut by its sleeps: before them above, after them below, with a bar"
MOST_NUMBERS = 12  # tasks, of which each score is written out


class Cell(NamedTuple):
    """Inches of a score; numbers are written where it is large enough."""

    wide: float
    tall: float

    @property
    def written(self) -> bool:
        return self.wide > 0.3


def r_matrix(events: Events, results: Results) -> Figure | None:
    """Every task at every boundary; none of one boundary."""
    scores = np.array(results.get("R") or [], dtype=float)
    if not np.isfinite(scores).any() or scores.shape[1] < 2:
        return None
    by_seed = np.moveaxis(scores, 0, -1)
    (mean, sd), (rows, columns) = spread(by_seed), scores.shape[1:]
    cell = Cell(1.1, 0.42) if columns <= MOST_NUMBERS else Cell(0.22, 0.2)
    slept = [follows_sleep(boundary, results) for boundary in boundaries_of(results)]
    told = f"mean{' ± sd' if cell.written else ''}, {sample_size(known(by_seed))}"
    title = f"performance (R), {told}{'; bars: after sleep' * any(slept)}"
    names = [boundary_name(boundary) for boundary in boundaries_of(results)]
    width = max(5, 1.7 + room(names) + cell.wide * columns)
    figure = sheet(events, width, 1.4 + room(results["tasks"]) + cell.tall * rows, title)
    axes = figure.add_subplot(xlabel="Task tested", ylabel="After")
    image = _draw_cells(axes, mean, np.arange(rows + 1), chance(events))
    for (row, column), value in np.ndenumerate(mean) if cell.written else ():
        text = f"{value:.2f} ± {sd[row, column]:.2f}".replace(" ± nan", "").replace("nan", "?")
        look = {"ha": "center", "va": "center", "color": ink_on(image, value)}
        axes.text(column + 0.5, row + 0.5, text, **look)
    for row in np.flatnonzero(slept).tolist():
        _draw_sleep(axes, row, 1, columns)
    name_ticks(axes.yaxis, np.arange(rows) + 0.5, names, cell.tall)
    _finish(axes, results["tasks"], rows, cell)
    _draw_bar(figure, image, axes, chance(events))
    return figure


def of_arms(events: Events, arms: dict[str, Results]) -> Figure:
    """Every arm's score on each task after each stage, before and after its sleep."""
    tasks = next(iter(arms.values()))["tasks"]
    stages = max((_stages(result) for result in arms.values()), key=len)
    rows, across = len(stages) + 1, min(len(arms), 3)
    cell = Cell(0.42, 0.2) if len(tasks) <= MOST_NUMBERS else Cell(0.2, 0.09)
    cut = max(2, *(len(stage) for one in arms.values() for stage in by_stage(boundaries_of(one))))
    wide, tall, down = cell.wide * len(tasks), cell.tall * cut * rows, -(-len(arms) // across)
    scores = [np.moveaxis(np.array(result["R"], float), 0, -1) for result in arms.values()]
    n = sample_size(set().union(*map(known, scores)))
    slept = any(follows_sleep(each, one) for one in arms.values() for each in boundaries_of(one))
    title = f"performance by task, mean, {n}{BY_SLEEPS * slept}"
    width = max(7, 1.8 + room(stages) + across * (0.4 + wide))
    figure = sheet(events, width, 1.2 + room(tasks) + down * (0.5 + tall), title)
    share = {"sharex": True, "sharey": True, "squeeze": False}
    panels = figure.subplots(down, across, **share)
    for index, (axes, (arm, result)) in enumerate(zip(panels.flat, arms.items(), strict=False)):
        image = _draw_arm(axes, result, rows, cell, chance(events))
        whole = len(_stages(result)) == 1 < len(stages)
        title_panel(axes, f"{arm} (all at once)" if whole else arm, wide)
        axes.title.set_color(look_of(index)["color"])
    for axes in panels.flat[len(arms) :]:
        axes.set_axis_off()
    for axes in panels[:, 0]:
        name_ticks(axes.yaxis, np.arange(rows) + 0.5, ["untrained", *stages], cell.tall * cut)
        axes.set_ylabel("After")
    for axes in panels.flat:
        _finish(axes, tasks, rows, cell)
    _draw_bar(figure, image, panels, chance(events))
    return figure


def _stages(result: Results) -> list[str]:
    return [stage[0].name for stage in by_stage(boundaries_of(result))[1:]]


def _draw_arm(
    axes: Axes, result: Results, rows: int, cell: Cell, at_random: float
) -> ScalarMappable:
    """One arm's R; a stage is cut by its sleeps. In bold is what was just trained."""
    R, tasks = np.ma.masked_invalid(np.array(result["R"], float)).mean(axis=0), result["tasks"]
    stages = by_stage(boundaries_of(result))
    last = rows - len(stages)  # a joint arm has one stage, which trained all
    parts = [
        ((number + last if number else 0) + part / len(stage), 1 / len(stage), boundary)
        for number, stage in enumerate(stages)
        for part, boundary in enumerate(stage)
    ]
    for (top, tall, boundary), scores in zip(parts, R.filled(np.nan), strict=True):
        image = _draw_cells(axes, scores[None], np.array([top, top + tall]), at_random)
        for column, value in enumerate(scores) if cell.written else ():
            look = {"size": 7, "color": ink_on(image, value), "ha": "center", "va": "center"}
            look["weight"] = "bold" if tasks[column] in boundary.tasks else "normal"
            told = f"{value:.2f}".removeprefix("0").replace("nan", "?")
            axes.text(column + 0.5, top + tall / 2, told, **look)
        if follows_sleep(boundary, result):
            _draw_sleep(axes, top, tall, len(tasks))
    return image


def _draw_cells(
    axes: Axes, scores: np.ndarray, tops: np.ndarray, at_random: float
) -> ScalarMappable:
    return axes.pcolormesh(
        np.arange(scores.shape[1] + 1), tops, scores, cmap=shades(),
        norm=around_chance(at_random), edgecolors="white", lw=1,
    )  # fmt: skip


def _draw_sleep(axes: Axes, top: float, tall: float, columns: int) -> None:
    left = -0.012 * max(5, columns)
    axes.plot([left] * 2, [top + 0.08 * tall, top + 0.92 * tall], color=ASLEEP, lw=2.5)


def _finish(axes: Axes, tasks: list[str], rows: int, cell: Cell) -> None:
    name_ticks(axes.xaxis, np.arange(len(tasks)) + 0.5, tasks, cell.wide)
    axes.set(xlim=(-0.024 * max(5, len(tasks)), len(tasks)), ylim=(rows, 0))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _draw_bar(figure: Figure, image: ScalarMappable, axes: object, at_random: float) -> None:
    label = f"Performance (chance: {at_random:.2g})"
    bar = figure.colorbar(image, ax=axes, label=label, shrink=0.9)
    bar.ax.set_ylim(0, 1)
    bar.outline.set_visible(False)
