"""What a config can choose from: built-ins by a short name, and anyone's by its dotted path."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Annotated, Any

from pydantic import AfterValidator, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from sleeprun.config.declared import section_of, undeclared
from sleeprun.config.promise import told
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
        return core_schema.no_info_plain_validator_function(self._chosen)

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
            own = f"the dotted path of a {self.what} of your own"
            known = f"{nearest(kind, [*self.built_in])}; or" if self.built_in else ": must be"
            raise ValueError(f"no such {self.what}{known} {own}")
        found, base = loaded(self.built_in.get(kind, kind)), loaded(self.base)
        if not (isinstance(found, type) and issubclass(found, base)):
            raise ValueError(f"is no {self.what}: must be a class derived from {self.base}")
        if missing := sorted(getattr(found, "__abstractmethods__", ())):
            raise ValueError(f"does not define {', '.join(missing)}, as {self.base} says")
        if plain := undeclared(found):
            raise ValueError(f"{plain[0]} is not declared: write {plain[0]}: ... = number(...)")
        return found

    def _chosen(self, value: object) -> Section:
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


def schema_of(found: Any, kind: str) -> type[Section]:
    """What a config says of a class that is a kind of something."""
    return found if issubclass(found, Section) else section_of(found, kind)


@cache
def loaded(path: str) -> Any:
    """What a dotted path names. Raises ValueError where it names nothing."""
    module, _, name = path.rpartition(".")
    if not all(part.isidentifier() for part in path.split(".")):
        raise ValueError("must be a dotted path, MODULE.CLASS")
    try:
        found = import_module(module)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}."):
            where = "(looked for in this folder and among Python's packages)"
            raise ValueError(f"no module '{error.name}' {where}") from None
        raise ValueError(f"cannot be loaded: {told(error, module)}") from error
    if not hasattr(found, name):
        own = [
            each for each, one in vars(found).items() if getattr(one, "__module__", "") == module
        ]
        raise ValueError(f"the module '{module}' has no '{name}'{nearest(name, own)}")
    return getattr(found, name)
