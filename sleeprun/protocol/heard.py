"""The spikes in a record, put together: the last cycles of each part of a phase."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from sleeprun.protocol.events import Begun, Event
from sleeprun.protocol.phases import Vigilance
from sleeprun.protocol.seen import Raster, Spiked

Pairs = dict[str, Int[np.ndarray, "spike 2"]]  # (step, neuron), by population
HeardCycle = dict[str, list[list[list[int]]]]  # by population of each seed the pairs of a cycle


class Part(NamedTuple):
    """What takes turns in a phase, or the whole of it."""

    phase: int  # its index
    kind: str
    name: str

    @property
    def vigilance(self) -> Vigilance:
        return Vigilance.of(self.kind)


def heard(events: Iterable[Event]) -> dict[Part, list[HeardCycle]]:
    """In order, with the cycles that were recorded of each, of all seeds or of the first alone."""
    index = -1
    of_all: dict[Part, list[HeardCycle]] = {}
    of_first: dict[Part, list[HeardCycle]] = {}
    for event in events:
        match event:
            case Begun():
                index = event.index
            case Spiked(kind=kind, name=name, spikes=spikes):
                of_all.setdefault(Part(index, kind, name), []).append(spikes)
            case Raster(kind=kind, name=name, spikes=pairs):
                cycle = {population: [each] for population, each in pairs.items()}
                of_first.setdefault(Part(index, kind, name), []).append(cycle)
    return of_first | of_all


def joined(cycles: list[HeardCycle], place: int, steps: int) -> Pairs:
    """Of the seed at a place; each cycle begins `steps` after the one before it."""
    found = {}
    for name in cycles[0]:
        parts = [np.array(cycle[name][place], int).reshape(-1, 2) for cycle in cycles]
        begins = (np.array([steps * k, 0]) for k in range(len(parts)))
        found[name] = np.concatenate([*map(np.add, parts, begins)])
    return found
