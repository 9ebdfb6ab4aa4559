"""What a config can choose from: built-ins by a short name, and anyone's by its dotted path."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Annotated, Any

from pydantic import AfterValidator, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from sleeprun.config.declared import section_of, undeclared
from sleeprun.config.error import ConfigError
from sleeprun.config.promise import Broken, in_a_line
from sleeprun.config.spelling import nearest
from sleeprun.config.values import Section


class Kinds:
    """The kinds of a part: short names of built-ins, and what all of them are.

    A key that is null and that the chosen kind does not have counts as left out: so a config can
    choose another kind than the one that it builds on.

    Both are dotted paths, so that a table of kinds loads none of them. A kind is a class that
    declares its constants, or a section of a config itself. The `default` is a section's kind that
    says none.
    """

    def __init__(self, what: str, base: str, default: str | None = None, **built_in: str):
        self.what, self.base, self.default, self.built_in = what, base, default, built_in

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Of a section that chooses one of them: `Annotated[Any, KINDS]`."""
        return core_schema.no_info_plain_validator_function(self._validated)

    @property
    def one(self) -> str:
        """What a kind is, with its article."""
        return f"{'an' if self.what[0] in 'aeiou' else 'a'} {self.what}"

    @property
    def name(self) -> Any:
        """Of a key that says the name or the path alone, of a kind without constants."""

        def known(kind: str) -> str:
            self.of(kind)
            return kind

        return Annotated[str, AfterValidator(known)]

    def section(self, kind: str) -> type[Section]:
        """The schema of one kind. Raises ValueError where there is none."""
        return schema_of(self.of(kind), kind)

    def of(self, kind: str) -> type:
        """The class that a name or a path stands for. Raises ValueError where there is none."""
        if kind not in self.built_in and "." not in kind:
            own = f"the dotted path of {self.one} of your own"
            known = f"{nearest(kind, [*self.built_in])}; or" if self.built_in else ": must be"
            raise ValueError(f"no such {self.what}{known} {own}")
        base = loaded(self.base)
        found = loaded(self.built_in.get(kind, kind), base)
        if not (isinstance(found, type) and issubclass(found, base)):
            raise ValueError(f"is no {self.what}: must be a class derived from {self.base}")
        if missing := sorted(getattr(found, "__abstractmethods__", ())):
            raise ValueError(f"does not define {', '.join(missing)}, as {self.base} says")
        if plain := undeclared(found):
            raise ValueError(f"{plain[0]} is not declared: write {plain[0]}: ... = number(...)")
        return found

    def chosen(self, value: object) -> list[type[Section]]:
        """The schema of the kind that a section chooses; none where it chooses none that is."""
        kind = value.get("kind", self.default) if isinstance(value, Mapping) else None
        try:
            return [self.section(kind)] if isinstance(kind, str) else []
        except ValueError:
            return []

    def _validated(self, value: object) -> Section:
        if isinstance(value, Section):
            return value
        if not isinstance(value, Mapping):
            raise PydanticCustomError("mapping", "must be a mapping with the key 'kind'")
        kind = value.get("kind")
        if (kind := self.default if kind is None else kind) is None:
            missing: InitErrorDetails = {"type": "missing", "loc": ("kind",), "input": value}
            raise ValidationError.from_exception_data(self.what, [missing])
        try:
            if not isinstance(kind, str):
                raise ValueError(f"must be the name of a {self.what}: {', '.join(self.built_in)}")
            section = self.section(kind)
        except ValueError as error:
            problem = PydanticCustomError("kind", "{told}", {"told": str(error)})
            detail: InitErrorDetails = {"type": problem, "loc": ("kind",), "input": kind}
            raise ValidationError.from_exception_data(self.what, [detail]) from None
        keys = section.model_fields
        said = {k: v for k, v in value.items() if k in keys or v is not None}
        return section.model_validate(said | {"kind": kind})


@contextmanager
def by_key(config: object) -> Iterator[None]:
    """Meanwhile, what a class of a user's own does wrong has the keys behind that choose it."""
    try:
        yield
    except Broken as error:
        keys = [
            key.removesuffix(".kind") for key, kind in own(config) if loaded(kind) is error.owner
        ]
        raise ConfigError(f"{error} ({', '.join(keys)})" if keys else str(error)) from error


def own(told: object, key: str = "") -> Iterator[tuple[str, str]]:
    """The kinds of a user's own that a config chooses: `key.kind`, and their path."""
    match told:
        case Section() | Mapping():
            inner: Mapping[Any, object] = dict(told)
            if isinstance(kind := inner.get("kind"), str) and "." in kind:
                yield f"{key}.kind", kind
        case list():
            inner = dict(enumerate(told))
        case _:
            return
    for name, one in inner.items():
        yield from own(one, f"{key}.{name}" if key else str(name))


def schema_of(found: Any, kind: str) -> type[Section]:
    """What a config says of a class that is a kind of something."""
    return found if issubclass(found, Section) else section_of(found, kind)


@cache
def loaded(path: str, base: type = object) -> Any:
    """What a dotted path names, which may be of `base`. Raises ValueError where it is nothing."""
    module, _, name = path.rpartition(".")
    if not all(part.isidentifier() for part in path.split(".")):
        raise ValueError("must be a dotted path, MODULE.CLASS")
    found = _imported(module)
    if _is_module(path, found, name):
        classes = _classes(_imported(path), "", base)
        raise ValueError(f"is a module; name a class in it{classes}")
    if not hasattr(found, name):
        raise ValueError(f"the module '{module}' has no '{name}'{_classes(found, name, base)}")
    return getattr(found, name)


def _imported(module: str) -> ModuleType:
    try:
        return import_module(module)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}."):
            where = "(looked for in this folder and among Python's packages)"
            raise ValueError(f"no module '{error.name}' {where}") from None
        raise ValueError(f"cannot be loaded: {in_a_line(error, module)}") from error


def _is_module(path: str, parent: ModuleType, name: str) -> bool:
    if not hasattr(parent, name):
        return hasattr(parent, "__path__") and find_spec(path) is not None
    return isinstance(getattr(parent, name), ModuleType)


def _classes(module: ModuleType, name: str, base: type) -> str:
    """Those of its own that are of `base`, and which of them is meant."""
    own = [
        one for one in vars(module).values() if getattr(one, "__module__", "") == module.__name__
    ]
    fit = [one.__name__ for one in own if isinstance(one, type) and issubclass(one, base)]
    return nearest(name, fit) if fit else f"; it has none derived from {base.__qualname__}"
