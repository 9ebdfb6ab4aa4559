"""A sweep's picture: every seed and their mean along a swept key, a heat map over two keys."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sleeprun.measures import statistics
from sleeprun.report.labels import name_ticks, short
from sleeprun.report.style import (
    STYLE,
    around,
    draw_level,
    draw_seeds,
    ink_on,
    known,
    legend,
    look_of,
    sample_size,
    save,
    title_panel,
    titled,
)
from sleeprun.sweeps.outcomes import Outcome, compared, groups, values
from sleeprun.sweeps.table import SHOWN

ARM = "arm"
WIDE, APART, ROW = 4.4, 0.45, 0.3  # inches of a panel, of a value along it and up it, at least
FEW = 8  # values, that each have a place of their own; more numbers lie as far apart as they are
CELL = 0.75  # of the way from a cell of a map to the next, which its number may take
SPREAD = 0.9  # inches that a mean with its sd takes
SLOTS = 12  # means in a panel, that are also told as numbers
Scores = Mapping[tuple[str, str], list[float | None]]  # by the values of one key or of two


def draw(found: Sequence[Outcome], folder: Path) -> list[Path]:
    """Of the jobs that are done; nothing unless these differ in one or two keys and have scores."""
    done = [one for one in found if one.done]
    keys = compared(done)
    if any(one.arm for one in done):
        keys.append(ARM)
    if len(keys) not in (1, 2) or not any(_seeds(done, measure) for measure in SHOWN):
        return []
    jobs, drawn = ({one.path for one in some} for some in (found, done))
    missing = f"{len(jobs - drawn)} of {len(jobs)} jobs have no results" if jobs - drawn else ""
    with matplotlib.rc_context(STYLE):
        return [save(picture(done, keys, missing), folder / "figures" / "sweep.png")]


def picture(found: Sequence[Outcome], keys: list[str], missing: str = "") -> Figure:
    """A panel for each measure that any seed has. Arms are lines of their own colour; any other
    second key is the other side of a map."""
    mapped = len(keys) == 2 and keys[1] != ARM
    shown = [measure for measure in SHOWN if _seeds(found, measure)]
    told = {measure: _scores(found, keys, measure) for measure in shown}
    down, across = (ordered([value[place] for value in told[shown[0]]]) for place in (0, 1))
    along = across if mapped else down
    wide = max(WIDE, APART * len(along) if mapped or not _far_apart(along) else 0)
    tall = max(3.9, 1.9 + ROW * len(down)) if mapped else 3.9
    cell = CELL * wide / len(across)
    title = _title(found, keys, shown, mapped, cell)
    notes = dict.fromkeys([*(one.note for one in found if one.note), *filter(None, [missing])])
    room = 1.2 if mapped or len(keys) == 1 else 2.8
    figure = titled(len(shown) * wide + room, tall, title, " / ".join(notes))
    panels = figure.subplots(1, len(shown), squeeze=False)[0]
    for axes, measure in zip(panels, shown, strict=True):
        title_panel(axes, measure.capitalize(), wide)
        if mapped:
            _draw_map(axes, down, across, told[measure], SHOWN[measure] is max, wide)
            axes.set(xlabel=short(keys[1], 60), ylabel=short(keys[0], 40))
            continue
        if measure == "accuracy":
            for level in {one.chance for one in found if one.chance is not None}:
                draw_level(axes, level)
        _draw_lines(axes, down, across, told[measure], wide)
        axes.set_xlabel(short(keys[0], 60))
    if len(keys) == 2 and not mapped:
        legend(figure, [line for line in axes.lines if line.get_label() in across], ARM)
    return figure


def _title(
    found: Sequence[Outcome], keys: list[str], shown: list[str], mapped: bool, cell: float
) -> str:
    """Of the whole picture, whose map has cells so wide."""
    seeds = set().union(*(_seeds(found, measure) for measure in shown))
    told = around(seeds)
    if mapped:
        told = f"mean{' ± sd' if cell > SPREAD else ''}, {sample_size(seeds)}"
    chance = any(one.chance is not None for one in found) and "accuracy" in shown
    dots = f"; each dot is a seed{', the dashed line chance' * chance}" if not mapped else ""
    return f"{found[0].name}, sweep of {' and '.join(keys)}: {told}{dots}"


def _seeds(found: Sequence[Outcome], measure: str) -> set[int]:
    """How many have a value, of the groups where any has."""
    return set().union(*(known(values(group, measure)) for group in groups(found).values()))


def _scores(found: Sequence[Outcome], keys: list[str], measure: str) -> Scores:
    """Of every group; with one key the second value is empty."""
    told: dict[tuple[str, str], list[float | None]] = {}
    for given, group in groups(found).items():
        first, second = (*(given if keys[-1] == ARM else given[:-1]), "")[:2]
        told[first, second] = values(group, measure)
    return told


def _far_apart(names: Sequence[str]) -> bool:
    """Whether values are numbers, and so many that they lie as far apart as they are."""
    return len(names) > FEW and numbers(names) is not None


def _draw_lines(
    axes: Axes, along: list[str], series: list[str], scores: Scores, wide: float
) -> None:
    """A line for each of the series, with every seed as a dot."""
    scaled = _far_apart(along)
    places = np.array(numbers(along) if scaled else range(len(along)), float)
    slot = 0.8 / len(series)
    for index, name in enumerate(series):
        at = places if scaled else places + slot * (index - (len(series) - 1) / 2)
        told = [scores.get((value, name), []) for value in along]
        means = [statistics.describe(each)["mean"] for each in told]
        if numbers(along):
            axes.plot(at, np.array(means, float), color=look_of(index)["color"], lw=1, zorder=1)
        numbered = not scaled and len(along) * len(series) <= SLOTS
        for place, each in zip(at, told, strict=True):
            if each:
                aside = 0.0 if scaled else 0.3 * slot
                draw_seeds(axes, place, np.array(each, float), look_of(index), aside, numbered)
        axes.plot([], [], ls="", label=name, **look_of(index))
    if scaled and places.min() > 0 and places.max() / places.min() >= 10:
        axes.set_xscale("log")
    elif not scaled:
        axes.set_xlim(-0.6, len(along) - 0.4)
        name_ticks(axes.xaxis, places, along, 0.9 * wide / len(along))
    axes.margins(y=0.12)


def _draw_map(
    axes: Axes, down: list[str], across: list[str], scores: Scores, high: bool, wide: float
) -> None:
    """Means and sd; what is best is bright, whether `high` or low is."""
    described = {told: statistics.describe(each) for told, each in scores.items()}
    shown = np.full((len(down), len(across)), np.nan)
    for (one, other), measure in described.items():
        mean = measure["mean"]
        shown[down.index(one), across.index(other)] = np.nan if mean is None else mean
    image = axes.imshow(shown, aspect="auto", cmap="viridis" if high else "viridis_r")
    axes.figure.colorbar(image, ax=axes)
    cell = CELL * wide / len(across)
    for (row, column), mean in np.ndenumerate(shown):
        if np.isfinite(mean):
            sd = described[down[row], across[column]]["sd"]
            told = f"{mean:.2f}" + (f" ± {sd:.2f}" if sd is not None and cell > SPREAD else "")
            ink = ink_on(image, mean)
            axes.text(column, row, told, color=ink, size=8, ha="center", va="center")
    name_ticks(axes.yaxis, range(len(down)), down, ROW)
    name_ticks(axes.xaxis, range(len(across)), across, cell)


def numbers(names: Sequence[str]) -> list[float] | None:
    """The values as numbers, where all are."""
    try:
        return [float(name) for name in names]
    except ValueError:
        return None


def ordered(names: Sequence[str]) -> list[str]:
    """Each value once: numbers by size, others as they came."""
    once = list(dict.fromkeys(names))
    return sorted(once, key=float) if numbers(once) else once
