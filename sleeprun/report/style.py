"""What all pictures of a run are drawn on: sheets that name the run, in one style."""

from pathlib import Path
from typing import TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from sleeprun.protocol.describe import shortening
from sleeprun.protocol.events import Event, Start
from sleeprun.protocol.phases import Boundary

Events = list[Event]
Kind = TypeVar("Kind", bound=Event)
CHANCE = 0.5
INK, PALE = "#222222", "#8a8a8a"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito
MARKERS = "osD^vP"
KINDS = {"unsupervised": "#eeeeee", "wake": "#fdf1d3", "interleave": "#e4efdc", "sleep": "#dde8f6"}
OTHER = "#f4f4f4"
STYLE = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}


def save(figure: Figure, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}.part")
    figure.savefig(part, format="png", dpi=150)
    return part.replace(path)


def told_of(events: Events, kind: type[Kind]) -> list[Kind]:
    return [each for each in events if isinstance(each, kind)]


def start_of(events: Events) -> Start | None:
    """As the run was taken up last; none of a record that has no start."""
    return next(iter(reversed(told_of(events, Start))), None)


def sheet(events: Events, width: float, height: float, title: str) -> Figure:
    """An empty figure that names its run, and says how it differs from the published one."""
    start = start_of(events)
    figure = Figure((width, height), layout="constrained")
    figure.suptitle(f"{start.name if start else 'run'}: {title}", x=0.05 / width, ha="left")
    if note := _note(start):
        figure.text(1 - 0.05 / width, 0.05 / height, note, ha="right", size=7, color=PALE)
        figure.get_layout_engine().set(rect=(0, 0.2 / height, 1, 1 - 0.2 / height))
    return figure


def _note(start: Start | None) -> str:
    if start is None:
        return ""
    short = shortening(start.facts.shortened, start.facts.scale)
    return "; ".join(filter(None, [start.variant, short]))


def chance(events: Events) -> float:
    """What an untrained network scores on average."""
    start = start_of(events)
    return start.facts.chance if start else CHANCE


def shades(chance: float) -> str:
    """A colour map of scores: two-sided around a chance of one half."""
    return "PuOr_r" if chance == CHANCE else "YlGnBu"


def ink_on(image: ScalarMappable, value: float) -> str:
    """A colour for text that is legible on a value's own."""
    red, green, blue, _ = image.to_rgba(value)
    return "white" if 0.3 * red + 0.59 * green + 0.11 * blue < 0.5 else INK


def ground_of(kind: str) -> str:
    """What a phase is drawn on."""
    return KINDS.get(kind, OTHER)


def look_of(index: int) -> dict:
    """A colour and a marker; where colours come again, with other markers."""
    again = index + index // len(COLOURS)
    return {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[again % len(MARKERS)]}


def draw_chance(axes: Axes, events: Events) -> None:
    axes.axhline(chance(events), color=PALE, lw=1, ls="--", zorder=1, label="chance")


def spread(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and sample sd over the last axis, of what is known; NaN where too little is."""
    known = np.ma.masked_invalid(values)
    return known.mean(axis=-1).filled(np.nan), known.std(axis=-1, ddof=1).filled(np.nan)


def boundary_name(boundary: Boundary) -> str:
    """Its index and name, and that it follows sleep where the name does not tell it."""
    told = "sleep" in boundary.name or "slept" in boundary.name
    asleep = boundary.phase == "sleep" and not told
    return f"{boundary.index}: {boundary.name}{' (sleep)' if asleep else ''}"
