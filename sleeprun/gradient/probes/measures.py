"""How alike tasks are to a network, which weights a sleep moved, and what a run found of it all."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from sleeprun.measures import statistics

Event = dict[str, Any]


class Moved(NamedTuple):
    """What a sleep did to the weights of each layer."""

    raised: Float[Array, " layer"]  # share of all its weights
    lowered: Float[Array, " layer"]
    mean: Float[Array, " layer"]  # absolute change, over all its weights


def moved(before: Sequence[Float[Array, "_ _"]], after: Sequence[Float[Array, "_ _"]]) -> Moved:
    changes = [late - early for early, late in zip(before, after, strict=True)]
    return Moved(
        jnp.stack([(change > 0).astype(jnp.float32).mean() for change in changes]),
        jnp.stack([(change < 0).astype(jnp.float32).mean() for change in changes]),
        jnp.stack([jnp.abs(change).mean(axis=0).mean() for change in changes]),
    )


def overlap(means: Float[np.ndarray, "task unit"]) -> float:
    """Pearson correlation of the tasks' mean activations, over all pairs of tasks.

    A task that all units answer alike (a silent layer) correlates with none and is left out.
    """
    means = means.astype(np.float64)
    varied = means[np.ptp(means, axis=1) > 0]
    if len(varied) < 2:
        return float("nan")
    return float(np.corrcoef(varied)[np.triu_indices(len(varied), 1)].mean())


def chosen(images: int, most: int) -> Int[np.ndarray, " chosen"]:
    """Indices of at most so many images, evenly spread: a file may be sorted by class."""
    return np.linspace(0, images - 1, min(images, most)).astype(int)


def summary(events: Iterable[Event]) -> list[Event]:
    """What the probes found at each boundary, per seed, with mean and spread over seeds."""
    rows: dict[int, Event] = {}
    for event in events:
        row = rows.setdefault(event["boundary"]["index"], {"boundary": event["boundary"]})
        (found,) = (event[part] for part in ("accuracy", "layers", "values") if part in event)
        row[event["event"]] = _described(found)
    return [rows[index] for index in sorted(rows)]


def _described(found: Any) -> Any:
    if isinstance(found, Mapping):
        return {name: _described(inner) for name, inner in found.items()}
    return statistics.describe(found)


def last_sleep(rows: Sequence[Event]) -> tuple[Event, Event] | None:
    """What was found before the last sleep, and after it; none where there was no sleep."""
    for before, after in reversed([*pairwise(rows)]):
        if after["boundary"]["phase"] == "sleep":
            return before, after
    return None
