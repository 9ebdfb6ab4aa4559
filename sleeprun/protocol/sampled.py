"""What cells do in each cycle of a phase, put together from a record."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from sleeprun.protocol.events import Event, Progress
from sleeprun.protocol.family import Packed
from sleeprun.protocol.packed import unpacked

HUNDREDTHS = 100  # of a mV, in which potentials are recorded
Rows = dict[str, Int[np.ndarray, "seed cycle"]]


class Sampled(NamedTuple):
    """A phase, or as much of it as is told, by population."""

    phase: int
    kind: str
    name: str
    begin: int  # cycle of the protocol's clock
    counts: dict[str, Int[np.ndarray, "seed cycle"]]  # spikes of the whole population
    groups: dict[str, Int[np.ndarray, "seed bin"]]  # of groups by name, some bins a cycle
    potential: dict[str, Float[np.ndarray, "seed cycle"]]  # mV, at its end, the mean of its cells


def sampled(events: Iterable[Event]) -> list[Sampled]:
    """All phases that have any, in order."""
    told: dict[int, list[Progress]] = {}
    for event in events:
        if isinstance(event, Progress) and event.summary.activity:
            told.setdefault(event.phase, []).append(event)
    return [_sampled(chunks) for chunks in told.values()]


def _sampled(chunks: Sequence[Progress]) -> Sampled:
    first, summaries = chunks[0], [chunk.summary for chunk in chunks]
    volts = _rows([summary.potential for summary in summaries])
    return Sampled(
        phase=first.phase,
        kind=first.kind,
        name=first.name,
        begin=first.begin,
        counts=_rows([summary.activity for summary in summaries]),
        groups=_rows([summary.groups for summary in summaries]),
        potential={name: each / HUNDREDTHS for name, each in volts.items()},
    )


def _rows(told: Sequence[Packed]) -> Rows:
    return {
        name: np.array(
            [
                np.concatenate([unpacked(chunk[name][seed]) for chunk in told])
                for seed in range(len(told[0][name]))
            ]
        )
        for name in told[0]
    }
