"""What `results.json` says of a run: R, the measures of forgetting, and what it took."""

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict, cast

import numpy as np
from jaxtyping import Float

from sleeprun.config import Role
from sleeprun.measures.statistics import Measure, describe
from sleeprun.protocol.events import Origin
from sleeprun.protocol.lines import BoundaryRow

Metrics = dict[str, Measure]
Bound = dict[str, Any]  # of which `run`, and the final scores, each a Measure
Probed = dict[str, Any]  # what was found at its `boundary`, by the tag of the event and by name


class Seen(TypedDict):
    """A phase, and what was seen of it as a whole."""

    phase: int
    kind: str
    name: str
    measures: Metrics


class Account(TypedDict):
    """What a run carried from task to task, and what it took."""

    carried_bytes: int | None
    training_steps: int
    sleep_steps: int
    wall_seconds: float | None


ACCOUNTS = tuple(Account.__annotations__)


class Results(Account):
    family: NotRequired[str]  # the path of its Facts; the first versions did not say it
    experiment: str
    variant: str | None
    shortened: bool
    scale: float
    data: str | None
    chance: float
    tasks: list[str]
    seeds: list[int]
    boundaries: list[BoundaryRow]
    R: list[list[list[float | None]]]  # [seed][boundary][task]
    metrics: Metrics
    probes: list[Probed]
    observed: NotRequired[list[Seen]]  # which older ones lack
    device: str
    engine: str | None
    refused: list[str]  # what its kernel did not take
    slower: int | None  # times, than by that kernel, where it was measured
    versions: dict[str, str]
    branched_from: Origin | None
    steps_per_second: float | None
    bounds: NotRequired[dict[str, Bound]]
    role: NotRequired[Role]  # what it is beside others
    arms: NotRequired[dict[str, Metrics]]
    roles: NotRequired[dict[str, Role]]  # of the arms
    accounts: NotRequired[dict[str, Account]]
    differences: NotRequired[Metrics]


def finals(results: Results | None, tasks: Sequence[str]) -> Float[np.ndarray, "seed task"] | None:
    """The scores at a run's end, if there is one."""
    if results is None:
        return None
    return np.array([results["metrics"][f"final/{task}"]["per_seed"] for task in tasks], float).T


def measure_of(probed: Any) -> Measure:
    """Of several measures the first."""
    return probed if "per_seed" in probed else next(iter(probed.values()))


def places_of(found: Sequence[Results]) -> dict[int, tuple[int, int]]:
    """Of every seed in which of the runs it is, and where there; of those that have it the last."""
    return {
        seed: (which, place)
        for which, one in enumerate(found)
        for place, seed in enumerate(one["seeds"])
    }


def pooled(found: Sequence[Results], seeds: Sequence[int] | None = None) -> Results:
    """Runs that differ in their seeds alone as one, of some seeds or of all; a seed that two of
    them have counts once. What was seen beside the scores is not pooled.
    """
    if len(found) == 1 and seeds is None:
        return found[0]
    places = places_of(found)
    wanted = [places[seed] for seed in seeds or places]
    metrics = {
        name: describe([found[which]["metrics"][name]["per_seed"][at] for which, at in wanted])
        for name in found[0]["metrics"]
        if all(name in one["metrics"] for one in found)
    }
    seconds = [one["wall_seconds"] for one in found]
    alone: dict[str, Any] = {} if len(found) == 1 else {"observed": [], "probes": []}
    changed = alone | {
        "seeds": list(seeds or places),
        "R": [found[which]["R"][at] for which, at in wanted],
        "metrics": metrics,
        "wall_seconds": None if None in seconds else sum(cast(list[float], seconds)),
    }
    return cast(Results, {**found[0], **changed})
