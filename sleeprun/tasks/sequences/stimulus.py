"""How a sequence is stimulated: its groups one after another, again and again."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from sleeprun.config.declared import number

Milliseconds = Float[Array, " time"]


class Stimulus(eqx.Module):
    """Gonzalez et al. 2020: a current into all cells of a group, the groups one after another."""

    current: Float[Array, ""] = number("into each cell", unit="uA/cm2", default=1.2)
    pulse: Float[Array, ""] = number("its length", unit="ms", gt=0, default=10.0)
    onset: Float[Array, ""] = number("from one group's to the next", unit="ms", gt=0, default=15.0)
    period: Float[Array, ""] = number("from one sequence to the next", unit="ms", gt=0)

    def drive(
        self, time: Milliseconds, members: Bool[Array, "group cell"], groups: Float[Array, ""]
    ) -> Float[Array, "time cell"]:
        """The current at some times since the first sequence began, of its first so many groups.

        A cue is a sequence of which only the first group comes.
        """
        place = jnp.arange(len(members), dtype=jnp.float32)
        since = (time % self.period)[:, None] - self.onset * place
        on = (since >= 0) & (since < self.pulse) & (place < groups)
        return self.current * (on.astype(jnp.float32) @ members.astype(jnp.float32)).clip(0, 1)


def members(first: list[int], size: int, cells: int) -> Bool[Array, "group cell"]:
    """Groups of neighbouring cells, each by its first one. Raises ValueError where one is none."""
    for one in first:
        if one + size > cells:
            raise ValueError(f"cells {one} to {one + size - 1}: there are {cells}, from 0 on")
    cell = jnp.arange(cells, dtype=jnp.int32)
    start = jnp.asarray(first, jnp.int32)[:, None]
    return (cell >= start) & (cell < start + size)
