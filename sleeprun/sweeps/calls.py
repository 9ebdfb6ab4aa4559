"""A job's call of a compiled function, and which calls one program can serve.

Structure alone decides: the same function, the same tree, the same static leaves, the same shapes.
Numbers may differ; every row has its own.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import numpy as np

from sleeprun.subjects.seeds import parted

# Bytes from which equal leaves (data sets) are given to the program once and not to every row.
LARGE = 1 << 16


class Call(NamedTuple):
    """What `over_seeds(function, devices)(*arguments)` would be alone."""

    function: Callable
    arguments: tuple[object, ...]  # at last the state, whose leaves are [seed, ...]

    @property
    def seeds(self) -> int:
        return len(jax.tree.leaves(self.arguments[-1])[0])

    @property
    def shared(self) -> tuple[object, ...]:
        """What is the same for all its seeds; None where each has its own."""
        return parted(self.arguments[:-1])[0]

    @property
    def rows(self) -> tuple[tuple[object, ...], object]:
        """What is [seed, ...]: the arguments that are `PerSeed`, and the state."""
        return parted(self.arguments[:-1])[1], self.arguments[-1]

    @property
    def size(self) -> int:
        """Bytes of its rows."""
        return sum(leaf.nbytes for leaf in jax.tree.leaves(self.rows))

    @property
    def kind(self) -> Hashable:
        """Equal for calls that one program can serve."""
        leaves, structure = jax.tree.flatten(self.shared)
        grown, row_structure = jax.tree.flatten(self.rows)
        told = tuple(
            (leaf.shape, leaf.dtype) if eqx.is_array(leaf) else (type(leaf), leaf)
            for leaf in leaves
        )
        rows = tuple((leaf.shape[1:], leaf.dtype) for leaf in grown)
        return self.function, structure, told, row_structure, rows


def split(calls: Sequence[Call], owned: set[int]) -> tuple[tuple[object, ...], list[object]]:
    """What all calls share, from the first; and what each has of its own, as numpy arrays.

    Of the same kind of calls a leaf that was once their own stays so: `owned` has its place.
    """
    leaves = [jax.tree.leaves(call.shared) for call in calls]
    structure = jax.tree.structure(calls[0].shared)
    for place, of_all in enumerate(zip(*leaves, strict=True)):
        if eqx.is_array(of_all[0]) and not _one_for_all(of_all):
            owned.add(place)
    shared = [None if place in owned else leaf for place, leaf in enumerate(leaves[0])]
    own = [
        [np.asarray(leaf) if place in owned else None for place, leaf in enumerate(of_one)]
        for of_one in leaves
    ]
    return jax.tree.unflatten(structure, shared), [jax.tree.unflatten(structure, o) for o in own]


def _one_for_all(leaves: Sequence[jax.Array | np.ndarray]) -> bool:
    first, *others = leaves
    return first.nbytes >= LARGE and all(
        other is first or np.array_equal(other, first) for other in others
    )
