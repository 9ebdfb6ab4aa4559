"""Calls that several jobs make at once, as one compiled program over [job x seed] rows."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cache, cached_property, partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from sleeprun.runs import memory
from sleeprun.subjects.seeds import merged, over_seeds, spread
from sleeprun.sweeps.calls import Call, split
from sleeprun.sweeps.rows import GivenOut, Places

SHARE = 0.75  # of what is free at first, for what is computed together
COPIES = 20  # of a row's first state that a job comes to, at its widest; measured asleep


class Programs:
    """Runs calls together, and knows which programs are there already.

    A group that is smaller than one before, as jobs end or a sweeper's last batch is short, takes
    that one's program with empty rows, which cost a CPU nothing.
    """

    def __init__(self, memory_gb: float | None = None):
        self.memory_gb = memory_gb
        self.sizes: dict[Hashable, set[int]] = defaultdict(set)  # rows of the programs that ran
        self.owned: dict[Hashable, set[int]] = defaultdict(set)  # leaves that calls have themselves
        self.given = GivenOut()

    @cached_property  # asked for only once JAX has been set up
    def budget(self) -> float:
        """Bytes that may be computed with at once."""
        return SHARE * memory.of_devices() if self.memory_gb is None else self.memory_gb * 2**30

    def has_room_beside(self, calls: Sequence[Call]) -> bool:
        """Whether one more job, as large as the largest of these, can be there at once."""
        largest = max((call.size for call in calls), default=0)
        return COPIES * largest * (len(calls) + 1) <= self.budget

    def run(self, calls: Sequence[Call]) -> list[object]:
        """Each call's result, or the exception that it ended with, in numpy arrays."""
        memory.forget_programs_if_crowded()
        groups: dict[Hashable, list[int]] = defaultdict(list)
        for place, call in enumerate(calls):
            groups[call.kind].append(place)
        results: list[object] = [None] * len(calls)
        with self.given.renewed():
            for kind, members in groups.items():
                for places in self._fitting(calls, members):
                    found = self._spared(kind, [calls[place] for place in places])
                    for place, result in zip(places, found, strict=True):
                        results[place] = result
        return results

    def _spared(self, kind: Hashable, calls: list[Call]) -> list[object]:
        """What fails together, by its size or by one of the calls, is tried in halves."""
        try:
            return self._together(kind, calls)
        except Exception as error:
            if len(calls) == 1:
                return [error]
        half = len(calls) // 2
        return [*self._spared(kind, calls[:half]), *self._spared(kind, calls[half:])]

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

    def _together(self, kind: Hashable, calls: list[Call]) -> list[object]:
        shared, own = split(calls, self.owned[kind])
        owners = [job for job, call in enumerate(calls) for _ in range(call.seeds)]
        devices = jax.local_device_count()
        program = kind, jax.tree.structure(own[0])
        size = self._size(program, len(owners), devices)
        places = Places.dealt(len(owners), size, devices)
        numbers = places.stacked([own[job] for job in owners])
        trees = [call.rows for call in calls]
        seeds = spread(self.given.joined(trees, places), devices)
        self.given.remember(seeds, trees, places)
        rows = (*spread((places.taken, numbers), devices), *seeds)
        found = over_seeds(_row(calls[0].function), devices)(*shared, rows)
        self.sizes[program].add(size)
        leaves, structure = jax.tree.flatten(found)
        seeds_of = [call.seeds for call in calls]
        parts = [self.given.parted(leaf, places, seeds_of) for leaf in leaves]
        return [jax.tree.unflatten(structure, its) for its in zip(*parts, strict=True)]

    def _size(self, program: Hashable, rows: int, devices: int) -> int:
        """Rows of the smallest known program that has room, else of one to be compiled."""
        if fitting := [size for size in self.sizes[program] if size >= rows]:
            return min(fitting)
        share = -(-rows // devices)
        if jax.default_backend() == "cpu":  # few sizes, so that sweeps find each other's programs
            share = 1 << (share - 1).bit_length()
        return share * devices


@cache
def _row(function: Callable) -> Callable:
    """`function` of a row: its own numbers beside what is shared, and nothing for an empty row."""

    def row(*arguments: PyTree) -> PyTree:
        *shared, (alive, numbers, own, state) = arguments
        given = merged(eqx.combine(tuple(shared), numbers), own)
        arrays, static = eqx.partition(given, eqx.is_array)

        @partial(jax.jit, inline=True)  # so that it is traced once
        def live(arrays: PyTree, state: PyTree) -> PyTree:
            return function(*eqx.combine(arrays, static), state)

        if jax.default_backend() != "cpu":  # empty rows run beside the others
            return live(arrays, state)
        blank = jax.eval_shape(live, arrays, state)

        def empty(arrays: PyTree, state: PyTree) -> PyTree:
            return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), blank)

        return jax.lax.cond(alive, live, empty, arrays, state)

    return row
