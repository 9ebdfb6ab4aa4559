"""A sweep's picture: a line with its interval over one swept key, a heat map over two."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sleeprun.measures import statistics
from sleeprun.measures.statistics import Measure
from sleeprun.report.style import save
from sleeprun.sweeps import table
from sleeprun.sweeps.table import SHOWN, Found, compared, groups, values


def draw(found: Sequence[Found], folder: Path) -> list[Path]:
    """One panel a measure; nothing unless one or two keys were swept, and some job is done."""
    keys = compared(found)
    if any(one.arm for one in found):
        keys.append("arm")
    if len(keys) not in (1, 2) or not any(one.seeds for one in found):
        return []
    figure = Figure((9, 3.9), layout="constrained")
    figure.suptitle(_title(found), fontsize="medium")
    for axes, measure in zip(figure.subplots(1, len(SHOWN)), SHOWN, strict=True):
        (_line if len(keys) == 1 else _heat_map)(axes, keys, found, measure)
        axes.set_title(measure)
    return [save(figure, folder / "figures" / "sweep.png")]


def _title(found: Sequence[Found]) -> str:
    seeds = sorted({len(values(group, "accuracy")) for group in groups(found).values()} - {0})
    told = [f"mean over {' or '.join(map(str, seeds))} seeds", *sorted(table.chances(found))]
    return ", ".join(told)


def _means(found: Sequence[Found], keys: list[str], measure: str) -> dict[tuple[str, ...], Measure]:
    arms = keys[-1] == "arm"
    return {
        told if arms else told[:-1]: statistics.describe(values(group, measure))
        for told, group in groups(found).items()
    }


def _line(axes: Axes, keys: list[str], found: Sequence[Found], measure: str) -> None:
    means = _means(found, keys, measure)
    names = ordered([told[0] for told in means])
    known = [means[(name,)] for name in names]
    middle = np.array([np.nan if one["mean"] is None else one["mean"] for one in known])
    ends = [one["ci95"] or (mean, mean) for one, mean in zip(known, middle, strict=True)]
    places = np.array(numbers(names) or range(len(names)), float)
    axes.plot(places, middle, "o-")
    axes.fill_between(places, *np.array(ends, float).T, alpha=0.2, lw=0)
    axes.set_xticks(places, names)
    axes.set_xlabel(keys[0])


def _heat_map(axes: Axes, keys: list[str], found: Sequence[Found], measure: str) -> None:
    means = _means(found, keys, measure)
    down, across = (ordered([told[which] for told in means]) for which in (0, 1))
    shown = np.full((len(down), len(across)), np.nan)
    for told, one in means.items():
        shown[down.index(told[0]), across.index(told[1])] = (
            np.nan if one["mean"] is None else one["mean"]
        )
    # What is best is bright in both.
    colours = "viridis" if SHOWN[measure] is max else "viridis_r"
    image = axes.imshow(shown, aspect="auto", cmap=colours)
    axes.figure.colorbar(image, ax=axes)
    for (row, column), mean in np.ndenumerate(shown):
        if np.isfinite(mean):
            low = mean < (np.nanmin(shown) + np.nanmax(shown)) / 2
            dark = low == (SHOWN[measure] is max)
            axes.text(
                column, row, f"{mean:.2f}", color="w" if dark else "k", ha="center", va="center"
            )
    axes.set_yticks(range(len(down)), down)
    axes.set_xticks(range(len(across)), across)
    axes.set_ylabel(keys[0])
    axes.set_xlabel(keys[1])


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
