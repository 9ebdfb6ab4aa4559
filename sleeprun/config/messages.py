"""What is wrong with a configuration, in a line that names the key, the value and what is right."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from sleeprun.config.common import Common, Role
from sleeprun.config.kinds import Kinds, loaded, schema_of
from sleeprun.config.spelling import nearest

Families = Sequence[type[Common]]
MEASURES = (
    "accuracy",
    "learning_accuracy",
    "backward_transfer",
    "forward_transfer",
    "forgetting",
    "intransigence",
    "sleep_gain_old",
    "sleep_gain_new",
)


def unknown_measures(config: Common, finals: Sequence[str]) -> Iterator[str]:
    """What `runtime.require` names and no run has; a line each."""
    known = [*MEASURES, *finals]
    for name in config.runtime.require:
        if name not in known:
            yield f"runtime.require.{name}: no such measure{nearest(name, known)}"
    joint = config.joint or any(config.arm(name).bound is Role.JOINT for name in config.arms)
    if "intransigence" in config.runtime.require and not joint:
        yield "runtime.require.intransigence: needs joint=RUN_DIR of a run on all tasks at once"


def unknown_key(path: str, families: Families, there: list[str] | None = None) -> str:
    """What is wrong with a dotted key that the config does not have.

    `there` are the names beside it where the schema allows any name.
    """
    parts = path.split(".")
    if above := _further_up(parts, families):
        return f"{path}: unknown key; it belongs further up, to {above}"
    for depth, part in enumerate(parts):
        allowed = _keys(parts[:depth], families) or (there if depth == len(parts) - 1 else None)
        if allowed and part not in allowed:
            new = "" if _keys(parts[:depth], families) else f"; add a new one with +{path}=..."
            return f"{'.'.join(parts[: depth + 1])}: unknown key{nearest(part, allowed)}{new}"
    whose = [kind.what for kind in families if parts[-1] in _keys(parts[:-1], [kind])]
    only = f" (only {whose[0]} have such a key)" if len(whose) == 1 else ""
    return f"{path}: nothing is there yet; add it with +{path}=...{only}"


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
            return _of_another_kind(path, container, families) or unknown_key(key, families)
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
        case _:
            reason = re.sub(r" or instance of \w+| after validation", "", problem["msg"])
            reason = re.sub(r"^\w+ should", "must", reason)
    value = problem["input"]
    shown = "" if isinstance(value, Mapping | BaseModel) else f"={as_yaml(value)}"
    return f"{key}{shown}: {reason}"


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
        return f"{key}: '{chosen}' has no such key; remove it with ~{key} (in a file: null)"
    if isinstance(chosen, str) and "." in chosen:
        allowed = list(schema_of(loaded(chosen), chosen).model_fields)
        return f"{key}: unknown key{nearest(path[-1], allowed)}"
    return None


def _further_up(path: list[str], families: Families) -> str | None:
    """The same key where a section has it that the path leads through."""
    if path[-1] == "kind" or path[-1] in _keys(path[:-1], families):
        return None
    above = (path[:depth] for depth in range(len(path) - 2, 0, -1))
    found = (".".join([*way, path[-1]]) for way in above if path[-1] in _keys(way, families))
    return next(found, None)


def _keys(path: list[str], models: Sequence[object]) -> list[str]:
    """The keys that the schema allows under a path; none where any is, or nothing is."""
    found = [*models]
    for part in path:
        found = [inner for kind in found for inner in _descend(kind, part)]
    sections = [kind for kind in found if isinstance(kind, type) and issubclass(kind, BaseModel)]
    fields = [item for section in sections for item in section.model_fields.items()]
    return list(dict.fromkeys(field.alias or name for name, field in fields))


def _descend(kind: object, part: str) -> list[object]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if (field := kind.model_fields.get(part)) is None:
            return []
        kinds = [each for each in field.metadata if isinstance(each, Kinds)]
        return _members(kinds[0] if kinds else field.annotation)
    if get_origin(kind) in (dict, list):
        return _members(get_args(kind)[-1])
    return []


def _members(annotation: object) -> list[object]:
    if isinstance(annotation, Kinds):
        return [annotation.section(kind) for kind in annotation.built_in]
    if get_origin(annotation) is Annotated:
        if kinds := [each for each in get_args(annotation) if isinstance(each, Kinds)]:
            return _members(kinds[0])
        return _members(get_args(annotation)[0])
    if get_origin(annotation) is Union or type(annotation).__name__ == "UnionType":
        return [inner for member in get_args(annotation) for inner in _members(member)]
    return [annotation]
