"""What the record tells of some cycles of networks that learn sequences."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sleeprun.protocol.packed import packed
from sleeprun.protocol.sampled import HUNDREDTHS
from sleeprun.subjects.sleeper.record import Lived
from sleeprun.subjects.sleeper.state import Tally


def lived(tally: Tally, population: str, groups: Sequence[str]) -> Lived:
    """Of every seed, the groups by their names; potentials where neurons have them."""
    much = int(tally.cycles[0])
    potential = np.asarray(tally.potential)[:, :much]
    grouped = np.asarray(tally.grouped)[:, :much]
    grouped = grouped.reshape(len(grouped), -1, len(groups))
    known = np.isfinite(potential).all()
    return Lived(
        spikes={name: each.tolist() for name, each in tally.spikes.items()},
        activity=_packed({name: each[:, :much] for name, each in tally.activity.items()}),
        groups=_packed({name: grouped[..., place] for place, name in enumerate(groups)}),
        potential=_packed({population: np.rint(HUNDREDTHS * potential)}) if known else {},
    )


def total(tallies: Sequence[Tally]) -> Tally:
    """Of some that follow one another, with the answers of the first."""
    lengths = [int(each.cycles[0]) for each in tallies]

    def added(*each: Any) -> Any:
        return sum(each)

    def behind(*each: Any) -> Any:
        parts = [part[:, :length] for part, length in zip(each, lengths, strict=True)]
        return np.concatenate(parts, axis=1)

    first, *_ = tallies
    return first._replace(
        cycles=added(*(each.cycles for each in tallies)),
        windows=added(*(each.windows for each in tallies)),
        spikes=jax.tree.map(added, *(each.spikes for each in tallies)),
        activity=jax.tree.map(behind, *(each.activity for each in tallies)),
        grouped=behind(*(each.grouped for each in tallies)),
        potential=behind(*(each.potential for each in tallies)),
    )


def _packed(rows: Mapping[str, np.ndarray | jnp.ndarray]) -> dict[str, list[str]]:
    return {
        name: [packed(np.asarray(row).astype(int)) for row in of_all]
        for name, of_all in rows.items()
    }
