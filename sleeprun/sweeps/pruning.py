"""Stopping a search's bad trials early, by what they score from boundary to boundary."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from math import isnan
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from sleeprun.protocol.events import Event, Scored, Start

if TYPE_CHECKING:
    from optuna import Trial

    from sleeprun.runs.run import Run

log = logging.getLogger("sleeprun")
PRUNED = "PRUNED"  # the file that says so in a run directory


class Judge:
    """Listens to a trial's run, reports its mean score at every boundary, and stops it if bad.

    What is in its record already is judged again, so a search that is called again decides alike.
    """

    def __init__(self, trial: "Trial"):
        self.trial = trial
        self.tasks = 0
        self.scores: dict[int, dict[str, float]] = defaultdict(dict)  # by boundary and task
        self.bad: str | None = None  # what its score was when the trial was found to be bad
        self.run: Run | None = None

    def read(self, folder: Path) -> None:
        from sleeprun.directory.store import RunDirectory

        for event in RunDirectory(folder).events():
            self.write(event)

    @contextmanager
    def judging(self, run: "Run") -> Iterator[None]:
        """Meanwhile the run is stopped at its next chunk once it is bad. Raises KeyboardInterrupt
        where it is known to be bad already."""
        if self.bad:
            raise KeyboardInterrupt
        self.run = run
        yield

    def write(self, event: Event) -> None:
        match event:
            case Start():
                self.tasks = len(event.facts.tasks)
            case Scored() if self.bad is None:
                self._judge(event)

    def _judge(self, event: Scored) -> None:
        known = [score for score in event.score if score is not None and not isnan(score)]
        scores = self.scores[event.boundary.index]
        if not known or event.task in scores:  # told again, after an interruption
            return
        scores[event.task] = fmean(known)
        if len(scores) < self.tasks:
            return
        score = fmean(scores.values())
        self.trial.report(score, event.boundary.index)
        if self.trial.should_prune():
            self.bad = f"{score:.4f} at boundary '{event.boundary.name}'"
            if self.run is not None:
                self.run.stopped = True

    def mark(self, folder: Path) -> None:
        """Say in the run directory what became of it."""
        from sleeprun.config.messages import argument
        from sleeprun.directory.files import write_whole

        again = argument("resume", folder)
        told = f"pruned, with a mean score of {self.bad}; go on with: sleeprun {again}"
        log.info(told)
        write_whole(folder / PRUNED, f"{told}\n".encode())
