"""The phases of a run along its time: their grounds, and their names where there is room."""

from collections.abc import Iterable
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from sleeprun.protocol.events import Progress, Start
from sleeprun.protocol.phases import Boundary, Vigilance
from sleeprun.report.labels import TALL, TEXT, WIDE, broken, room, short
from sleeprun.report.style import Events, ground_of, told_of


class Span(NamedTuple):
    """A phase, from one cycle of the protocol's clock to another."""

    kind: str
    name: str
    begin: int
    end: int

    @property
    def vigilance(self) -> Vigilance:
        return Vigilance.of(self.kind)


def spans(events: Events) -> list[Span]:
    found: dict[int, Span] = {}
    for each in told_of(events, Progress):
        begin = found[each.phase].begin if each.phase in found else each.begin
        found[each.phase] = Span(each.kind, each.name, begin, each.end)
    return list(found.values())


def draw_phases(
    axes: Axes, phases: Iterable[Span], start: Start | None, unit: int, inches: float
) -> None:
    """Over axes so many inches wide; what is too narrow for a name is told by its ground."""
    drawn = list(phases)
    scale = inches / max(1, drawn[-1].end - drawn[0].begin) if drawn else 0.0
    for kind, name, begin, end in drawn:
        wide, told = scale * (end - begin), short(name)
        narrow = wide < TALL * TEXT
        ground = ground_of(kind, start)
        edge = {"ec": ground if narrow else "white", "lw": 1, "zorder": 0.1 * narrow}
        axes.axvspan(begin / unit, end / unit, fc=ground, **edge)
        if narrow:
            continue
        level = room(told.split()) < wide - WIDE * TEXT
        text = broken(told, wide, TEXT) if level else told
        look = {"ha": "center", "va": "top", "rotation": 0 if level else 90}
        middle = (begin + end) / 2 / unit
        axes.text(middle, 0.97, text, transform=axes.get_xaxis_transform(), **look)


def draw_rests(axes: Axes, boundaries: Iterable[Boundary]) -> None:
    """Along boundaries, shade the way from before each sleep, or its rival, to after it."""
    for place, boundary in enumerate(boundaries):
        if boundary.after_rest:
            axes.axvspan(place - 1, place, fc=ground_of(boundary.phase), lw=0, zorder=0)


def grounds(phases: Iterable[Span], start: Start | None) -> list[Patch]:
    """What the grounds mean."""
    untaught = start.facts.untaught if start else ()
    told = {
        ground_of(phase.kind, start): phase.kind if phase.kind in untaught else phase.vigilance
        for phase in phases
    }
    return [Patch(fc=ground, label=name) for ground, name in told.items()]
