"""What a network sees, and by which weights."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Sight(NamedTuple):
    shape: tuple[int, ...]  # of what is seen
    through: Mapping[str, Sequence[str]]  # by population or layer the weights from there up to it
    answers: str  # one of these, which answers to what is seen
