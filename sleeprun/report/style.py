"""What all pictures of a run are drawn on: sheets that name the run, in one style."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import CenteredNorm, Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from sleeprun.measures import statistics
from sleeprun.protocol.describe import noted
from sleeprun.protocol.events import Event, Start
from sleeprun.protocol.phases import Boundary, Kind, Vigilance
from sleeprun.report.labels import SMALL, TALL, TEXT, TITLE, broken, room, short
from sleeprun.report.stages import TOLD, TRAINING

Events = list[Event]
E = TypeVar("E", bound=Event)
CHANCE = 0.5
INK, PALE = "#222222", "#8a8a8a"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito
MARKERS = "osD^vP"
GROUNDS = dict(zip(Vigilance, ("#fdf1d3", "#e4efdc", "#e6e0f2", "#fae3dc", "#f3eee2"), strict=True))
UNTAUGHT = "#eeeeee"  # awake, without a task
ASLEEP = "#7359a6"
SEEDS = "seeds"  # marks the dots of single seeds
HALO = [withStroke(linewidth=2.5, foreground="white")]  # of a text that lines run behind
STYLE: Any = {"font.size": TEXT, "axes.spines.top": False, "axes.spines.right": False}


def save(figure: Figure, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}.part")
    figure.savefig(part, format="png", dpi=150)
    return part.replace(path)


def told_of(events: Events, kind: type[E]) -> list[E]:
    return [each for each in events if isinstance(each, kind)]


def start_of(events: Events) -> Start | None:
    """As the run was taken up last; none of a record that has no start."""
    return next(iter(reversed(told_of(events, Start))), None)


def sheet(events: Events, width: float, height: float, title: str) -> Figure:
    """An empty figure that names its run, and says how it differs from the published one."""
    start = start_of(events)
    if start is None:
        return titled(width, height, f"run: {title}")
    note = noted(start.variant, start.facts.shortened, start.facts.scale)
    return titled(width, height, f"{start.name}: {title}", note)


def titled(width: float, height: float, title: str, note: str = "") -> Figure:
    """An empty figure of so many inches; the note stands small below it."""
    figure = Figure((width, height), layout="constrained")
    told = broken(title, width - 0.1, TITLE)
    figure.suptitle(told, x=0.05 / width, ha="left", size=TITLE)
    if note:
        lines = broken(note, width - 0.1, SMALL)
        room = (0.08 + SMALL * TALL * (lines.count("\n") + 1)) / height
        look = {"ha": "right", "size": SMALL, "color": PALE}
        figure.text(1 - 0.05 / width, 0.05 / height, lines, **look)
        figure.get_layout_engine().set(rect=(0, room, 1, 1 - room))
    return figure


def legend(figure: Figure, handles: Sequence[Artist], title: str | None = None) -> None:
    """To the right of all, in as many columns as it takes, for which the figure grows."""
    fit = max(1, int((figure.get_figheight() - 1) / (TEXT * 1.7 / 72)))
    names, columns = [str(handle.get_label()) for handle in handles], -(-len(handles) // fit)
    figure.set_figwidth(figure.get_figwidth() + (columns - 1) * (0.6 + room(names)))
    look = {"ncols": columns, "frameon": False, "title": title}
    figure.legend(handles, [*map(short, names)], loc="outside right center", **look)


def title_panel(axes: Axes, title: str, inches: float) -> None:
    axes.set_title(broken(title, inches, TITLE), loc="left", weight="bold", size=TITLE)


def chance(events: Events) -> float:
    """What an untrained network scores on average."""
    start = start_of(events)
    return start.facts.chance if start else CHANCE


def shades() -> Colormap:
    """Of scores: one hue above chance, another below it."""
    return matplotlib.colormaps["PuOr_r"].with_extremes(bad="#dddddd")


def around_chance(chance: float) -> Normalize:
    """From scores to `shades`: chance is their middle, and a score of 1 their end."""
    return CenteredNorm(chance, max(chance, 1 - chance))


def ink_on(image: ScalarMappable, value: float) -> str:
    """A colour for text that is legible on a value's own."""
    red, green, blue, _ = image.to_rgba(value)
    return "white" if 0.3 * red + 0.59 * green + 0.11 * blue < 0.5 else INK


def ground_of(kind: str, start: Start | None = None) -> str:
    """What a phase of a kind is drawn on, of the run that begins so."""
    untaught = start.facts.untaught if start else ()
    return UNTAUGHT if kind in untaught else GROUNDS[Vigilance.of(kind)]


