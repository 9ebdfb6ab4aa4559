"""The rows [job x seed] of a program: where they lie, and what calls were given of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

import jax
import numpy as np

Tree = TypeVar("Tree")
Leaf = jax.Array | np.ndarray


class Places(NamedTuple):
    """Where rows lie among the `size` of a program; those that are left are empty."""

    at: tuple[int, ...]
    size: int

    @classmethod
    def dealt(cls, rows: int, size: int, devices: int) -> "Places":
        """Dealt out so that every device has as many rows."""
        row = np.arange(rows)
        at = row % devices * (size // devices) + row // devices
        return cls(tuple(at.tolist()), size)

    @property
    def taken(self) -> np.ndarray:
        taken = np.zeros(self.size, bool)
        taken[[*self.at]] = True
        return taken

    def stacked(self, rows: Sequence[Tree]) -> Tree:
        """The rows at their places, the empty ones like the last."""
        filled = [rows[-1]] * self.size
        for place, row in zip(self.at, rows, strict=True):
            filled[place] = row
        return jax.tree.map(lambda *leaves: np.stack(leaves), *filled)

    def parts(self, rows: np.ndarray, seeds: Sequence[int]) -> list[np.ndarray]:
        """Each call's rows, of so many seeds."""
        places = np.split(np.array(self.at), np.cumsum(seeds)[:-1])
        return [rows[its[0] : its[0] + 1] if len(its) == 1 else rows[its] for its in places]


class Same:
    """A key that is an array itself, whatever its numbers; while the key lives, so does it."""

    def __init__(self, array: Leaf):
        self.array = array

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.array is other.array

    def __hash__(self) -> int:
        return object.__hash__(self.array)


class Given(NamedTuple):
    """A leaf of all rows, and the parts of it that the calls were given."""

    whole: jax.Array
    places: Places
    parts: list[Leaf]

    def is_all_of(self, parts: Sequence[Leaf], places: Places) -> bool:
        together = len(parts) == len(self.parts) and places == self.places
        return together and all(one is other for one, other in zip(parts, self.parts, strict=True))


class GivenOut:
    """What a run gave out, which the next need not stack again where all of it comes back."""

    def __init__(self) -> None:
        self.now: dict[Same, Given] = {}  # by the first part
        self.before: dict[Same, Given] = {}

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """Meanwhile another run, which knows what the one before it gave out."""
        self.before, self.now = self.now, {}
        try:
            yield
        finally:
            self.before = {}

    def joined(self, trees: Sequence[Tree], places: Places) -> Tree:
        """The trees' rows at their places, leaf by leaf: as they were given out, or anew."""

        def joined(*parts: Leaf) -> Leaf:
            given = self.before.get(Same(parts[0]))
            if given and given.is_all_of(parts, places):
                return given.whole
            return places.stacked([seed for part in parts for seed in np.asarray(part)])

        return jax.tree.map(joined, *trees)

    def remember(self, joined: Tree, trees: Sequence[Tree], places: Places) -> None:
        """What was joined of the trees' leaves: a test leaves them as they are for the next one."""
        jax.tree.map(lambda whole, *parts: self._keep(whole, places, [*parts]), joined, *trees)

    def parted(self, whole: jax.Array, places: Places, seeds: Sequence[int]) -> list[np.ndarray]:
        """Each call's part of a leaf."""
        parts = places.parts(np.asarray(whole), seeds)
        self._keep(whole, places, [*parts])
        return parts

    def _keep(self, whole: jax.Array, places: Places, parts: list[Leaf]) -> None:
        self.now[Same(parts[0])] = Given(whole, places, parts)
