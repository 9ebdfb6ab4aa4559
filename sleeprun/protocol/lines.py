"""An event as a line of JSON, and back: the record of a run is a file of such lines.

The keys are the event's tag, its fields' names, and those of its parts' fields among them.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from typing import Any, TypedDict, TypeVar, get_type_hints

from sleeprun.config import ConfigError
from sleeprun.config.kinds import loaded
from sleeprun.protocol.events import Event, Other, Start
from sleeprun.protocol.family import EventPart, Facts, Marks, Summary
from sleeprun.protocol.phases import Boundary, parted

Json = Mapping[str, Any]  # an object, whose values are what its event says
Said = TypeVar("Said", Event, EventPart)
# The families of records that don't name theirs, of version 0.1, by a key that only these have;
UNNAMED = {
    "cycle_steps": "sleeprun.subjects.forager.record.ForagingFacts",
    "scenario": "sleeprun.subjects.classifier.record.ImageFacts",
}
MOVED = {  # and where others say that these are
    "sleeprun.subjects.forager.parts.ForagingFacts": UNNAMED["cycle_steps"],
    "sleeprun.subjects.classifier.parts.ImageFacts": UNNAMED["scenario"],
}


def as_line(event: Event) -> bytes:
    return (json.dumps(without_nan(as_json(event))) + "\n").encode()


def events_of(lines: Iterable[bytes]) -> Iterator[Event]:
    """All whole lines; a last one that was cut off is not an event."""
    facts: type[Facts] | None = None
    for line in lines:
        if line.endswith(b"\n"):
            event = from_json(json.loads(line), facts)
            if isinstance(event, Start):
                facts = type(event.facts)
            yield event


def without_nan(value: object) -> object:
    """The same with null for what JSON has no number for."""
    if isinstance(value, dict):
        return {key: without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def as_json(event: Event) -> dict[str, object]:
    if isinstance(event, Other):
        return dict(event.line)
    return {"event": event.tag, **_written(event)}


def from_json(line: Json, facts: type[Facts] | None = None) -> Event:
    """The event that a line says, of a run with such facts. One of another kind is an `Other`.

    Raises ValueError where a key is missing.
    """
    facts = _family(line) if line["event"] == Start.tag else facts
    kind = Event.tagged(line["event"], facts.modules() if facts else ())
    return Other(line) if kind is None else _read(kind, line, facts)


def _key(field: Field) -> str:
    return field.metadata.get("key", field.name)


def _written(told: Event | EventPart) -> dict[str, object]:
    line: dict[str, object] = {}
    for field in fields(told):
        match getattr(told, field.name):
            case Facts() as facts:
                line |= {"family": facts.path(), **_written(facts)}
            case EventPart() as part:
                line |= _written(part)
            case Boundary() as boundary:
                line[_key(field)] = row_of(boundary)
            case value if value or not field.metadata.get("if_any"):
                line[_key(field)] = value
    return line


def _read(kind: type[Said], line: Json, facts: type[Facts] | None) -> Said:
    values: dict[str, Any] = {}  # by field
    types = _types(kind)  # type: ignore[arg-type]  # a class has a hash
    for field in fields(kind):
        of = types[field.name]
        if isinstance(of, type) and issubclass(of, EventPart):
            values[field.name] = _read(_own(of, line, facts), line, facts)
        elif (key := _key(field)) not in line:
            if field.default is MISSING and field.default_factory is MISSING:
                raise ValueError(f"the event '{line['event']}' has no '{key}'")
        else:
            values[field.name] = boundary_of(line[key]) if of is Boundary else line[key]
    return kind(**values)


@cache
def _types(kind: type) -> dict[str, Any]:
    """By field."""
    return get_type_hints(kind)


def _own(part: type[EventPart], line: Json, facts: type[Facts] | None) -> type[EventPart]:
    """What a part that every family has is in that of some facts; any other is what it is."""
    if part not in (Facts, Summary, Marks):
        return part
    if facts is None:
        raise ValueError(f"the event '{line['event']}' stands before the start")
    return {Facts: facts, Summary: facts.summary, Marks: facts.marks}[part]


def _family(start: Json) -> type[Facts]:
    """The facts that a run's start says it has."""
    path = start.get("family") or next((UNNAMED[key] for key in UNNAMED if key in start), None)
    if path is None:
        raise ValueError("the event 'start' has no 'family'")
    return facts_at(path)


def facts_at(path: str) -> type[Facts]:
    """Those of a family. Raises ConfigError where they are not to be found."""
    try:
        found = loaded(MOVED.get(path, path))
    except ValueError as error:
        raise ConfigError(f"a run of the family {path} cannot be read: {error}") from None
    if not (isinstance(found, type) and issubclass(found, Facts)):
        raise ConfigError(f"a run of the family {path} cannot be read: these are no Facts")
    return found


class BoundaryRow(TypedDict):
    """A boundary: where it stands, and the stage that it closes, `a` or `a+b`."""

    index: int
    name: str
    phase: str
    task: str | None


def row_of(boundary: Boundary) -> BoundaryRow:
    return {
        "index": boundary.index,
        "name": boundary.name,
        "phase": boundary.phase,
        "task": boundary.task,
    }


def boundary_of(row: BoundaryRow) -> Boundary:
    return Boundary(row["index"], row["name"], row["phase"], parted(row["task"]))
