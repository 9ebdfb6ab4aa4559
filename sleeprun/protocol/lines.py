"""An event as a line of JSON, and back: the record of a run is a file of such lines.

The keys are the event's tag, its fields' names, and those of its parts' fields among them.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from importlib import import_module
from typing import Any, TypedDict, TypeVar

from sleeprun.config import ConfigError
from sleeprun.config.kinds import loaded
from sleeprun.protocol.events import Event, Other, Start
from sleeprun.protocol.phases import Boundary, parted
from sleeprun.protocol.told import FAMILIES, Facts, Part

Json = Mapping[str, Any]  # an object, whose values are what its event says
Said = TypeVar("Said", Event, Part)


def as_line(event: Event) -> bytes:
    return (json.dumps(without_nan(as_json(event))) + "\n").encode()


def events_of(lines: Iterable[bytes]) -> Iterator[Event]:
    """All whole lines; a last one that was cut off is not an event."""
    family = ""
    for line in lines:
        if line.endswith(b"\n"):
            event = from_json(json.loads(line), family)
            if isinstance(event, Start):
                family = type(event.facts).__module__
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


def from_json(line: Json, family: str = "") -> Event:
    """The event that a line says. One whose kind or part no family here knows is an `Other`.

    `family` is the module of the run's own. Raises ValueError where a key is missing.
    """
    kind = Event.kinds.get(line["event"])
    try:
        return Other(line) if kind is None else _read(kind, line, family)
    except _UnknownPart:
        return Other(line)


class _UnknownPart(Exception):
    pass


def _key(field: Field) -> str:
    return field.metadata.get("key", field.name)


def _written(told: Event | Part) -> dict[str, object]:
    line: dict[str, object] = {}
    for field in fields(told):
        match getattr(told, field.name):
            case Facts() as facts:
                kind = type(facts)
                line |= {"family": f"{kind.__module__}.{kind.__qualname__}", **_written(facts)}
            case Part() as part:
                line |= _written(part)
            case Boundary() as boundary:
                line[_key(field)] = row_of(boundary)
            case value if value or not field.metadata.get("if_any"):
                line[_key(field)] = value
    return line


def _read(kind: type[Said], line: Json, family: str) -> Said:
    values: dict[str, Any] = {}  # by field
    for field in fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, Part):
            part = _named(line) if field.type is Facts else None
            part = part or _fitting(field.type, line, family)
            values[field.name] = _read(part, line, family)
        elif (key := _key(field)) not in line:
            if field.default is MISSING:
                raise ValueError(f"the event '{line['event']}' has no '{key}'")
        elif field.type is Boundary:
            values[field.name] = boundary_of(line[key])
        else:
            values[field.name] = line[key]
    return kind(**values)


def _named(line: Json) -> type[Part] | None:
    """The facts that a start says it has; records of older versions don't."""
    if (path := line.get("family")) is None:
        return None
    try:
        found = loaded(path)
    except ValueError as error:
        raise ConfigError(f"a run of the family {path} cannot be read: {error}") from None
    if not (isinstance(found, type) and issubclass(found, Facts)):
        raise ConfigError(f"a run of the family {path} cannot be read: these are no Facts")
    return found


def _fitting(part: type[Part], line: Json, family: str = "") -> type[Part]:
    """The subclass whose keys are all there; of several the one with the most, or the family's."""
    _load_families()
    kinds = {kind: _needed(kind) for kind in part.__subclasses__()}
    fitting = {kind: keys for kind, keys in kinds.items() if line.keys() >= keys}
    if not fitting:
        raise _UnknownPart
    most = max(fitting, key=lambda kind: len(fitting[kind]))
    alike = [kind for kind, keys in fitting.items() if keys == fitting[most]]
    first, *others = [kind for kind in alike if kind.__module__ == family] or alike
    if others:
        raise TypeError(f"{others[0].__name__} has the same keys as {first.__name__}")
    return first


def _needed(part: type[Part]) -> set[str]:
    return {_key(field) for field in fields(part) if field.default is MISSING}


@cache
def _load_families() -> None:
    for module in FAMILIES:
        import_module(module)


class Row(TypedDict):
    """A boundary: where it stands, and the stage that it closes, `a` or `a+b`."""

    index: int
    name: str
    phase: str
    task: str | None


def row_of(boundary: Boundary) -> Row:
    return {
        "index": boundary.index,
        "name": boundary.name,
        "phase": boundary.phase,
        "task": boundary.task,
    }


def boundary_of(row: Row) -> Boundary:
    return Boundary(row["index"], row["name"], row["phase"], parted(row["task"]))
