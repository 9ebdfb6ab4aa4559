"""Where a run's boundaries lie along its stages of training, and what each follows."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from sleeprun.config import Role
from sleeprun.protocol.lines import boundary_of
from sleeprun.protocol.phases import Boundary, Kind
from sleeprun.protocol.results import Results

TRAINING = "training"  # what a score follows that follows no sleep, nor what is in its place
TOLD: dict[str, str] = {
    Kind.SLEEP: "sleep",
    Kind.RIVAL: "a rival of sleep",
    Kind.QUIET: "quiet wake",
}
ASIDE = 0.45  # of the way from a stage to the next, over which what follows it is spread


class Along(NamedTuple):
    """The boundaries of a run over time: a stage of training at each whole number, from 1 on."""

    at: np.ndarray  # [boundary]
    names: dict[float, str]  # of places; a sleep belongs to the stage before it
    behind: np.ndarray  # [boundary], what it follows: training, sleep or what is in its place
    rests: list[tuple[str, float, float]]  # which, from the boundary before each to that after it


def boundaries_of(results: Results) -> list[Boundary]:
    return [boundary_of(row) for row in results["boundaries"]]


def by_stage(boundaries: list[Boundary]) -> list[list[Boundary]]:
    """Those before any training, then those of each stage: its own and what comes behind it."""
    stages: list[list[Boundary]] = [[]]
    for boundary in boundaries:
        if boundary.tasks and not boundary.after_rest:
            stages.append([])
        stages[-1].append(boundary)
    return stages


def behind(boundary: Boundary, results: Mapping) -> str:
    """What it follows, alone or in turns: training, sleep or what is in its place."""
    if boundary.after_rest:
        return str(boundary.phase)
    if boundary.phase == Kind.INTERLEAVE and results.get("role") == Role.RIVAL:
        return str(Kind.RIVAL)
    in_turns = boundary.phase == Kind.INTERLEAVE and bool(results.get("sleep_steps"))
    return str(Kind.SLEEP) if in_turns else TRAINING


def follows_sleep(boundary: Boundary, results: Mapping) -> bool:
    """After it, or after training in turns with it."""
    return behind(boundary, results) == Kind.SLEEP


def along(results: Results) -> Along:
    before, *stages = by_stage(boundaries_of(results))
    placed = [(place - len(before) + 1.0, one) for place, one in enumerate(before)]
    for number, stage in enumerate(stages, 1):
        aside = np.linspace(0, ASIDE, len(stage)) if len(stage) > 1 else [0.0]
        placed += zip(number + np.array(aside), stage, strict=True)
    at = [float(place) for place, _ in placed]
    return Along(
        at=np.array(at),
        names={float(place): one.name for place, one in placed if not one.after_rest},
        behind=np.array([behind(one, results) for _, one in placed]),
        rests=[
            (str(one.phase), at[place - 1], at[place])
            for place, (_, one) in enumerate(placed)
            if place and one.after_rest
        ],
    )
