"""How alike tasks are to a network, and which weights a sleep moved."""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int


class WeightChange(NamedTuple):
    """What a sleep did to the weights of each layer."""

    raised: Float[Array, " layer"]  # share of all its weights
    lowered: Float[Array, " layer"]
    mean: Float[Array, " layer"]  # absolute change, over all its weights


def moved(
    before: Sequence[Float[Array, "_ _"]], after: Sequence[Float[Array, "_ _"]]
) -> WeightChange:
    changes = [late - early for early, late in zip(before, after, strict=True)]
    return WeightChange(
        jnp.stack([(change > 0).astype(jnp.float32).mean() for change in changes]),
        jnp.stack([(change < 0).astype(jnp.float32).mean() for change in changes]),
        jnp.stack([jnp.abs(change).mean(axis=0).mean() for change in changes]),
    )


def overlap(means: Float[np.ndarray, "task unit"]) -> float:
    """Pearson correlation of the tasks' mean activations, over all pairs of tasks.

    A task that all units answer alike (a silent layer) correlates with none and is left out.
    """
    means = means.astype(np.float64)
    varied = means[np.ptp(means, axis=1) > 0]
    if len(varied) < 2:
        return float("nan")
    return float(np.corrcoef(varied)[np.triu_indices(len(varied), 1)].mean())


def chosen(images: int, most: int) -> Int[np.ndarray, " chosen"]:
    """Indices of at most so many images, evenly spread: a file may be sorted by class."""
    return np.linspace(0, images - 1, min(images, most)).astype(int)
