"""Calls that several jobs make at once, as one compiled program over [job x seed] rows.

Which calls go together is decided by structure alone: the same function, the same tree, the same
static leaves, the same shapes. Numbers may differ; every row has its own.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cache, cached_property, partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from sleeprun.runs import memory
from sleeprun.subjects.seeds import merged, over_seeds, parted, spread

# Bytes from which equal leaves (data sets) are given to the program once and not to every row.
LARGE = 1 << 16
SHARE = 0.75  # of what is free at first, for what is computed together
COPIES = 20  # of a row's first state that a job comes to, at its widest; measured asleep


class Call(NamedTuple):
    """What `over_seeds(function, devices)(*arguments)` would be alone."""

    function: Callable
    arguments: tuple[Any, ...]  # at last the state, whose leaves are [seed, ...]

    @property
    def seeds(self) -> int:
        return len(jax.tree.leaves(self.arguments[-1])[0])

    @property
    def shared(self) -> tuple[Any, ...]:
        """What is the same for all its seeds; None where each has its own."""
        return parted(self.arguments[:-1])[0]

    @property
    def rows(self) -> tuple[tuple[Any, ...], Any]:
        """What is [seed, ...]: the arguments that are `PerSeed`, and the state."""
        return parted(self.arguments[:-1])[1], self.arguments[-1]

    @property
    def size(self) -> int:
        """Bytes of its rows."""
        return sum(leaf.nbytes for leaf in jax.tree.leaves(self.rows))


class Same:
    """A key that is an array itself, whatever its numbers; while the key lives, so does it."""

    def __init__(self, array: Any):
        self.array = array

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.array is other.array

    def __hash__(self) -> int:
        return object.__hash__(self.array)


class Given(NamedTuple):
    """A leaf of all rows, and the parts of it that the calls were given."""

    whole: jax.Array
    at: tuple[int, ...]
    parts: list[np.ndarray]

    def is_all_of(self, parts: Sequence[Any], at: np.ndarray, size: int) -> bool:
        together = len(parts) == len(self.parts) and (tuple(at), size) == (self.at, len(self.whole))
        return together and all(one is other for one, other in zip(parts, self.parts, strict=True))


class Programs:
    """Runs calls together, and knows which programs are there already.

    A group that is smaller than one before, as jobs end or a sweeper's last batch is short, takes
    that one's program with empty rows, which cost a CPU nothing.
    """

    def __init__(self, memory_gb: float | None = None):
        self.memory_gb = memory_gb
        self.sizes: dict[Hashable, set[int]] = defaultdict(set)  # rows of the programs that ran
        # Leaves that calls had of their own.
        self.owned: dict[Hashable, set[int]] = defaultdict(set)
        self.given: dict[Same, Given] = {}  # by the first part, what the last run gave out

    @cached_property  # asked for only once JAX has been set up
    def budget(self) -> float:
        """Bytes that may be computed with at once."""
        return SHARE * memory.of_devices() if self.memory_gb is None else self.memory_gb * 2**30

    def has_room_beside(self, calls: Sequence[Call]) -> bool:
        """Whether one more job, as large as the largest of these, can be there at once."""
        largest = max((call.size for call in calls), default=0)
        return COPIES * largest * (len(calls) + 1) <= self.budget

    def run(self, calls: Sequence[Call]) -> list[Any]:
        """Each call's result, or the exception that it ended with, in numpy arrays."""
        memory.forget_programs_if_crowded()
        groups: dict[Hashable, list[int]] = defaultdict(list)
        for place, call in enumerate(calls):
            groups[_kind(call)].append(place)
        results: list[Any] = [None] * len(calls)
        before, self.given = self.given, {}
        for kind, members in groups.items():
            for places in self._fitting(calls, members):
                found = self._spared(kind, [calls[place] for place in places], before)
                for place, result in zip(places, found, strict=True):
                    results[place] = result
        return results

    def _spared(self, kind: Hashable, calls: list[Call], before: dict[Same, Given]) -> list[Any]:
        """What fails together, by its size or by one of the calls, is tried in halves."""
        try:
            return self._together(kind, calls, before)
        except Exception as error:
            if len(calls) == 1:
                return [error]
        half = len(calls) // 2
        return [
            result
            for part in (calls[:half], calls[half:])
            for result in self._spared(kind, part, before)
        ]

    def _fitting(self, calls: Sequence[Call], members: list[int]) -> Iterator[list[int]]:
        """The members in parts that fit into memory."""
        first = calls[members[0]]
        most = max(1, int(self.budget * first.seeds / (COPIES * max(1, first.size))))
        part: list[int] = []
        rows = 0
        for place in members:
            if part and rows + calls[place].seeds > most:
                yield part
                part, rows = [], 0
            part.append(place)
            rows += calls[place].seeds
        yield part

    def _together(self, kind: Hashable, calls: list[Call], before: dict[Same, Given]) -> list[Any]:
        shared, own = _parted(calls, self.owned[kind])
        owners = [job for job, call in enumerate(calls) for _ in range(call.seeds)]
        devices = jax.local_device_count()
        program = kind, jax.tree.structure(own[0])
        size = self._size(program, len(owners), devices)
        at = _dealt(len(owners), size, devices)
        alive = np.zeros(size, bool)
        alive[at] = True
        numbers = _stacked([own[job] for job in owners], at, size)
        trees = [call.rows for call in calls]
        seeds = spread(_joined(trees, at, size, before), devices)
        self._remember(seeds, trees, at)
        rows = (*spread((alive, numbers), devices), *seeds)
        found = over_seeds(_row(calls[0].function), devices)(*shared, rows)
        self.sizes[program].add(size)
        leaves, structure = jax.tree.flatten(found)
        seeds_of = [call.seeds for call in calls]
        parts = [self._give(leaf, at, seeds_of) for leaf in leaves]
        return [jax.tree.unflatten(structure, its) for its in zip(*parts, strict=True)]

    def _give(self, whole: jax.Array, at: np.ndarray, seeds: list[int]) -> list[np.ndarray]:
        """Each call's part of a leaf; kept in mind, since most come back together."""
        rows = np.asarray(whole)
        places = np.split(at, np.cumsum(seeds)[:-1])
        parts = [rows[its[0] : its[0] + 1] if len(its) == 1 else rows[its] for its in places]
        self.given[Same(parts[0])] = Given(whole, tuple(at), parts)
        return parts

    def _remember(self, joined: Any, trees: list[Any], at: np.ndarray) -> None:
        """What was joined of the trees' leaves: a test leaves them as they are for the next one."""

        def remember(whole: jax.Array, *parts: Any) -> None:
            self.given[Same(parts[0])] = Given(whole, tuple(at), list(parts))

        jax.tree.map(remember, joined, *trees)

    def _size(self, program: Hashable, rows: int, devices: int) -> int:
        """Rows of the smallest known program that has room, else of one to be compiled."""
        if fitting := [size for size in self.sizes[program] if size >= rows]:
            return min(fitting)
        share = -(-rows // devices)
        if jax.default_backend() == "cpu":  # few sizes, so that sweeps find each other's programs
            share = 1 << (share - 1).bit_length()
        return share * devices


def _kind(call: Call) -> Hashable:
    """Equal for calls that one program can serve."""
    leaves, structure = jax.tree.flatten(call.shared)
    grown, row_structure = jax.tree.flatten(call.rows)
    told = tuple(
        (leaf.shape, leaf.dtype) if eqx.is_array(leaf) else (type(leaf), leaf) for leaf in leaves
    )
    rows = tuple((leaf.shape[1:], leaf.dtype) for leaf in grown)
    return call.function, structure, told, row_structure, rows


def _parted(calls: list[Call], owned: set[int]) -> tuple[Any, list[Any]]:
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


def _one_for_all(leaves: Sequence[Any]) -> bool:
    first, *others = leaves
    return first.nbytes >= LARGE and all(
        other is first or np.array_equal(other, first) for other in others
    )


def _joined(trees: list[Any], at: np.ndarray, size: int, before: dict[Same, Given]) -> Any:
    """The trees' rows at their places, leaf by leaf: as they were given out, or stacked anew."""

    def joined(*parts: Any) -> Any:
        given = before.get(Same(parts[0]))
        if given and given.is_all_of(parts, at, size):
            return given.whole
        return _stacked([seed for part in parts for seed in np.asarray(part)], at, size)

    return jax.tree.map(joined, *trees)


def _stacked(rows: list[Any], at: np.ndarray, size: int) -> Any:
    """`rows` at their places among `size`; the places left are like the last row."""
    filled = [rows[-1]] * size
    for place, row in zip(at, rows, strict=True):
        filled[place] = row
    return jax.tree.map(lambda *leaves: np.stack(leaves), *filled)


def _dealt(rows: int, size: int, devices: int) -> np.ndarray:
    """The rows' places, dealt out so that every device has as many rows."""
    row = np.arange(rows)
    return row % devices * (size // devices) + row // devices


@cache
def _row(function: Callable) -> Callable:
    """`function` of a row: its own numbers beside what is shared, and nothing for an empty row."""

    def row(*arguments: Any) -> Any:
        *shared, (alive, numbers, own, state) = arguments
        given = merged(eqx.combine(tuple(shared), numbers), own)
        arrays, static = eqx.partition(given, eqx.is_array)

        @partial(jax.jit, inline=True)  # so that it is traced once
        def live(arrays: Any, state: Any) -> Any:
            return function(*eqx.combine(arrays, static), state)

        if jax.default_backend() != "cpu":  # empty rows run beside the others
            return live(arrays, state)
        blank = jax.eval_shape(live, arrays, state)

        def empty(arrays: Any, state: Any) -> Any:
            return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), blank)

        return jax.lax.cond(alive, live, empty, arrays, state)

    return row
