"""An event as a run of some of its seeds would tell it, or one of the seeds of several runs."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from sleeprun.protocol.events import Event, Of
from sleeprun.protocol.family import EventPart

Said = TypeVar("Said", Event, EventPart)


def of_seeds(event: Event, places: Sequence[int]) -> Event | None:
    """The event told for the seeds at some places; none where it cannot be."""
    if event.of is Of.ALL_SEEDS or (event.of is Of.FIRST_SEED and places[0] != 0):
        return None
    return _of(event, places)


def _of(told: Said, places: Sequence[int]) -> Said:
    chosen: dict[str, object] = {}
    for field in fields(told):
        value = getattr(told, field.name)
        if isinstance(value, EventPart):
            chosen[field.name] = _of(value, places)
        elif field.metadata.get("per_seed"):
            chosen[field.name] = _at(value, places)
    return replace(told, **chosen)


def _at(values: Any, places: Sequence[int]) -> object:
    if isinstance(values, Mapping):
        return {name: _at(inner, places) for name, inner in values.items()}
    return [values[place] for place in places]


def of_runs(told: Sequence[Said], places: Sequence[tuple[int, int]]) -> Said:
    """What several runs tell alike, told of seeds: in which of the runs each is, and where there.
    What is not told of every seed is as the first tells it.
    """
    chosen: dict[str, object] = {}
    for field in fields(told[0]):
        values = [getattr(each, field.name) for each in told]
        if isinstance(values[0], EventPart):
            chosen[field.name] = of_runs(values, places)
        elif field.metadata.get("per_seed"):
            chosen[field.name] = _among(values, places)
    return replace(told[0], **chosen)


def _among(values: Sequence[Any], places: Sequence[tuple[int, int]]) -> object:
    if isinstance(values[0], Mapping):
        return {name: _among([each[name] for each in values], places) for name in values[0]}
    return [values[which][place] for which, place in places]
