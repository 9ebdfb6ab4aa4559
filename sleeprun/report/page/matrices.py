"""R as figures: every task at every boundary."""

from collections.abc import Sequence

import numpy as np

from sleeprun.report.labels import short
from sleeprun.report.page.plates import Panel, Plate, layout, plain
from sleeprun.report.page.scores import Arms, by_boundary, described, tasks_of, told
from sleeprun.report.page.story import Arm
from sleeprun.report.stages import boundaries_of, follows_sleep
from sleeprun.report.style import known, sample_size

MOST_LETTERS = 5  # of names above a matrix, that are level
MOST_NUMBERS = 8  # tasks, of which each score is written out


def matrices(arms: Arms) -> Plate:
    """R: every task at every boundary, a panel an arm."""
    grid = by_boundary(arms, tasks_of(arms))
    seeds = set().union(*(known(np.array(arm.results["R"], float).T) for arm in arms))
    note = f"mean, {sample_size(seeds)}; paler is nearer to chance, ☾ follows sleep"
    return Plate("R: every task at every boundary", [*map(_matrix, arms)], grid, note=note)


def _row_of(arm: Arm, row: int) -> list[tuple[float, ...]]:
    """Of every task, of all seeds."""
    return [*map(tuple, np.array(arm.results["R"], float)[:, row].T.tolist())]


def _names_above(names: Sequence[str]) -> tuple[bool, int]:
    """Whether they are level, and how high they are in pixels."""
    longest = max(map(len, names), default=0)
    level = longest <= MOST_LETTERS
    return level, 24 if level else 12 + 8 * longest


def _matrix(arm: Arm) -> Panel:
    results, tasks = arm.results, arm.results["tasks"]
    rows, chance = range(len(results["boundaries"])), results["chance"]
    found = [[described(of) for of in _row_of(arm, row)] for row in rows]
    far = max(chance, 1 - chance)
    names = [
        f"{short(boundary.name)}{' ☾' * follows_sleep(boundary, results)}"
        for boundary in boundaries_of(results)
    ]
    heat = {
        "type": "heatmap",
        "z": [plain(one["mean"] for one in row) for row in found],
        "zmin": chance - far, "zmax": chance + far, "xgap": 2, "ygap": 2,
        "customdata": [[f"{told(one)}, n = {one['n']}" for one in row] for row in found],
        "hovertemplate": "%{x} after %{y}: %{customdata}<extra></extra>",
        "x": [short(task, 12) for task in tasks],
        "y": [f"{place}: {name}" for place, name in enumerate(names)],
        "showscale": False, "meta": {"map": "scores"},
    }  # fmt: skip
    if len(tasks) <= MOST_NUMBERS:
        heat["texttemplate"] = "%{z:.2f}"
    level, room = _names_above(heat["x"])
    sides = {"xaxis": {"side": "top", "tickangle": 0 if level else -90}}
    sides["yaxis"] = {"autorange": "reversed"}
    of_both = {"showgrid": False, "type": "category"}
    sides = {side: axis | of_both for side, axis in sides.items()}
    look = layout("", "", 36 + room + 28 * len(names), **sides)
    return Panel(arm.name, [heat], look, arm=arm.name)
