"""Timing in turns, so that what else the machine does falls on all alike."""

import statistics
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import jax

from speed.agents import Spikes

BASELINES = ("naive", "by_layer", "brian2")


class Sample(NamedTuple):
    rate: float  # movement cycles/s, of all seeds together
    spikes: Spikes


Entries = dict[str, Callable[[], Sample]]


def seconds(function: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> Any:
    """How long a call takes, and what it returns. Processor time, unless another clock is given."""
    start = clock()
    result = jax.block_until_ready(function())
    return clock() - start, result


def in_turns(entries: Entries, rounds: int) -> dict[str, list[Sample]]:
    samples: dict[str, list[Sample]] = {name: [] for name in entries}
    for _ in range(rounds):
        for name, entry in entries.items():
            samples[name].append(entry())
    return samples


def spread(values: Iterable[float]) -> dict[str, float]:
    values = list(values)
    found = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: round(value, 2) for name, value in found.items()}


def compared(samples: dict[str, list[Sample]]) -> dict[str, dict[str, Any]]:
    """Every entry's speed, activity and, round by round, its ratio to the baselines."""
    rates = {name: [sample.rate for sample in taken] for name, taken in samples.items()}
    found: dict[str, dict[str, Any]] = {}
    for name, taken in samples.items():
        ratios = {
            other: spread(a / b for a, b in zip(rates[name], rates[other], strict=True))
            for other in BASELINES
            if other in rates and other != name
        }
        spikes = {
            kind: round(statistics.mean(sample.spikes[kind] for sample in taken), 2)
            for kind in taken[0].spikes
        }
        found[name] = {
            "cycles_per_second": spread(rates[name]),
            "spikes_a_cycle": spikes,
            "ratio_to": ratios,
        }
    return found
