"""What is wrong with a configuration, in a line that names the key, the value and what is right."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from types import NoneType
from typing import Annotated, Any, Literal, TypeGuard, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from sleeprun.config.error import ConfigError
from sleeprun.config.experiment import ExperimentConfig
from sleeprun.config.kinds import Kinds
from sleeprun.config.role import Role
from sleeprun.config.spelling import nearest
from sleeprun.config.values import Section
from sleeprun.measures.forgetting import BESIDE_JOINT, MEASURES

Families = Sequence[type[Section]]
S = TypeVar("S", bound=Section)
SHORT = 3  # keys of a mapping that is told whole


def unknown_measures(config: ExperimentConfig, finals: Sequence[str]) -> Iterator[str]:
    """What `runtime.require` names and no run has; a line each."""
    known = [*MEASURES, *finals]
    for name in config.runtime.require:
        if name not in known:
            yield f"runtime.require.{name}: no such measure{nearest(name, known)}"
    joint = config.joint or any(config.arm(name).bound is Role.JOINT for name in config.arms)
    if BESIDE_JOINT in config.runtime.require and not joint:
        yield f"runtime.require.{BESIDE_JOINT}: needs joint=RUN_DIR of a run on all tasks at once"


def unknown_key(
    path: str, families: Families, container: object, there: Sequence[str] = (), add: str = ""
) -> str:
    """What is wrong with a dotted key that the config does not have, a `container` so far.

    `there` are the names beside it where the schema allows any name; `add` is how it is added,
    where that is not by itself.
    """
    parts, add = path.split("."), add or f"+{path}=..."
    if above := _further_up(parts, families):
        return f"{path}: unknown key; it belongs further up, to {above}"
    for depth, part in enumerate(parts):
        schemas = _within(parts[:depth], families, container)
        if schemas and all(map(_single, schemas)):
            return f"{path}: {'.'.join(parts[:depth])} has a single value, and no keys below it"
        known = _names(schemas)
        allowed = known or (there if depth == len(parts) - 1 else ())
        if allowed and part not in allowed:
            new = "" if known else f"; add a new one with {add}"
            return f"{'.'.join(parts[: depth + 1])}: unknown key{nearest(part, allowed)}{new}"
    whose = [
        kind.what for kind in families if issubclass(kind, ExperimentConfig) and has(kind, path)
    ]
    only = f" (only {whose[0]} have such a key)" if len(families) > len(whose) == 1 else ""
    return f"{path}: nothing is there yet; add it with {add}{only}"


def has(family: type[ExperimentConfig], path: str) -> bool:
    """Whether its configs may have a dotted key, whatever kinds they choose."""
    *above, last = path.split(".")
    return last in _keys(above, [family])


def explain(problem: ErrorDetails, container: Mapping[str, Any], families: Families) -> str:
    """One of pydantic's errors as `key=value: what is wrong`, in the user's own key path."""
    path: list[str] = []
    here: object = container
    for part in problem["loc"]:
        if isinstance(here, Mapping) and part in here:
            here = here[part]
        elif isinstance(here, list) and isinstance(part, int):
            here = here[part] if part < len(here) else None
        elif problem["type"] not in ("extra_forbidden", "missing") or part != problem["loc"][-1]:
            continue
        path.append(str(part))
    key = ".".join(path)
    match problem["type"]:
        case "extra_forbidden":
            other = _of_another_kind(path, container, families)
            return other or unknown_key(key, families, container)
        case "missing":
            return f"{key}: missing"
        case "value_error":
            reason = str(problem["ctx"]["error"])
        case "union_tag_invalid":
            key = f"{key}.{problem['ctx']['discriminator'].strip(chr(39))}"
            allowed = re.findall(r"'([^']+)'", problem["ctx"]["expected_tags"])
            chosen = problem["ctx"]["tag"]
            return f"{key}='{chosen}': not one of these{nearest(chosen, allowed)}"
        case "literal_error":
            allowed = re.findall(r"'([^']+)'", problem["ctx"]["expected"])
            reason = f"not one of these{nearest(str(problem['input']), allowed)}"
        case "dict_type" | "model_type":
            reason = "must be a mapping, {key: value}"
        case _:
            reason = _in_words(problem)
    value = problem["input"]
    whole = isinstance(value, BaseModel) or (isinstance(value, Mapping) and len(value) > SHORT)
    shown = "" if whole else f"={as_yaml(value)}"
    return f"{key}{shown}: {reason}"


def _in_words(problem: ErrorDetails) -> str:
    reason = re.sub(r" or instance of \w+| after validation", "", problem["msg"])
    return re.sub(r"^\w+ should", "must", reason)


def misfit(annotation: Any, value: object) -> str | None:
    """What is wrong with a value by itself, as pydantic's annotation has it."""
    try:
        TypeAdapter(annotation).validate_python(value, strict=True)
    except ValidationError as error:
        return _in_words(error.errors()[0])
    return None


