"""What is seen of a network in a phase: rates, and the slow oscillation of those that are read."""

from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from sleeprun.measures import slow_oscillation
from sleeprun.measures.replay import replays
from sleeprun.protocol.events import Event
from sleeprun.protocol.family import Scores
from sleeprun.protocol.heard import heard, joined
from sleeprun.protocol.sampled import Sampled, sampled
from sleeprun.subjects.sleeper.schema import Config


class Seen(NamedTuple):
    """One network, from some cycle of a phase on."""

    counts: dict[str, Int[np.ndarray, " bin"]]  # by population
    groups: dict[str, Int[np.ndarray, " small"]]  # by name, in smaller bins
    potential: Float[np.ndarray, " bin"]  # mV
    heard: Int[np.ndarray, "spike 2"]  # (step, cell) of those that are read, in the last bins
    listened: int  # to so many of them


def observed(config: Config, told: Iterable[Event]) -> dict[str, Scores]:
    """By measure, of every seed; nothing of a phase that is too short."""
    events = list(told)
    found: dict[str, Scores] = {}
    for phase in sampled(events):
        for seed in range(len(config.seeds)):
            seen = _seen(config, phase, events, seed)
            if not len(seen.counts[config.sequences.population]):
                return {}
            for name, value in _measured(config, seen).items():
                found.setdefault(name, []).append(value)
    return found


def _seen(config: Config, phase: Sampled, events: list[Event], seed: int) -> Seen:
    name, several = config.sequences.population, config.cycles_a_bin
    skipped = round(config.in_cycles(1000 * config.sequences.oscillation.skip))
    skipped += (phase.counts[name].shape[1] - skipped) % several  # all bins are whole
    counts = {
        each: slow_oscillation.in_bins(of_all[seed, skipped:], several)
        for each, of_all in phase.counts.items()
    }
    potentials = phase.potential.get(name, np.zeros((len(config.seeds), 0)))
    ends = potentials[seed, skipped:][several - 1 :: several]
    small = config.bins_a_cycle
    groups = {each: of_all[seed, small * skipped :] for each, of_all in phase.groups.items()}
    recorded = [*chain.from_iterable(heard(events).values())]
    listened = min(len(recorded) // several, len(counts[name]))
    if not listened or seed >= len(recorded[0][name]):
        return Seen(counts, groups, ends, np.zeros((0, 2), int), 0)
    pairs = joined(recorded[-listened * several :], seed, config.network.cycle_steps)[name]
    return Seen(counts, groups, ends, pairs, listened)


def _measured(config: Config, seen: Seen) -> dict[str, float]:
    name, width = config.sequences.population, config.cycles_a_bin * config.cycle_ms
    sizes = {each: of.count for each, of in config.network.populations.items()}
    counts, cells = seen.counts[name], sizes[name]
    criterion = config.sequences.oscillation.criterion
    ups = slow_oscillation.up_states(counts, cells, width, criterion)
    of_ups = slow_oscillation.up_lengths(ups, len(counts), width)
    downs = slow_oscillation.down_lengths(ups, width)
    rates = {
        f"{each}_hz": slow_oscillation.rate(seen.counts[each], sizes[each], width)
        for each in seen.counts
    }
    return {
        **rates,
        "up_states": float(len(ups)),
        "oscillation_hz": slow_oscillation.frequency(ups, width),
        **_lengths("up_ms", of_ups),
        **_lengths("down_ms", downs),
        "spikes_an_up": slow_oscillation.spikes_an_up(counts, cells, ups),
        "spread_ms": _spread(config, seen, width),
        "peak_hz": slow_oscillation.peak(counts, cells, width, ups),
        "spindle_peak": slow_oscillation.spindle_peak(seen.potential, width),
        "rhythm_hz": slow_oscillation.rhythm(seen.potential, width),
        **_replayed(config, seen, slow_oscillation.whole(ups, len(counts))),
    }


def _replayed(config: Config, seen: Seen, ups: Int[np.ndarray, "up 2"]) -> dict[str, float]:
    """In which share of Up states each sequence runs, and backwards."""
    tasks, small = config.sequences, config.bins_a_cycle * config.cycles_a_bin
    found: dict[str, float] = {}
    for name, order in tasks.orders.items() if seen.groups else ():
        counts = np.stack([seen.groups[each] for each in order], axis=1)
        runs = replays(counts, small * ups, tasks.replay.bins, tasks.replay.sure)
        for way, times in (("forward", runs.forward), ("reverse", runs.reverse)):
            share = times / runs.counted if runs.counted else np.nan
            found[f"replay/{name}/{way}"] = share
    return found


def _lengths(name: str, lengths: Float[np.ndarray, " n"]) -> dict[str, float]:
    some = lengths if len(lengths) else np.array([np.nan])
    return {
        name: float(some.mean()),
        f"{name}/shortest": float(some.min()),
        f"{name}/longest": float(some.max()),
    }


def _spread(config: Config, seen: Seen, width: float) -> float:
    """Where single cells were listened to."""
    name = config.sequences.population
    if not seen.listened:
        return np.nan
    counts, cells = seen.counts[name][-seen.listened :], config.network.populations[name].count
    ups = slow_oscillation.up_states(counts, cells, width, config.sequences.oscillation.criterion)
    step, cell = seen.heard.T
    time = step * config.network.step_ms
    return slow_oscillation.spread(time, cell, slow_oscillation.whole(ups, len(counts)), width)