def look_of(index: int) -> dict:
    """A colour and a marker; where colours come again, with other markers."""
    again = index + index // len(COLOURS)
    return {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[again % len(MARKERS)]}


def face_of(look: dict, behind: str) -> dict:
    """A marker is filled where it follows sleep, and half where it follows what is in its place."""
    colour, half = look["color"], {"fillstyle": "left", "mfcalt": "white"}
    filled = {"mfc": colour if behind != TRAINING else "white", "mec": colour}
    return filled if behind in (TRAINING, Kind.SLEEP) else filled | half


def faces(behind: Iterable[str] = ()) -> list[Line2D]:
    """What the faces of markers mean; those of what is in the place of sleep where it is shown."""
    shown = {*behind, Kind.SLEEP}
    names = {TRAINING: TRAINING} | {kind: name for kind, name in TOLD.items() if kind in shown}
    look = {"color": PALE, "ls": "", "marker": "o"}
    return [
        Line2D([], [], label=f"after {name}", **look, **face_of(look, kind))
        for kind, name in names.items()
    ]


def draw_chance(axes: Axes, events: Events) -> None:
    draw_level(axes, chance(events))


def draw_level(axes: Axes, chance: float) -> None:
    axes.axhline(chance, color=PALE, lw=1, ls="--", zorder=1, label="chance")


def draw_seeds(
    axes: Axes,
    place: float,
    scores: np.ndarray,
    look: dict,
    aside: float = 0.22,
    numbered: bool = True,
) -> None:
    """A dot for every seed; their mean, its interval, and the mean as a number above."""
    (mean,), (low,), (high,) = interval(scores[None])
    at = place + (np.linspace(-aside, aside, len(scores)) if len(scores) > 1 else np.zeros(1))
    axes.plot(
        at,
        scores,
        ".",
        color=look["color"],
        ms=6,
        mec="white",
        mew=0.6,
        alpha=0.7,
        gid=SEEDS,
        zorder=4,
    )
    if np.isfinite(mean):
        axes.errorbar(place, mean, [[mean - low], [high - mean]], **{"ms": 6, "lw": 2} | look)
    if np.isfinite(mean) and numbered:
        axes.annotate(
            f"{mean:.2f}", (place, np.nanmax([high, *scores])), (0, 4), textcoords="offset points",
            ha="center", size=8, color=look["color"], weight="bold", path_effects=HALO,
        )  # fmt: skip


def interval(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of [row, seed], by row: mean, and the bounds of its 95 % interval, or of the sd where seeds
    are few."""
    told = [statistics.describe(list(row)) for row in scores]
    mean = np.array([one["mean"] for one in told], float)
    sd = np.array([one["sd"] or 0.0 for one in told])
    within = [one["ci95"] or (m - s, m + s) for one, m, s in zip(told, mean, sd, strict=True)]
    low, high = np.array(within, float).T
    return mean, low, high


def known(scores: Sequence | np.ndarray) -> set[int]:
    """How many seeds have a value, of [..., seed]; what none has is left out."""
    return {int(n) for n in np.isfinite(np.array(scores, float)).sum(axis=-1).flat if n}


def sample_size(seeds: set[int]) -> str:
    """`n = 3`, or `n = 2 to 3` where means are of more and of fewer."""
    return "n = " + " to ".join(str(n) for n in sorted({min(seeds), max(seeds)} if seeds else {0}))


def around(seeds: set[int]) -> str:
    """What the intervals are, in words, of means over so many seeds."""
    few = {n for n in seeds if n < statistics.FEWEST}
    fewer = f" (± sd below n = {statistics.FEWEST})" if few else ""
    told = " ± sd" if few == seeds else f", 95 % interval{fewer}"
    return f"mean{told}, {sample_size(seeds)}"


def spread(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and sample sd over the last axis, of what is known; NaN where too little is."""
    known = np.ma.masked_invalid(values)
    return known.mean(axis=-1).filled(np.nan), known.std(axis=-1, ddof=1).filled(np.nan)


def boundary_name(boundary: Boundary) -> str:
    """Its index and name, and that it follows sleep where the name does not tell it."""
    told = "sleep" in boundary.name or "slept" in boundary.name
    asleep = boundary.after_sleep and not told
    return f"{boundary.index}: {boundary.name}{' (sleep)' if asleep else ''}"
