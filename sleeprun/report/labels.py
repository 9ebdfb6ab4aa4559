"""Names that fit where they stand: shortened, broken into lines, turned, or left out."""

import math
import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axis import Axis, XAxis

LONGEST = 22  # letters of a name
WIDE, TALL = 0.62 / 72, 1.4 / 72  # inches of a letter and of a line, a point of their size
TEXT, TITLE, SMALL = 9, 10.5, 7  # points


def short(name: str, most: int = LONGEST) -> str:
    """Its beginning and its end, where it has more letters."""
    kept = most // 2
    return name if len(name) <= most else f"{name[: most - kept - 1]}…{name[-kept:]}"


def broken(text: str, inches: float, points: float) -> str:
    """In lines of at most so many inches."""
    letters = max(1, int(inches / (WIDE * points)))
    return "\n".join(textwrap.fill(line, letters) for line in text.splitlines())


def room(names: Sequence[str]) -> float:
    """Inches of the longest name along an axis."""
    return WIDE * TEXT * max((len(short(name)) for name in names), default=0)


def name_ticks(
    axis: Axis, places: Sequence[float] | np.ndarray, names: Sequence[str], apart: float
) -> None:
    """Names at places that are at least so many inches apart: level where there is room for
    that, else turned; and only some of them where lines would lie upon each other.
    """
    told, line = [short(name) for name in names], TALL * TEXT
    every = max(1, math.ceil(line / apart))
    axis.set_ticks(np.array(places)[::every], told[::every])
    if isinstance(axis, XAxis) and room(names) > apart:
        slanted = apart > 2 * line
        for label in axis.get_ticklabels():
            label.set(rotation=30 if slanted else 90, rotation_mode="anchor", ha="right")
            label.set_va("top" if slanted else "center")
