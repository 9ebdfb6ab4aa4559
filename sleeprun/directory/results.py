"""What `results.json` says, from nothing but a run's events."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from sleeprun.measures import forgetting, statistics
from sleeprun.protocol.events import End, Event, Progress, Scored, Start
from sleeprun.protocol.lines import row_of
from sleeprun.protocol.phases import Boundary
from sleeprun.protocol.results import Account, Probed, Results, Seen, finals
from sleeprun.protocol.seen import Carried, Found, Observed


class _Read:
    """What of a run's events its results are made of."""

    def __init__(self, events: Iterable[Event]):
        self.start: Start
        self.end: End | None = None
        self.awake = self.asleep = 0
        self.carried: dict[int, int] = {}
        self.scored: list[Scored] = []
        self.seen: list[Found] = []
        self.observed: dict[int, Observed] = {}  # by phase
        for event in events:
            self._add(event)
        boundaries = {event.boundary.index: event.boundary for event in self.scored}
        self.boundaries = [boundaries[index] for index in sorted(boundaries)]

    def _add(self, event: Event) -> None:
        match event:
            case Start():
                self.start = event
            case End():
                self.end = event
            case Progress():
                self.awake += event.trained
                self.asleep += event.slept
            case Carried():
                self.carried[event.boundary.index] = event.bytes
            case Scored():
                self.scored.append(event)
            case Found():
                self.seen.append(event)
            case Observed():
                self.observed[event.phase] = event

    def R(self) -> Float[np.ndarray, "seed boundary task"]:
        """The last score told of every seed, boundary and task; NaN where there is none."""
        tasks = self.start.facts.tasks
        R = np.full((len(self.start.seeds), len(self.boundaries), len(tasks)), np.nan)
        for event in self.scored:
            known = [np.nan if score is None else score for score in event.score]
            R[:, event.boundary.index, tasks.index(event.task)] = known
        return R

    def account(self) -> Account:
        steps = self.start.facts.steps_a_cycle
        return {
            "carried_bytes": _carried_on(self.carried, self.boundaries),
            "training_steps": self.awake * steps,
            "sleep_steps": self.asleep * steps,
            "wall_seconds": self.end.wall_seconds if self.end else None,
        }


def results_of(events: Iterable[Event], joint: Results | None = None) -> Results:
    """All that `results.json` says; with `joint`'s results, intransigence too."""
    read = _Read(events)
    start, facts, R = read.start, read.start.facts, read.R()
    return {
        "family": facts.path(),
        "experiment": start.name,
        "variant": start.variant,
        "shortened": facts.shortened,
        "scale": facts.scale,
        "data": facts.contents,
        "chance": facts.chance,
        "tasks": facts.tasks,
        "seeds": start.seeds,
        "boundaries": [row_of(boundary) for boundary in read.boundaries],
        "R": R.tolist(),
        "metrics": forgetting.summary(R, facts.tasks, read.boundaries, finals(joint, facts.tasks)),
        "probes": probed(read.seen),
        "observed": [_seen(event) for event in read.observed.values()],
        "device": start.device,
        "engine": start.engine,
        "refused": list(facts.refused),
        "slower": facts.slower,
        "versions": start.versions,
        "branched_from": start.branched_from,
        **read.account(),
        "steps_per_second": read.end.steps_per_second if read.end else None,
    }


def account(results: Results) -> Account:
    """What a run carried and took, alone."""
    return {
        "carried_bytes": results["carried_bytes"],
        "training_steps": results["training_steps"],
        "sleep_steps": results["sleep_steps"],
        "wall_seconds": results["wall_seconds"],
    }


def probed(events: Iterable[Found]) -> list[Probed]:
    """What the probes found at each boundary, per seed, with mean and spread over seeds."""
    rows: dict[int, Probed] = {}
    for event in events:
        row = rows.setdefault(event.boundary.index, {"boundary": row_of(event.boundary)})
        row[event.tag] = _described(event.values)
    return [rows[index] for index in sorted(rows)]


def _seen(event: Observed) -> Seen:
    measures = {name: statistics.describe(values) for name, values in event.values.items()}
    return {"phase": event.phase, "kind": event.kind, "name": event.name, "measures": measures}


def _described(found: Any) -> Any:
    if isinstance(found, Mapping):
        return {name: _described(one) for name, one in found.items()}
    return statistics.describe(found)


def _carried_on(carried: Mapping[int, int], boundaries: list[Boundary]) -> int | None:
    """The most bytes that are carried from one task into the next; none where none follows."""
    ends = [boundaries[end].index for end in forgetting.stage_ends(boundaries)]
    return max((carried[end] for end in ends[:-1] if end in carried), default=None)