def checked(section: type[S], key: str, given: Mapping[str, Any]) -> S:
    """What a section makes of the keys below `key`. Raises ConfigError, a line a mistake."""
    try:
        return section.model_validate(given)
    except ValidationError as error:
        told = (f"{key}.{explain(one, given, [section])}" for one in error.errors())
        raise ConfigError("\n".join(told)) from None


def as_yaml(value: object) -> str:
    """A value as one would write it in a config."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


def argument(key: str, value: object) -> str:
    """`KEY=VALUE` as one types it in a shell: quoted where Hydra wants it, and where that does."""
    text = str(value)
    if not re.fullmatch(r"[\w.+@%-]*/[\w/.+@%-]*", text, re.ASCII):
        text = re.sub(r"(\\+)(?='|$)", r"\1\1", text).replace("'", "\\'")
        text = f"'{text}'"
    word = f"{key}={text}"
    if word == shlex.quote(word):
        return word
    return shlex.quote(word) if re.search(r'["$`\\!]', word) else f'"{word}"'


def _of_another_kind(path: list[str], container: Any, families: Families) -> str | None:
    """A key that the kind which the section chooses does not have."""
    section = container
    if _further_up(path, families):
        return None
    for part in path[:-1]:
        section = section[int(part) if isinstance(section, list) else part]
    chosen, key = section.get("kind"), ".".join(path)
    if isinstance(chosen, str) and path[-1] in _keys(path[:-1], families):
        remove = f"remove it with ~{key} (in a file: null)"
        return f"{key}: '{chosen}' has no such key; {remove}{_or_choose(path, families)}"
    return None


def _or_choose(path: Sequence[str], families: Families) -> str:
    """The kinds that have a key, of the section that it stands in."""
    schemas = [one for one in _within(path[:-1], families) if _section(one)]
    having = [
        one.model_fields["kind"] for one in schemas if {path[-1], "kind"} <= {*one.model_fields}
    ]
    kinds = dict.fromkeys(kind for field in having for kind in get_args(field.annotation))
    return f", or choose {' or '.join(kinds)}, which has it" if kinds else ""


def _further_up(path: list[str], families: Families) -> str | None:
    """The same key where a section has it that the path leads through."""
    if path[-1] == "kind" or path[-1] in _keys(path[:-1], families):
        return None
    above = (path[:depth] for depth in range(len(path) - 2, 0, -1))
    found = (".".join([*way, path[-1]]) for way in above if path[-1] in _keys(way, families))
    return next(found, None)


def _keys(path: Sequence[str], models: Sequence[object]) -> list[str]:
    """The keys that the schema allows under a path; none where any is, or nothing is."""
    return _names(_within(path, models))


def _names(schemas: Sequence[object]) -> list[str]:
    fields = [item for one in schemas if _section(one) for item in one.model_fields.items()]
    return list(dict.fromkeys(field.alias or name for name, field in fields))


def _within(
    path: Sequence[str], models: Sequence[object], container: object = None
) -> list[object]:
    """What the schema says of a path: of sections the kinds that a container chooses, else all."""
    found, here = [*models], container
    for part in path:
        here = _value(here, part)
        found = [inner for schema in found for inner in _descend(schema, part, here)]
    return found


def _value(container: object, part: str) -> object:
    if isinstance(container, list):
        place = int(part) if part.isdecimal() else len(container)
        return container[place] if place < len(container) else None
    return container.get(part) if isinstance(container, Mapping) else None


def _descend(schema: object, part: str, value: object) -> list[object]:
    if _section(schema):
        if (field := schema.model_fields.get(part)) is None:
            return []
        kinds = [each for each in field.metadata if isinstance(each, Kinds)]
        return _members(kinds[0] if kinds else field.annotation, value)
    if get_origin(schema) in (dict, list):
        return _members(get_args(schema)[-1], value)
    return []


def _members(annotation: object, value: object) -> list[object]:
    if isinstance(annotation, Kinds):
        return [*annotation.chosen(value)] or [*map(annotation.section, annotation.built_in)]
    if get_origin(annotation) is Annotated:
        first, *more = get_args(annotation)
        return _members(next((each for each in more if isinstance(each, Kinds)), first), value)
    if get_origin(annotation) is Union or type(annotation).__name__ == "UnionType":
        return [inner for member in get_args(annotation) for inner in _members(member, value)]
    return [annotation]


def _section(schema: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(schema, type) and issubclass(schema, BaseModel)


def _single(schema: object) -> bool:
    """Whether it is of a number, a text or the like."""
    return schema in (str, int, float, bool, NoneType) or get_origin(schema) is Literal
