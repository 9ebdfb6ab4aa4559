"""An event as a run of some of its seeds would tell it."""

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
