"""The spikes of a phase's last cycles, from a run's record."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Int

from sleeprun.config import ConfigError
from sleeprun.protocol.events import Begun, Event, Raster, Spiked, Start

Leg = tuple[int, str, str]  # a phase's index, and the kind and name of what takes turns in it
_INDEX, _KIND, _NAME = range(3)
Pairs = dict[str, Int[np.ndarray, "spike 2"]]  # (step, neuron), by population


def of_phase(events: Iterable[Event], phase: int | str, seed: int | None = None) -> Pairs:
    """Of one seed, the first if none is given; steps are counted over all cycles recorded.

    `phase` is an index, a name, or a kind that is no name; of several the last one. Raises
    ConfigError where there is no such thing.
    """
    seeds: list[int] = []
    steps, index = 1, -1
    legs: dict[Leg, list[Spiked]] = {}
    for event in events:
        match event:
            case Start():
                seeds, steps = event.seeds, event.facts.steps_a_cycle
            case Begun():
                index = event.index
            case Spiked():
                legs.setdefault((index, event.kind, event.name), []).append(event)
            case Raster(kind=kind, name=name, spikes=spikes):
                first = {population: [pairs] for population, pairs in spikes.items()}
                legs.setdefault((index, kind, name), [Spiked(kind=kind, name=name, spikes=first)])
    found = legs[_last(list(legs), phase)]
    return _joined(found, _place(seed, seeds, found[0]), steps)


def _last(legs: list[Leg], phase: int | str) -> Leg:
    """The last one of this index or name; where there is none, of this kind."""
    for which in (_INDEX, _NAME, _KIND):
        if found := [leg for leg in legs if leg[which] == phase]:
            return found[-1]
    told = ", ".join(f"{index} ({name!r}, {kind})" for index, kind, name in legs) or "none"
    raise ConfigError(f"no spikes of phase {phase!r}; there are: {told}")


def _place(seed: int | None, seeds: list[int], cycle: Spiked) -> int:
    recorded = seeds[: len(next(iter(cycle.spikes.values())))]
    if seed is None:
        return 0
    if seed not in recorded:
        more = " (of all with runtime.spikes=1 or more)" if seed in seeds else ""
        raise ConfigError(f"no spikes of seed {seed}; there are those of {recorded}{more}")
    return recorded.index(seed)


def _joined(cycles: list[Spiked], place: int, steps: int) -> Pairs:
    """Of the seed at a place; each cycle begins `steps` after the one before it."""
    joined = {}
    for name in cycles[0].spikes:
        parts = [np.array(cycle.spikes[name][place], int).reshape(-1, 2) for cycle in cycles]
        begins = (np.array([steps * k, 0]) for k in range(len(parts)))
        joined[name] = np.concatenate([*map(np.add, parts, begins)])
    return joined
