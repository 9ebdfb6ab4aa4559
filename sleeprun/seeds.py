"""All seeds of a run at once: spread over the devices, and batched on each."""

from collections.abc import Callable
from functools import cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

# (function, devices) -> the same compiled, for all seeds of its last argument
Over = Callable[[Callable, int], Callable]


@cache
def _mesh(count: int) -> Mesh:
    return Mesh(jax.devices()[:count], ("seed",))


def spread(tree: Any, count: int) -> Any:
    """Leaves [seed, ...] on `count` devices, which share the seeds."""
    return jax.device_put(tree, NamedSharding(_mesh(count), PartitionSpec("seed")))


@cache
def over_seeds(function: Callable, count: int) -> Callable:
    """Compile `function(shared..., state) -> outputs` to run for the [seed] axis of `state`.

    `count` devices share the seeds, whose number it must divide. A CPU core takes its seeds one
    after another, which keeps a network in cache and every branch a branch; an accelerator
    takes them as one batch.
    """
    on_cpu = jax.default_backend() == "cpu"

    @eqx.filter_jit
    def compiled(*arguments: Any) -> Any:
        arrays, static = eqx.partition(arguments[:-1], eqx.is_array)

        def local(arrays: Any, state: Any) -> Any:
            def one_seed(state: Any) -> Any:
                return function(*eqx.combine(arrays, static), state)

            return jax.lax.map(one_seed, state) if on_cpu else jax.vmap(one_seed)(state)

        return jax.shard_map(
            local,
            mesh=_mesh(count),
            in_specs=(PartitionSpec(), PartitionSpec("seed")),
            out_specs=PartitionSpec("seed"),
            check_vma=False,
        )(arrays, arguments[-1])

    return compiled


def pad(tree: Any, multiple: int) -> Any:
    """Repeat the last seed until the number of seeds is a multiple of the devices."""
    seeds = jax.tree.leaves(tree)[0].shape[0]
    index = [min(seed, seeds - 1) for seed in range(-(-seeds // multiple) * multiple)]
    return jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)[index]), tree)
