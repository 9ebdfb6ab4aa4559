"""What a config can say, in Markdown: every group with its choices, every kind with its keys.

All of it follows from the declarations and from the files in conf/ with their comments.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from types import ModuleType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic.fields import FieldInfo

import sleeprun
from sleeprun.cli.choices import choices
from sleeprun.cli.folder import conf_dir
from sleeprun.config.kinds import Kinds
from sleeprun.config.values import Section
from sleeprun.subjects.experiment import Experiment

ROOMS = ("spiking", "gradient", "tasks", "config")  # where parts are that a config chooses
SIGNS = {Gt: (">", "gt"), Ge: (">=", "ge"), Lt: ("<", "lt"), Le: ("<=", "le")}
PLAIN = {float: "number", int: "whole number", bool: "true or false", str: "text"}
KEY = re.compile(r"^ *(\w+): *(.*)$", re.M)  # and what a file says of it
INTRODUCTION = """\
# Keys

What a config can say. `sleeprun +experiment=NAME --cfg job` prints all of an experiment's keys with
their values; `sleeprun --help TOPIC` prints one section of this page. Wherever a `kind` is chosen,
the dotted path of a class of one's own will do as well ([extending.md](extending.md))."""


class Row(NamedTuple):
    """Of a table of keys."""

    key: str
    value: str
    default: str
    meaning: str


def page(conf: Path) -> str:
    """The whole reference."""
    parts = (part for topic in topics(conf) for part in section(conf, topic))
    return "\n\n".join([INTRODUCTION, *parts]) + "\n"


def topics(conf: Path) -> list[str]:
    """The groups, then the kinds that have no group of this name."""
    return ["config", *_groups(conf), *(kind for kind in _kinds() if kind not in _groups(conf))]


def keys() -> list[str]:
    """Those that every experiment has: topics that the page tells of under `config`."""
    return [field.alias or name for name, field in Experiment.model_fields.items()]


def section(conf: Path, topic: str) -> Iterator[str]:
    """The paragraphs on a group, a key of every experiment or what a kind is of; none where there
    is no such topic.
    """
    common = (conf / "config.yaml").read_text().partition("\nhydra:")[0]
    if topic == "config":
        yield from ("## config: of every experiment", f"```yaml\n{common.strip()}\n```")
    elif topic in keys() and topic not in _groups(conf):
        yield from (f"## {topic}: of every experiment", _table(_of_everything(common, topic)))
    if topic in _groups(conf):
        yield from (f"## {topic}: a group", f"`{topic}=CHOICE`, or `/{topic}` in `defaults`:")
        yield "\n".join(f"* `{name}`: {told}" for name, told in choices(conf / topic))
        yield from _written(conf / topic)
    for kinds in _kinds().get(topic, []):
        yield f"## {topic}: kinds of {kinds.what.removeprefix('kind of ')}"
        for name in kinds.built_in:
            yield from _kind(kinds, name, _comments(conf / topic, name))


def _groups(conf: Path) -> list[str]:
    """What is chosen by `GROUP=`: ours, then those of Hydra's own."""
    folders = [path for path in sorted(conf.iterdir()) if path.name != "hydra"]
    folders += sorted((conf / "hydra").iterdir())
    return [str(path.relative_to(conf)) for path in folders if path.is_dir()]


def _written(folder: Path) -> Iterator[str]:
    """The choices that have keys of their own, whose comments say what they mean."""
    for path in sorted(folder.glob("*.yaml")):
        text = path.read_text().strip()
        builds = "defaults:" in text and folder.parent.name != "hydra"
        if not builds and "_global_" not in text and ":" in text:
            yield f"`{path.stem}`:\n\n```yaml\n{text}\n```"


