"""What is computed otherwise where many networks are: on an accelerator all are one batch.

XLA goes on with a loop until a batch's last network is done, and holds the others back by copying
all that they carry, every time. Where going on changes nothing in a network that is done, none need
be held back: the loop goes as far as `most` says.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import jax
from jax import lax
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Bool, Shaped

Out = TypeVar("Out")


def one_by_one() -> bool:
    """Whether networks are computed one after another, as a CPU does."""
    return jax.default_backend() == "cpu"


def at_once(alone: int, together: int) -> int:
    """How much of a list is taken at a time."""
    return alone if one_by_one() else together


@custom_vmap
def most(count: Shaped[Array, ""]) -> Shaped[Array, ""]:
    """The largest in a batch; without one, the count itself."""
    return count


@most.def_vmap
def _(size: int, batched: Any, counts: Shaped[Array, " network"]) -> tuple[Array, bool]:
    return counts.max(axis=0), False


def seldom(
    needed: Bool[Array, ""], compute: Callable[[], Out], otherwise: Callable[[], Out]
) -> Out:
    """`compute()`, which is as `otherwise()` unless it is needed; then a CPU spares itself it."""
    return lax.cond(needed, compute, otherwise) if one_by_one() else compute()
