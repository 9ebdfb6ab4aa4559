"""What a record tells of spikes, cycle by cycle: of all seeds, or of the first."""

from collections.abc import Iterator, Mapping

import numpy as np
from jaxtyping import Int

from sleeprun.protocol.events import Event
from sleeprun.protocol.heard import HeardCycle
from sleeprun.protocol.phases import Phase
from sleeprun.protocol.seen import Raster, Spiked
from sleeprun.spiking.spikes import SpikeList

CLOCK = 2**32  # steps, after which it begins anew


def told(
    phase: Phase,
    spikes: Mapping[str, SpikeList],
    begin: Int[np.ndarray, " seed"],
    steps: int,
    cycles: int = 1,
    seeds: int | None = None,
) -> Iterator[Event]:
    """An event for each of so many cycles of `steps`, from cycle `begin` on: of the first seeds,
    or as a raster of the first one alone. Lists are those of all seeds, [seed, ...].
    """
    for of_cycle in _heard(spikes, begin, steps, cycles, seeds or 1):
        if seeds:
            yield Spiked(kind=phase.kind, name=phase.title, spikes=of_cycle)
        else:
            first = {name: of_all[0] for name, of_all in of_cycle.items()}
            yield Raster(kind=phase.kind, name=phase.title, spikes=first)


def _heard(
    spikes: Mapping[str, SpikeList],
    begin: Int[np.ndarray, " seed"],
    steps: int,
    cycles: int,
    seeds: int,
) -> list[HeardCycle]:
    """[step, neuron] pairs; older spikes in the lists are left out."""
    found: list[HeardCycle] = [{name: [] for name in spikes} for _ in range(cycles)]
    for name, each in spikes.items():
        parts = (
            np.asarray(part[:seeds], np.int64) for part in (each.length, each.time, each.neuron)
        )
        for length, time, neuron, first in zip(*parts, begin[:seeds], strict=True):
            step = (time[:length] - first * steps) % CLOCK
            own = step < steps * cycles
            cycle, within = np.divmod(step[own], steps)
            pairs = np.stack([within, neuron[:length][own]], axis=1)
            ends = np.searchsorted(cycle, np.arange(1, cycles))
            for of_cycle, here in zip(found, np.split(pairs, ends), strict=True):
                of_cycle[name].append(here.tolist())
    return found
