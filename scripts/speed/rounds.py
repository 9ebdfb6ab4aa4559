"""Timing in turns, so that what else the machine does falls on all alike."""

import os
import statistics
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import jax

from sleeprun.runs.devices import XLA_FLAGS
from speed.agents import Spikes

BASELINES = ("naive", "by_layer", "brian2")


class Sample(NamedTuple):
    rate: float  # movement cycles, steps or simulated seconds, a second; of all seeds together
    spikes: Spikes


Entries = dict[str, Callable[[], Sample]]


def pin(cores: int) -> None:
    """Keep to so many cores, where the system lets us. Before JAX starts its threads."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])
    os.environ["XLA_FLAGS"] = XLA_FLAGS
    jax.config.update("jax_num_cpu_devices", cores)


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


def compared(
    samples: dict[str, list[Sample]], unit: str = "cycle", baselines: Iterable[str] = BASELINES
) -> dict[str, dict[str, Any]]:
    """Every entry's speed, activity and, round by round, its ratio to the baselines."""
    rates = {name: [sample.rate for sample in taken] for name, taken in samples.items()}
    found: dict[str, dict[str, Any]] = {}
    for name, taken in samples.items():
        ratios = {
            other: spread(a / b for a, b in zip(rates[name], rates[other], strict=True))
            for other in baselines
            if other in rates and other != name
        }
        spikes = {
            kind: round(statistics.mean(sample.spikes[kind] for sample in taken), 4)
            for kind in taken[0].spikes
        }
        found[name] = {
            f"{unit}s_per_second": spread(rates[name]),
            f"spikes_a_{unit}": spikes,
            "ratio_to": ratios,
        }
    return found
