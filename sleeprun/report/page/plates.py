"""What a figure of the page is made of, and the marks that are drawn in it, as Plotly has them.

Colours of the ground, of text and of maps are the page's own, which is light or dark.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from sleeprun.protocol.phases import Vigilance
from sleeprun.report.page.story import Grid
from sleeprun.report.style import ASLEEP, COLOURS

Trace = dict[str, Any]
SHADE, FAINT = 0.1, 0.3
OF_VIGILANCE = {  # how a phase is spent; legible on a light page and on a dark one
    Vigilance.AWAKE: "#E69F00",
    Vigilance.INTERLEAVED: "#4f9d69",
    Vigilance.ASLEEP: ASLEEP,
    Vigilance.RIVAL: "#d9735b",
    Vigilance.QUIET: "#b3a36a",
}
SYMBOLS = ("circle", "square", "diamond", "triangle-down", "triangle-up", "cross")


class Key(NamedTuple):
    """What a colour stands for, and can be shown or not; an arm on the whole page."""

    name: str
    colour: str
    arm: bool = False


class Panel(NamedTuple):
    title: str
    traces: Sequence[Trace]
    layout: dict[str, Any]
    arm: str | None = None  # whose alone it is


class Plate(NamedTuple):
    """A figure: its panels beside each other as they fit, and the same as a table."""

    title: str
    panels: Sequence[Panel]
    grid: Grid
    keys: Sequence[Key] = ()
    note: str = ""
    narrow: int = 320  # pixels of a panel, at least


class Section(NamedTuple):
    """A chapter of the page."""

    id: str
    title: str
    text: Sequence[str] = ()
    plates: Sequence[Plate] = ()
    grid: Grid | None = None
    parts: Sequence["Section"] = ()


def colour_of(index: int) -> str:
    return COLOURS[index % len(COLOURS)]


def symbol_of(index: int) -> str:
    """Another one where the colours come again."""
    return SYMBOLS[(index + index // len(COLOURS)) % len(SYMBOLS)]


def faint(colour: str, alpha: float) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def plain(values: Iterable[Any]) -> list[Any]:
    """Numbers in five digits; none for what is not known."""
    return [_plain(value) for value in values]


def _plain(value: Any) -> Any:
    if isinstance(value, str) or value is None:
        return value
    return float(f"{value:.5g}") if np.isfinite(value) else None


def line(
    x: Iterable[Any], y: Iterable[Any], name: str, colour: str, of: dict[str, Any], **more: Any
) -> Trace:
    """`of` says what shows and hides it: an arm, a key of the plate, or all seeds."""
    look = {"color": colour, "width": 2} | more.pop("line", {})
    told = {"type": "scatter", "mode": "lines", "x": plain(x), "y": plain(y), "name": name}
    return told | {"line": look, "meta": of} | more


def gapped(pieces: Iterable[tuple[Iterable[Any], Iterable[Any]]]) -> tuple[list[Any], list[Any]]:
    """Several lines as one, which is broken between them."""
    x: list[Any] = []
    y: list[Any] = []
    for along, across in pieces:
        x += [*along, None]
        y += [*across, None]
    return x[:-1], y[:-1]


def networks(
    lines: tuple[Iterable[Any], Iterable[Any]], name: str, colour: str, of: dict[str, Any]
) -> Trace:
    """The faint lines of single ones."""
    look = {"opacity": FAINT, "line": {"width": 1}, "hoverinfo": "skip"}
    return line(*lines, name, colour, of | {"seed": True}, **look)


def band(
    pieces: Iterable[tuple[Iterable[Any], Iterable[Any], Iterable[Any]]],
    colour: str,
    of: dict[str, Any],
) -> Trace:
    """Along x from low to high, where both are known; piece by piece."""
    look = {"fill": "toself", "fillcolor": faint(colour, SHADE), "hoverinfo": "skip"}
    around = gapped(_outline(*piece) for piece in pieces)
    return line(*around, "", colour, of, line={"width": 0}, **look)


def _outline(
    x: Iterable[Any], low: Iterable[Any], high: Iterable[Any]
) -> tuple[list[Any], list[Any]]:
    known = [one for one in zip(x, low, high, strict=True) if np.isfinite(one[1:]).all()]
    there, back = known, known[::-1]
    places = [at for at, _, _ in [*there, *back]]
    return places, [top for _, _, top in there] + [bottom for _, bottom, _ in back]


def level(value: float, along: str = "x") -> dict[str, Any]:
    """A dashed line at a value, through the whole panel."""
    other = "y" if along == "x" else "x"
    ends = {f"{along}0": 0, f"{along}1": 1, f"{along}ref": "paper"}
    return {"type": "line", f"{other}0": value, f"{other}1": value, "name": "level"} | ends


def span_of(*values: Any) -> list[float]:
    """From the least to the largest of what is known, with room around."""
    known = np.concatenate([np.ravel(np.array(each, float)) for each in values])
    known = known[np.isfinite(known)]
    low, high = (known.min(), known.max()) if len(known) else (0.0, 1.0)
    room = 0.06 * (high - low) or 0.1
    return [float(low - room), float(high + room)]


def ground(begin: float, end: float, colour: str) -> dict[str, Any]:
    """From one place to another, behind all."""
    look = {"fillcolor": faint(colour, SHADE), "line": {"width": 0}, "layer": "below"}
    return {"type": "rect", "x0": begin, "x1": end, "y0": 0, "y1": 1, "yref": "paper"} | look


def layout(x: str, y: str, height: int, **more: Any) -> dict[str, Any]:
    """Axes with their titles; `xaxis` and `yaxis` say more of them."""
    axes = {
        name: {"title": {"text": title}, "automargin": True, "zeroline": False} | more.pop(name, {})
        for name, title in (("xaxis", x), ("yaxis", y))
    }
    margin = {"l": 8, "r": 12, "t": 8, "b": 8}
    return axes | {"height": height, "margin": margin, "showlegend": False} | more
