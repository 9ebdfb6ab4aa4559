"""All seeds of a run at once: spread over the devices, and batched on each."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from sleeprun.protocol.events import Event
from sleeprun.protocol.family import Scores
from sleeprun.together import one_by_one

# (function, devices) -> the same compiled, for all seeds of its last argument
Over = Callable[[Callable, int], Callable]


@cache
def _mesh(count: int) -> Mesh:
    return Mesh(jax.local_devices()[:count], ("seed",))


def spread(tree: Any, count: int) -> Any:
    """Leaves [seed, ...] on `count` devices, which share the seeds."""
    return jax.device_put(tree, NamedSharding(_mesh(count), PartitionSpec("seed")))


class PerSeed(NamedTuple):
    """An argument that differs from seed to seed: its leaves are [seed, ...], as a state's are."""

    tree: Any


def parted(arguments: Sequence[Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What all seeds share, and what each has of its own: None where it is the other."""
    shared = tuple(None if isinstance(each, PerSeed) else each for each in arguments)
    own = tuple(each.tree if isinstance(each, PerSeed) else None for each in arguments)
    return shared, own


def merged(shared: Sequence[Any], own: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments of one seed."""
    pairs = zip(shared, own, strict=True)
    return tuple(common if mine is None else mine for common, mine in pairs)


@cache
def over_seeds(function: Callable, count: int) -> Callable:
    """Compile `function(shared..., state) -> outputs` to run for the [seed] axis of `state`.

    Any argument before it can be `PerSeed`.

    `count` devices share the seeds, whose number it must divide. A CPU core takes its seeds one
    after another, which keeps a network in cache and every branch a branch; an accelerator
    takes them as one batch.
    """

    @eqx.filter_jit
    def compiled(*arguments: Any) -> Any:
        shared, own = parted(arguments[:-1])
        arrays, static = eqx.partition(shared, eqx.is_array)

        def local(arrays: Any, own: Any, state: Any) -> Any:
            shared = eqx.combine(arrays, static)

            def one_seed(each: tuple[Any, Any]) -> Any:
                own, state = each
                return function(*merged(shared, own), state)

            rows = (own, state)
            return jax.lax.map(one_seed, rows) if one_by_one() else jax.vmap(one_seed)(rows)

        per_seed = PartitionSpec("seed")
        return jax.shard_map(
            local,
            mesh=_mesh(count),
            in_specs=(PartitionSpec(), per_seed, per_seed),
            out_specs=per_seed,
            check_vma=False,
        )(arrays, own, arguments[-1])

    return compiled


class Seeds(ABC):
    """What all subjects share: leaves are [seed, ...], padded to a multiple of the devices."""

    def __init__(self, seeds: int, devices: int, over: Over):
        self.seeds, self.devices, self.over = seeds, devices, over

    def padded(self, tree: Any) -> Any:
        return pad(tree, self.devices)

    def unpadded(self, tree: Any) -> Any:
        """Without the seeds that only pad."""
        return jax.tree.map(lambda leaf: np.asarray(leaf)[: self.seeds], tree)

    def heard(self, phase: Any) -> int:
        """Nothing, unless a subject has spikes to tell of."""
        return 0

    @abstractmethod
    def advance(self, phase: Any, count: int, state: Any) -> tuple[Any, Any]: ...

    def listen(self, phase: Any, count: int, state: Any) -> Any:
        return *self.advance(phase, count, state), ()

    def seen_after(self, phase: Any, state: Any) -> Iterable[Event]:
        """Nothing, unless a subject has more to tell of a phase than its progress."""
        return ()

    def observed(self, phase: Any, told: Iterable[Event]) -> dict[str, Scores]:
        """Nothing, unless a subject measures what it does in a phase."""
        return {}

    def call(self, function: Callable, *arguments: Any) -> Any:
        """Run a compiled function for all seeds; what comes back has really been computed."""
        return jax.block_until_ready(self.over(function, self.devices)(*arguments))


def pad(tree: Any, multiple: int) -> Any:
    """Repeat the last seed until the number of seeds is a multiple of the devices."""
    seeds = jax.tree.leaves(tree)[0].shape[0]
    index = [min(seed, seeds - 1) for seed in range(-(-seeds // multiple) * multiple)]
    return jax.device_put(jax.tree.map(lambda leaf: np.asarray(leaf)[index], tree))
