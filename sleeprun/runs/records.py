"""The events of a run, as plain dictionaries ready for JSON, and the results they add up to."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from sleeprun.gradient import probes
from sleeprun.measures import forgetting
from sleeprun.protocol.describe import label
from sleeprun.protocol.phases import Phase

Event = dict[str, Any]
ACCOUNTS = ("carried_bytes", "training_steps", "sleep_steps", "wall_seconds")
PER_SEED = {
    "start": ("seeds",),
    "progress": ("rewarded", "punished", "neutral", "spikes", "loss"),
    "score": ("score", "rewarded", "punished", "right", "wrong"),
    "robustness": ("accuracy",),
    "overlap": ("layers",),
    "moved": ("layers",),
}


def phase(index: int, phase: Phase, cycle: int, *, again: bool) -> Event:
    """A phase begins, or is gone on with after an interruption."""
    kind, name = label(phase)
    return {
        "event": "resumed" if again else "phase",
        "index": index,
        "kind": kind,
        "name": name,
        "cycle": cycle,
    }


def progress(index: int, phase: Phase, cycle: int, cycles: int, told: Event) -> Event:
    """What happened over the `cycles` that end at `cycle` of the protocol's clock."""
    kind, name = label(phase)
    return {
        "event": "progress",
        "phase": index,
        "kind": kind,
        "name": name,
        "from": cycle - cycles,
        "to": cycle,
        **told,
    }


def of_seeds(event: Event, places: list[int]) -> Event | None:
    """An event of a run told for the seeds at some places; none where it cannot be.

    Weights are told of all seeds together, fields and rasters of the first one.
    """

    def part(values: Any) -> Any:
        if isinstance(values, dict):
            return {name: part(inner) for name, inner in values.items()}
        return [values[place] for place in places]

    kind = event["event"]
    if kind == "weights" or (kind in ("fields", "raster") and places[0] != 0):
        return None
    per_seed = PER_SEED.get(kind, ())
    return event | {key: part(event[key]) for key in per_seed if key in event}


def thinned(events: Iterable[Event], most: int = 2000) -> list[Event]:
    """The events with at most about `most` progress events: neighbours in a phase are merged.

    So that pictures of a long run need no more memory than those of a short one.
    """
    kept: list[Event] = []
    width = 1
    for event in events:
        kept.append(event | {"merged": 1} if event["event"] == "progress" else event)
        if len(kept) > 2 * most:
            width *= 2
            kept = _merge_neighbours(kept, width)
    return kept


def _merge_neighbours(events: list[Event], width: int) -> list[Event]:
    kept: list[Event] = []
    for event in events:
        last = kept[-1] if kept else event
        both = last["event"] == event["event"] == "progress" and last["phase"] == event["phase"]
        both = both and "rewarded" in event
        if kept and both and last["merged"] + event["merged"] <= width:
            kept[-1] = _merged(last, event)
        else:
            kept.append(event)
    return kept


def _merged(first: Event, second: Event) -> Event:
    def added(a: list[int], b: list[int]) -> list[int]:
        return [x + y for x, y in zip(a, b, strict=True)]

    eaten = {key: added(first[key], second[key]) for key in ("rewarded", "punished", "neutral")}
    spikes = {
        name: added(first["spikes"][name], second["spikes"][name]) for name in first["spikes"]
    }
    sums = {key: first[key] + second[key] for key in ("awake", "asleep", "merged")}
    return first | eaten | sums | {"spikes": spikes, "to": second["to"]}


def results(events: Iterable[Event], joint: dict[str, Any] | None = None) -> dict[str, Any]:
    """What `results.json` says, from nothing but the events; with `joint`'s, intransigence too."""
    start: Event = {}
    end: Event = {}
    awake = asleep = 0
    carried: dict[int, int] = {}
    scores: dict[tuple[int, str], list[float | None]] = {}
    boundaries: dict[int, Event] = {}
    probed: list[Event] = []
    for event in events:
        match event["event"]:
            case "start":
                start = event
            case "end":
                end = event
            case "progress":
                slept = _slept(event)
                awake, asleep = awake + event["to"] - event["from"] - slept, asleep + slept
            case "carried":
                carried[event["boundary"]["index"]] = event["bytes"]
            case "robustness" | "overlap" | "moved":
                probed.append(event)
            case "score":
                boundary = event["boundary"]
                boundaries[boundary["index"]] = boundary
                scores[boundary["index"], event["task"]] = event["score"]
    tasks, seeds = start["tasks"], start["seeds"]
    R = np.full((len(seeds), len(boundaries), len(tasks)), np.nan)
    for (row, task), per_seed in scores.items():
        R[:, row, tasks.index(task)] = [np.nan if s is None else s for s in per_seed]
    rows = [boundaries[index] for index in sorted(boundaries)]
    reference = None
    if joint is not None:
        finals = [joint["metrics"][f"final/{task}"]["per_seed"] for task in tasks]
        reference = np.array(finals, float).T
    return {
        "experiment": start["name"],
        "variant": start["variant"],
        "shortened": start["shortened"],
        "scale": start["scale"],
        "data": start.get("data"),
        "chance": start["chance"],
        "tasks": tasks,
        "seeds": seeds,
        "boundaries": rows,
        "R": R.tolist(),
        "metrics": forgetting.summary(R, tasks, rows, reference),
        "probes": probes.summary(probed),
        "device": start["device"],
        "engine": start.get("engine"),
        "versions": start["versions"],
        "branched_from": start.get("branched_from"),
        "carried_bytes": _carried_on(carried, rows),
        "training_steps": awake * start.get("cycle_steps", 1),
        "sleep_steps": asleep * start.get("cycle_steps", 1),
        "wall_seconds": end.get("wall_seconds"),
        "steps_per_second": end.get("steps_per_second"),
    }


def _slept(event: Event) -> int:
    """How much of what a progress event tells was sleep."""
    whole = event["to"] - event["from"] if event["kind"] == "sleep" else 0
    return event.get("asleep", whole)


def _carried_on(carried: dict[int, int], rows: list[Event]) -> int | None:
    """The most bytes that are carried from one task into the next; none where none follows."""
    ends = [rows[end]["index"] for end in forgetting.stage_ends(rows)]
    return max((carried[end] for end in ends[:-1] if end in carried), default=None)
