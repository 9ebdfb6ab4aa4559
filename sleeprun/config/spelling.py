"""The word that a user probably meant."""

from collections.abc import Sequence
from difflib import get_close_matches


def nearest(word: str, allowed: Sequence[str]) -> str:
    near = get_close_matches(word, allowed, n=1)
    guess = f"; did you mean '{near[0]}'? Allowed: " if near else "; allowed: "
    return guess + ", ".join(allowed)
