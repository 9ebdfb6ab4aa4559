"""The kinds of values and the section that all of a configuration is made of."""

import re
from collections.abc import Mapping
from math import isclose
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
)

V = TypeVar("V")
S = TypeVar("S", bound="Section")
LEAST_FLOAT32, MOST_FLOAT32 = 2.0**-126, (2 - 2.0**-23) * 2.0**127  # of all that are normal


class Section(BaseModel):
    """Keys with numbers that float32 and int32 hold, since these compute with them."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    def model_copy(self: S, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> S:
        """Without what was worked out once from the keys, since some of them may be others now."""
        copied = super().model_copy(update=update, deep=deep)
        for name in vars(copied).keys() - type(self).model_fields.keys():
            del vars(copied)[name]
        return copied

    @field_validator("*")
    @classmethod
    def _held(cls, value: V) -> V:
        for number in value if isinstance(value, list) else [value]:
            if isinstance(number, float):
                _held_as_float32(number)
            elif isinstance(number, int):
                _held_as_int32(number)
        return value


def _held_as_float32(number: float) -> None:
    if abs(number) > MOST_FLOAT32:
        raise ValueError(f"too large for float32, which ends at {MOST_FLOAT32:.2g}")
    if 0 < abs(number) < LEAST_FLOAT32:
        raise ValueError(f"too small for float32, which begins at {LEAST_FLOAT32:.2g}")


def _held_as_int32(number: int) -> None:
    if abs(number) >= 2**31:
        raise ValueError(f"too large for int32, which ends at {2**31 - 1}")


Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(gt=0, le=100)]
Count = Annotated[int, Field(ge=1)]
Whole = Annotated[int, Field(ge=0)]
MOST_CAPACITY = 2**24
Capacity = Annotated[int, Field(ge=1, le=MOST_CAPACITY)]
MOST_SEEDS = 10_000  # as a count; more is a date or a seed that was meant itself


def as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _seeds(value: object) -> object:
    """`seeds: 4` means the seeds 0, 1, 2, 3."""
    if type(value) is not int:
        return as_list(value)
    if value < 1:
        raise ValueError("must be at least 1, or a list of seeds")
    if value > MOST_SEEDS:
        raise ValueError(f"counts seeds, up to {MOST_SEEDS:,d}; did you mean seeds=[{value}]?")
    return list(range(value))


def distinct(values: list[int]) -> list[int]:
    if len(set(values)) < len(values):
        twice = next(value for value in values if values.count(value) > 1)
        raise ValueError(f"has {twice} twice")
    return values


FOLDER = r"[\w+-][\w.+ -]*"


def check_path(name: str) -> str:
    """The name becomes a folder under `runs/`."""
    if not re.fullmatch(f"{FOLDER}(/{FOLDER})*", str(name)):
        raise ValueError("must be letters, digits, - and _, with / between folders")
    return name


def _check_folder(name: str) -> str:
    if not re.fullmatch(FOLDER, name):
        raise ValueError("the name of a folder must be letters, digits, - and _")
    return name


Name = Annotated[str, AfterValidator(check_path)]
FolderName = Annotated[str, AfterValidator(_check_folder)]
Seeds = Annotated[
    list[Whole],
    BeforeValidator(_seeds),
    Field(min_length=1),
    AfterValidator(distinct),
]


def is_whole(number: float) -> bool:
    """But for rounding, and 1 at least."""
    return round(number) >= 1 and isclose(number, round(number), rel_tol=1e-6)
