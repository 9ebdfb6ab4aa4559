"""How a class says what constants it has: its schema, its arrays and its help follow from that.

    class Leaky(Neuron):
        '''What it is, and where it comes from.'''

        tau: Scalar = number("membrane time constant", unit="steps", ge=1)

A `number`, some `numbers` or an `integer` is an array, which jobs with other values share a
compiled program for; a `count`, `flag`, `choice` or `setting` is static; a `part` is declared
itself, or several by name. What is `handed` stands in the config once, at the whole that the class
is part of. What a class works out from them it declares as plain fields, and then has a `create`
that takes the constants.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from pydantic import Field, create_model, model_validator

from sleeprun.config.error import ConfigError
from sleeprun.config.promise import asking
from sleeprun.config.values import Section

_KEY = "constant"
_HANDED = "handed"


class Constant(NamedTuple):
    """What a config may say of a field."""

    annotation: object  # pydantic's type, with its bounds
    told: str
    unit: str
    default: object  # ... where a config must say it


def number(told: str = "", *, unit: str = "", default: object = ..., **bounds: float) -> Any:
    """A float32 that may be swept. Bounds as pydantic names them: gt, ge, lt, le."""
    kind = Annotated[float, Field(**bounds)]  # type: ignore[arg-type]
    return _field(kind, told, unit, default, converter=jnp.float32)


def numbers(told: str = "", *, unit: str = "", least: int = 1, **bounds: float) -> Any:
    """Float32s [n], at `least` so many, which may be swept."""
    one = Annotated[float, Field(**bounds)]  # type: ignore[arg-type]
    kind = Annotated[list[one], Field(min_length=least)]  # type: ignore[valid-type]
    return _field(kind, told, unit, ..., converter=_vector)


def integer(told: str = "", *, unit: str = "", default: object = ..., **bounds: int) -> Any:
    """An int32 that may be swept."""
    kind = Annotated[int, Field(**bounds)]  # type: ignore[arg-type]
    return _field(kind, told, unit, default, converter=jnp.int32)


def count(
    told: str = "", *, unit: str = "", default: object = ..., ge: int = 1, **more: int
) -> Any:
    """A whole number that shapes depend on."""
    kind = Annotated[int, Field(ge=ge, **more)]  # type: ignore[arg-type]
    return _field(kind, told, unit, default, static=True)


def flag(told: str = "", *, default: object = ...) -> Any:
    return _field(bool, told, "", default, static=True)


def choice(*names: str, told: str = "", default: object = ...) -> Any:
    return _field(Literal[names], told, "", default, static=True)


def setting(annotation: object, told: str = "", *, unit: str = "", default: object = ...) -> Any:
    """Anything else that pydantic knows, as it is."""
    return _field(annotation, told, unit, default, static=True)


def handed() -> Any:
    """A float32 that the whole hands to its parts, by this name: `step_ms` of a network."""
    return eqx.field(metadata={_HANDED: True}, converter=jnp.float32)


def derived() -> Any:
    """An array that `create` works out from the constants."""
    return eqx.field()


def part(annotation: object, told: str = "", *, default: object = ...) -> Any:
    """A kind that the config chooses, or a mapping of some, made along with the whole."""
    return _field(annotation, told, "", default, converter=_made)


def _made(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _made(one) for name, one in value.items()}
    return value.make() if isinstance(value, DeclaredSection) else value


def _vector(values: Sequence[float] | Array) -> Array:
    return jnp.asarray(values, jnp.float32)


def _field(annotation: object, told: str, unit: str, default: object, **how: Any) -> Any:
    constant = Constant(annotation, told, unit, default)
    return eqx.field(metadata={_KEY: constant}, **how)


def constants(cls: type) -> Mapping[str, Constant]:
    """By name, those of its bases first."""
    fields = {field.name: field.metadata.get(_KEY) for field in dataclasses.fields(cls)}
    return {name: constant for name, constant in fields.items() if constant is not None}


def _handed(cls: type) -> list[str]:
    return [field.name for field in dataclasses.fields(cls) if _HANDED in field.metadata]


def undeclared(cls: type) -> list[str]:
    """Fields that nothing gives a value: no constants, without a default, and no `create`."""
    if not dataclasses.is_dataclass(cls) or hasattr(cls, "create"):
        return []
    none = dataclasses.MISSING
    return [
        field.name
        for field in dataclasses.fields(cls)
        if not {_KEY, _HANDED} & set(field.metadata)
        and field.default is none
        and field.default_factory is none
    ]


class DeclaredSection(Section):
    """The constants of a declared class, as a config gave them."""

    declares: ClassVar[type]

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    @property
    def numbers(self) -> dict[str, Any]:
        """Without the name of the kind."""
        return {name: getattr(self, name) for name in constants(self.declares)}

    @model_validator(mode="after")
    def _checked(self) -> "DeclaredSection":
        if check := getattr(self.declares, "check", None):
            with asking(self.declares, "check", ValueError):
                check(**self.numbers)
        return self

    def make(self, **whole: float) -> Any:
        """The object that computes with them, and with what the whole hands to its parts."""
        wanted = _handed(self.declares)
        if unknown := [name for name in wanted if name not in whole]:
            there = ", ".join(whole) or "nothing"
            path = f"{self.declares.__module__}.{self.declares.__qualname__}"
            raise ConfigError(f"{path}.{unknown[0]}: is not handed to it; there is {there}")
        create = getattr(self.declares, "create", self.declares)
        with asking(self.declares, "__init__" if create is self.declares else "create"):
            return create(**self.numbers, **{name: whole[name] for name in wanted})


@cache
def section_of(cls: type, kind: str | None = None) -> type[DeclaredSection]:
    """The schema of a declared class; with a `kind` it has that key, too."""
    fields: dict[str, Any] = {
        name: (constant.annotation, Field(constant.default, description=_told(constant)))
        for name, constant in constants(cls).items()
    }
    if kind is not None:
        fields = {"kind": (Literal[kind], Field(description=cls.__doc__)), **fields}
    model = create_model(cls.__name__, __base__=DeclaredSection, **fields)
    model.declares = cls
    return model


def _told(constant: Constant) -> str:
    unit = f" ({constant.unit})" if constant.unit else ""
    return f"{constant.told}{unit}"
