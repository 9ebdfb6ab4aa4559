"""A state with a NaN or an infinity in it ends its run."""

from collections.abc import Iterator, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


def lost(state: Any, seeds: Sequence[int]) -> Iterator[tuple[str, int]]:
    """Which parts of a state [seed, ...] are no longer finite, in which of the seeds."""
    leaves = jax.tree.leaves_with_path(state)
    floats = [(path, leaf) for path, leaf in leaves if eqx.is_inexact_array(leaf)]
    for (path, _), whole in zip(floats, _whole([leaf for _, leaf in floats]), strict=True):
        if not whole.all():
            name = jax.tree_util.keystr(path, simple=True, separator=".")
            yield from ((name, seed) for seed, one in zip(seeds, whole, strict=False) if not one)


@jax.jit
def _whole(leaves: list[Float[Array, "seed ..."]]) -> list[Bool[Array, " seed"]]:
    return [jnp.isfinite(leaf).all(axis=tuple(range(1, leaf.ndim))) for leaf in leaves]
