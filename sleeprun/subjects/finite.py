"""A state with a NaN or an infinity in it ends its run."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from sleeprun.config import ConfigError, ExperimentConfig
from sleeprun.config.kinds import own
from sleeprun.protocol.phases import Phase, Vigilance


def lost(state: Any, seeds: Sequence[int]) -> Iterator[tuple[str, int]]:
    """Which parts of a state [seed, ...] are no longer finite, in which of the seeds."""
    leaves = jax.tree.leaves_with_path(state)
    floats = [(path, leaf) for path, leaf in leaves if eqx.is_inexact_array(leaf)]
    whole = np.asarray(_whole([leaf for _, leaf in floats]))
    for place, which in np.argwhere(~whole[:, : len(seeds)]):
        yield jax.tree_util.keystr(floats[place][0], simple=True, separator="."), seeds[which]


def refuse_lost(
    config: ExperimentConfig, phase: Phase, done: int, state: Any, blamed: Callable[[str], str]
) -> None:
    """Raises ConfigError of a state that is no longer finite `done` cycles or steps into a phase.

    Classes of a user's own that take part are named before what else is `blamed` for a part.
    """
    for part, seed in lost(state, config.seeds):
        keys = ", or ".join([*_suspects(config, phase), blamed(part)])
        where = f"{phase.title}, by its {config.unit.removesuffix('s')} {done}"
        raise ConfigError(f"{keys}: {part} of seed {seed} is no longer finite ({where})")


def _suspects(config: ExperimentConfig, phase: Phase) -> list[str]:
    awake = Vigilance.of(phase.kind) is Vigilance.AWAKE
    idle = ("arms.", "probes.", *(["sleep."] if awake else []))
    return [f"{key}={kind}" for key, kind in own(config) if not key.startswith(idle)]


@jax.jit
def _whole(leaves: list[Float[Array, "seed ..."]]) -> Bool[Array, "leaf seed"]:
    """In one array, since reading many takes as long as a tenth of a chunk."""
    return jnp.stack([jnp.isfinite(leaf).all(axis=tuple(range(1, leaf.ndim))) for leaf in leaves])
