"""What a sleep is worth to a search, from what its arms recorded."""

from collections.abc import Mapping

import numpy as np

from sleeprun.protocol.lines import boundary_of
from sleeprun.protocol.phases import RESTS
from sleeprun.protocol.results import Results
from sleeprun.tasks.sequences.objective import Objective, Recalled


def worth(objective: Objective, arms: Mapping[str, Results]) -> float:
    """Of the last sleep; what is not seen of it is not in its range."""
    recalled = {name: _recalled(found) for name, found in arms.items()}
    asleep = arms[objective.asleep]
    slept = [one["measures"] for one in asleep.get("observed", []) if one["kind"] in RESTS]
    unknown = np.full(len(asleep["seeds"]), np.nan)
    seen = {
        name: np.array(slept[-1][name]["per_seed"], float) if slept else unknown
        for name in objective.rhythm
    }
    return objective.worth(recalled, seen)


def _recalled(found: Results) -> dict[str, Recalled]:
    """At the end of training, and at the end."""
    scores = np.array(found["R"], float)  # [seed, boundary, task]
    (*_, trained) = (
        place for place, row in enumerate(found["boundaries"]) if not boundary_of(row).after_rest
    )
    return {
        name: Recalled(scores[:, trained, place], scores[:, -1, place])
        for place, name in enumerate(found["tasks"])
    }
