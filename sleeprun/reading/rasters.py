"""The spikes of a phase's last cycles, from a run's record."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from sleeprun.config import ConfigError
from sleeprun.protocol.events import Begun, Event, Start
from sleeprun.protocol.heard import HeardCycle, Pairs, Part, heard, joined
from sleeprun.protocol.sampled import Sampled
from sleeprun.protocol.seen import Raster, Spiked

P = TypeVar("P", Part, Sampled)


def of_phase(events: Iterable[Event], phase: int | str, seed: int | None = None) -> Pairs:
    """Of one seed, the first if none is given; steps are counted over all cycles recorded.

    `phase` is an index, a name, or a kind that is no name; of several the last one. Raises
    ConfigError where there is no such thing.
    """
    told = [each for each in events if isinstance(each, Start | Begun | Raster | Spiked)]
    recorded = heard(told)
    cycles = recorded[last_of(list(recorded), phase, "spikes")]
    seeds: list[int] = []
    steps = 1
    for event in told:
        if isinstance(event, Start):
            seeds, steps = event.seeds, event.facts.steps_a_cycle
    return joined(cycles, _place(seed, seeds, cycles[0]), steps)


def last_of(recorded: Sequence[P], phase: int | str, what: str) -> P:
    """The last one of this index or name; where there is none, of this kind.

    Raises ConfigError where there is no such thing.
    """
    for which in ("phase", "name", "kind"):
        if found := [part for part in recorded if getattr(part, which) == phase]:
            return found[-1]
    there = ", ".join(f"{part.phase} ({part.name!r}, {part.kind})" for part in recorded) or "none"
    raise ConfigError(f"no {what} of phase {phase!r}; there are: {there}")


def _place(seed: int | None, seeds: list[int], cycle: HeardCycle) -> int:
    recorded = seeds[: len(next(iter(cycle.values())))]
    if seed is None:
        return 0
    if seed not in recorded:
        more = " (of all with runtime.spikes=1 or more)" if seed in seeds else ""
        raise ConfigError(f"no spikes of seed {seed}; there are those of {recorded}{more}")
    return recorded.index(seed)
