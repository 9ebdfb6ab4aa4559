"""A run's history on W&B, from its events alone: a row for some cycles, a row for a boundary."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from sleeprun.measures import forgetting, statistics
from sleeprun.protocol.events import Curve, End, Event, Progress, Scored, Start
from sleeprun.protocol.family import Scores
from sleeprun.protocol.phases import Boundary, Vigilance
from sleeprun.protocol.results import Results, finals
from sleeprun.protocol.seen import Found, Observed

HistoryRow = dict[str, float | str]
AXES = {
    "cycle": tuple(f"{vigilance}/*" for vigilance in Vigilance),
    "boundary": ("score/*", "measure/*", "after_*", "probes/*"),
}


class History:
    """Rows with their steps, which grow with the protocol's clock.

    A row is given once the next begins, or the run ends: an interruption leaves none half. A run
    that goes on from a checkpoint has the same rows at the same steps, so that W&B can be told
    only those that it lacks.
    """

    def __init__(self, joint: Results | None = None):
        self.joint = joint  # of the same networks trained on all tasks at once
        self.seeds: list[int] = []
        self.tasks: list[str] = []
        self.boundaries: list[Boundary] = []
        self.scores: list[np.ndarray] = []  # of each boundary [seed, task]
        self.cycle, self.step, self.row = 0, -1, HistoryRow()

    def write(self, event: Event) -> Iterator[tuple[int, HistoryRow]]:
        """The row that ends with an event, if one does, and its step."""
        match event:
            case Start():
                self.seeds, self.tasks = event.seeds, event.facts.tasks
            case Progress():
                yield from self._at(event.end)
                self.row |= progress_row(event)
            case Curve():
                yield from self._at(event.cycle)
                self.row |= self._series(f"{event.vigilance}/score/{event.task}", event.score)
            case Observed():
                for name, per_seed in event.values.items():
                    self.row |= self._series(f"{event.vigilance}/{name}", per_seed)
            case Scored() | Found():
                yield from self._at_boundary(event.boundary)
                self._add(event)
            case End():
                yield from self._ended()
                self.row = {}

    def _at(self, cycle: int) -> Iterator[tuple[int, HistoryRow]]:
        """Come to a cycle of the clock, awake or asleep."""
        self.cycle = cycle
        step = cycle + len(self.boundaries) - 1
        if step != self.step:
            yield from self._ended()
            self.step, self.row = step, {"cycle": cycle}

    def _at_boundary(self, boundary: Boundary) -> Iterator[tuple[int, HistoryRow]]:
        if boundary in self.boundaries:
            return
        yield from self._ended()
        self.boundaries.append(boundary)
        self.scores.append(np.full((len(self.seeds), len(self.tasks)), np.nan))
        self.step = self.cycle + len(self.boundaries) - 1
        self.row = {
            "cycle": self.cycle,
            "boundary": boundary.index,
            "boundary_name": boundary.name,
            "boundary_phase": str(boundary.phase),
        }

    def _add(self, event: Scored | Found) -> None:
        found: Mapping[str, Scores]
        match event:
            case Scored():
                found = {f"score/{event.task}": event.score}
                self.scores[-1][:, self.tasks.index(event.task)] = np.array(event.score, float)
            case Found():
                found = {f"probes/{event.tag}/{name}": each for name, each in event.shown().items()}
        for name, per_seed in found.items():
            self.row |= self._series(name, per_seed)

    def _ended(self) -> Iterator[tuple[int, HistoryRow]]:
        if "boundary" in self.row:
            self.row |= self._measures()
        if self.row:
            yield self.step, self.row

    def _measures(self) -> HistoryRow:
        """What `results.json` would say if the run ended here; the means by what is behind, too."""
        scores = np.stack(self.scores, axis=1)
        joint = finals(self.joint, self.tasks)
        found = forgetting.measures(scores, self.tasks, self.boundaries, joint)
        row = HistoryRow()
        for name, per_seed in found.items():
            row |= self._series(f"measure/{name}", per_seed)
        after = f"after_{self.boundaries[-1].phase}"
        means = {f"{after}/{name}": row.get(f"measure/{name}") for name in found}
        means |= {f"{after}/{task}": self.row.get(f"score/{task}") for task in self.tasks}
        return row | {name: mean for name, mean in means.items() if mean is not None}

    def _series(self, name: str, per_seed: Sequence[float | None]) -> HistoryRow:
        """Mean and sd over seeds, and each seed's value, of those that are known."""
        known = statistics.known(per_seed)
        mean, sd = statistics.moments(known)
        row: dict[str, float | None] = {name: mean, f"{name}/sd": sd}
        for seed, value in zip(self.seeds, per_seed, strict=True):
            row[f"{name}/seed_{seed}"] = value
        return {
            key: value for key, value in row.items() if value is not None and np.isfinite(value)
        }


def progress_row(event: Progress) -> HistoryRow:
    series, spikes = event.vigilance, event.summary.spikes.items()
    return {
        **{f"{series}/{name}": value for name, value in event.summary.measures().items()},
        **{f"{series}/spikes/{name}": sum(s) / (len(s) * event.cycles) for name, s in spikes},
    }
