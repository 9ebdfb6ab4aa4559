"""Command lines drawn from what the configs declare, and from what nobody should write."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic.fields import FieldInfo

import sleeprun
from fuzzing.bases import BASES, Line
from sleeprun.cli.folder import conf_dir
from sleeprun.config.kinds import Kinds

MOST = 10**4  # of a whole number, beside the nasty ones
NASTY = {
    path.stem: path.read_text("utf-8").split("\n")[:-1]
    for path in (Path(__file__).parent / "nasty").glob("*.txt")
}


class Key(NamedTuple):
    """Of a config: its path, what it may be as JSON schema, its kinds, and what it is."""

    path: str
    schema: dict[str, Any]
    kinds: Kinds | None
    value: Any


@cache
def keys_of(base: Line) -> list[Key]:
    experiment, *words = base
    return list(_keys(sleeprun.compose(experiment.partition("=")[2], *words)))


def _keys(value: object, path: str = "") -> Iterator[Key]:
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        for name, field in fields.items():
            here, inner = f"{path}{field.alias or name}", getattr(value, name)
            yield Key(here, _schema(field), _kinds(field), inner)
            yield from _keys(inner, f"{here}.")
    elif isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, inner in items:
            yield Key(f"{path}{name}", {}, None, inner)
            yield from _keys(inner, f"{path}{name}.")


def _kinds(field: FieldInfo) -> Kinds | None:
    return next((each for each in field.metadata if isinstance(each, Kinds)), None)


def _schema(field: FieldInfo) -> dict[str, Any]:
    try:
        return TypeAdapter(Annotated[field.annotation, *field.metadata, ""]).json_schema()
    except PydanticInvalidForJsonSchema:
        return {}


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """The words after `sleeprun`; those that say no `dry_run=true` are meant to be carried out."""
    base, real = draw(st.sampled_from(BASES)), draw(st.sampled_from([False] * 11 + [True]))
    most = 2 if real else 3
    changes = draw(st.lists(_change(base, real), min_size=1, max_size=most, unique_by=_key_of))
    sweep = ["-m"] * draw(st.sampled_from([0] * 9 + [1]))
    return (*sweep, *base, *changes, *([] if real else ["dry_run=true"]))


def _key_of(change: str) -> str:
    return change.lstrip("+~").partition("=")[0]


def _change(base: Line, real: bool) -> st.SearchStrategy[str]:
    own = [key for key in keys_of(base) if key.kinds or not isinstance(key.value, BaseModel | dict)]
    right = st.sampled_from(own).flatmap(lambda key: _given(key, _right(key)))
    wrong = st.sampled_from(keys_of(base)).flatmap(lambda key: _given(key, _wrong()))
    if real:
        return st.one_of(right, right, right, wrong)
    odd = st.sampled_from(NASTY["arguments"])
    return st.one_of(*[right] * 6, wrong, wrong, wrong, _group(), odd, _misspelt(base))


def _given(key: Key, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    prefix = st.sampled_from([""] * 20 + ["+", "++", "~"])
    return st.builds(lambda before, value: f"{before}{key.path}={value}", prefix, values)


def _wrong() -> st.SearchStrategy[str]:
    return st.sampled_from(NASTY["numbers"] + NASTY["values"] + NASTY["wholes"])


def _right(key: Key) -> st.SearchStrategy[str]:
    """A value as the schema has it, as Hydra's grammar spells it."""
    values = _part(key.kinds) if key.kinds else _values(key.schema, key.value)
    return values.map(_spelt)


def _part(kinds: Kinds) -> st.SearchStrategy[Any]:
    """A section of one of the kinds, with all that this kind must be told."""

    def section(kind: str) -> st.SearchStrategy[dict[str, Any]]:
        fields = kinds.section(kind).model_fields.items()
        inner = {
            name: _part(found) if (found := _kinds(field)) else _values(_schema(field))
            for name, field in fields
            if field.is_required() and name != "kind"
        }
        return st.fixed_dictionaries({"kind": st.just(kind), **inner})

    return st.sampled_from(sorted(kinds.built_in)).flatmap(section)


def _values(schema: dict[str, Any], now: Any = 1) -> st.SearchStrategy[Any]:
    if "anyOf" in schema:
        return st.one_of(*(_values(one, now) for one in schema["anyOf"]))
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "integer":
            least = schema.get("minimum", -MOST)
            return st.integers(least, max(least, min(schema.get("maximum", MOST), MOST)))
        case "number":
            return _floats(schema)
        case "boolean":
            return st.booleans()
        case "array":
            fewest = schema.get("minItems", 0)
            inner = _values(schema.get("items", {}))
            return st.lists(inner, min_size=fewest, max_size=schema.get("maxItems", fewest + 2))
        case "null":
            return st.none()
        case "string":
            return st.sampled_from(
                ["task1", "hidden", "input", "rulkov", "lif", "rewarded", "adam"]
            )
    return st.just(now)


def _floats(schema: dict[str, Any]) -> st.SearchStrategy[float]:
    """Of all that there are, mostly those that somebody might mean."""
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    least, most = schema.get("minimum", above), schema.get("maximum", below)
    open_ended = {"exclude_min": above is not None, "allow_nan": False, "width": 32}
    near = min(10.0, 10.0 if most is None else most)
    return st.one_of(
        st.floats(least or 0.0, near, **open_ended, exclude_max=below == near),
        st.floats(least, most, exclude_max=below is not None, allow_infinity=False, **open_ended),
    )


def _spelt(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ",".join(f"{name}:{_spelt(one)}" for name, one in value.items()) + "}"
        case list():
            return "[" + ",".join(map(_spelt, value)) + "]"
        case BaseModel():
            return _spelt(value.model_dump(by_alias=True))
    return str(value)


def _group() -> st.SearchStrategy[str]:
    """A choice of a group, of this family or another, or one that there is not."""
    places = [path.relative_to(conf_dir()).with_suffix("") for path in conf_dir().rglob("*.yaml")]
    groups = sorted({str(place.parent) for place in places if len(place.parts) > 1})
    names = sorted({place.name for place in places})
    told = st.tuples(st.sampled_from(["", "", "+", "~"]), st.sampled_from(groups))
    named = sorted(f"{place.parent}={place.name}" for place in places if len(place.parts) > 1)
    choice = st.one_of(st.sampled_from([*names, "banana"]), st.sampled_from(NASTY["values"]))
    mixed = st.builds(lambda told, name: f"{told[0]}{told[1]}={name}", told, choice)
    return st.one_of(st.sampled_from(named), mixed)


def _misspelt(base: Line) -> st.SearchStrategy[str]:
    def without(path: str) -> st.SearchStrategy[str]:
        places = st.integers(0, len(path) - 1)
        return places.map(lambda place: f"{path[:place]}{path[place + 1 :]}=1")

    return st.sampled_from([key.path for key in keys_of(base)]).flatmap(without)
