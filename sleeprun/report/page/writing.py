"""The page around the panels: one file, with all that it needs in it."""

import json
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from sleeprun.protocol.lines import without_nan
from sleeprun.report.page.chapters import chapters
from sleeprun.report.page.plates import Panel, Plate, Section
from sleeprun.report.page.scores import keys_of
from sleeprun.report.page.story import Story
from sleeprun.version import VERSION

HERE = Path(__file__).parent
MOST_SEEDS = 40  # lines of single networks that are shown at first


def written(story: Story) -> bytes:
    """The whole file."""
    sections = [*chapters(story)]
    plots = [_plot(number, panel) for number, panel in enumerate(_panels(sections), 1)]
    seeds = sum(len(arm.results["seeds"]) for arm in story.arms)
    page = _template().render(
        story=story,
        sections=sections,
        keys=keys_of(story.arms) if len(story.arms) > 1 else [],
        seeds=seeds <= MOST_SEEDS,
        plots=_embedded(plots),
        plotly=Markup(get_plotlyjs()),
        style=Markup((HERE / "page.css").read_text()),
        script=Markup((HERE / "page.js").read_text()),
        version=VERSION,
        panel_number=count(1).__next__,
        plate_number=count(1).__next__,
    )
    return page.encode()


def _template() -> Any:
    shape = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    shape.filters["verdict"] = _verdict
    return shape.from_string((HERE / "page.html.j2").read_text())


def _verdict(sentence: str) -> tuple[str, str]:
    """What it says, and what with."""
    said, colon, why = sentence.partition(": ")
    return (said, why) if colon else (sentence, "")


def _plates(sections: Sequence[Section]) -> Iterator[Plate]:
    """In the order of the page."""
    for section in sections:
        yield from section.plates
        yield from _plates(section.parts)


def _panels(sections: Sequence[Section]) -> Iterator[Panel]:
    for plate in _plates(sections):
        yield from plate.panels


def _plot(number: int, panel: Panel) -> dict[str, Any]:
    return {"id": f"panel-{number}", "data": panel.traces, "layout": panel.layout}


def _embedded(plots: list[dict[str, Any]]) -> Markup:
    """As JSON within a script, which no text in it can end."""
    told = json.dumps(without_nan(plots), separators=(",", ":"), allow_nan=False)
    return Markup(told.replace("<", "\\u003c"))