@cache
def _kinds() -> dict[str, list[Kinds]]:
    """All tables of kinds, by what they are of in a word; of two of the same thing the longer."""
    tables = {table for module in _modules() for table in _tables(module)}
    longest = {table.what: table for table in sorted(tables, key=lambda one: len(one.built_in))}
    found: dict[str, list[Kinds]] = {}
    for table in longest.values():
        found.setdefault(table.what.removeprefix("kind of ").split()[0], []).append(table)
    return dict(sorted(found.items()))


def _modules() -> Iterator[ModuleType]:
    top = Path(sleeprun.__file__).parent
    for path in sorted(path for room in ROOMS for path in (top / room).rglob("*.py")):
        names = path.relative_to(top.parent).with_suffix("").parts
        yield import_module(".".join(names).removesuffix(".__init__"))


def _tables(module: ModuleType) -> list[Kinds]:
    return [each for each in vars(module).values() if isinstance(each, Kinds)]


def _comments(group: Path, kind: str) -> dict[str, str]:
    """What the choices of a group say of a kind's keys, which are declared without a word."""
    found: dict[str, str] = {}
    for path in sorted(group.glob("*.yaml")):
        text = path.read_text()
        if re.search(rf"^kind: {kind}\b", text, re.M):
            found = dict(re.findall(r"^(\w+):[^#\n]*# *(.*)$", text, re.M)) | found
    return found


def _kind(kinds: Kinds, name: str, comments: Mapping[str, str]) -> Iterator[str]:
    yield f"### `{name}`, {kinds.what}\n\n{cleandoc(kinds.of(name).__doc__ or '')}"
    fields = kinds.section(name).model_fields.items()
    rows = [
        Row(key, spoken(field), _default(field), field.description or comments.get(key, ""))
        for key, field in fields
        if key != "kind"
    ]
    if rows:
        yield _table(rows)


def _of_everything(common: str, topic: str) -> Iterator[Row]:
    """A key of conf/config.yaml, or those of its section."""
    field = next(f for name, f in Experiment.model_fields.items() if topic in (name, f.alias))
    kind, fields = field.annotation, {topic: field}
    if isinstance(kind, type) and issubclass(kind, Section):
        fields = kind.model_fields
    behind = common[common.index(f"\n{topic}:") :]
    told = dict(reversed(KEY.findall(behind)))  # of a name the first
    for key, each in fields.items():
        default, _, meaning = told[key].partition(" # ")
        yield Row(key, spoken(each), f"`{default.strip()}`", meaning)


def _table(rows: Iterable[Row]) -> str:
    told = (f"| `{key}` | {' | '.join(more)} |" for key, *more in rows)
    return "\n".join(["| key | value | default | meaning |", "|---|---|---|---|", *told])


def _default(field: FieldInfo) -> str:
    return "" if field.is_required() else f"`{field.default}`"


def spoken(field: FieldInfo) -> str:
    """What a key may be, in words and bounds."""
    return _type(field.annotation, field.metadata)


def _type(annotation: Any, metadata: Sequence[Any] = ()) -> str:
    for each in metadata:
        if isinstance(each, Kinds):
            return f"of {each.one}"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if hasattr(annotation, "__metadata__"):
        return _type(arguments[0], annotation.__metadata__)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin in (Union, UnionType):
        return " or ".join("null" if one is type(None) else _type(one) for one in arguments)
    if origin is list:
        return f"list of: {_type(arguments[0])}"
    if origin is dict:
        return f"by name: {_type(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return ", ".join(f"`{key}`" for key in annotation.model_fields)
    return f"{PLAIN.get(annotation, 'a value')} {', '.join(_bounds(metadata))}".strip()


def _bounds(metadata: Sequence[Any]) -> Iterator[str]:
    for each in metadata:
        if isinstance(each, FieldInfo):
            yield from _bounds(each.metadata)
        elif type(each) in SIGNS:
            sign, name = SIGNS[type(each)]
            yield f"{sign} {getattr(each, name):g}"
        elif isinstance(each, MinLen):
            yield f"({each.min_length} at least)"


if __name__ == "__main__":
    print(page(conf_dir()), end="")
