"""The kinds of values and the section that all of a configuration is made of."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(gt=0, le=100)]
Decay = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
Whole = Annotated[int, Field(ge=0)]
MOST_CAPACITY = 2**24
Capacity = Annotated[int, Field(ge=1, le=MOST_CAPACITY)]


def as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _seeds(value: object) -> object:
    """`seeds: 4` means the seeds 0, 1, 2, 3."""
    if type(value) is not int:
        return as_list(value)
    if value < 1:
        raise ValueError("must be at least 1, or a list of seeds")
    return list(range(value))


def _distinct(values: list[int]) -> list[int]:
    if len(set(values)) < len(values):
        raise ValueError("the same seed twice")
    return values


def _path(name: str) -> str:
    """The name becomes a folder under `runs/`."""
    if not re.fullmatch(r"[\w+-][\w.+ -]*(/[\w+-][\w.+ -]*)*", name):
        raise ValueError("must be letters, digits, - and _, with / between folders")
    return name


Name = Annotated[str, AfterValidator(_path)]
Seeds = Annotated[
    list[Annotated[int, Field(ge=0, lt=2**31)]],
    BeforeValidator(_seeds),
    Field(min_length=1),
    AfterValidator(_distinct),
]
