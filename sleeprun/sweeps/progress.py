"""One progress display for all jobs of a batch; where there is no terminal, a line a job."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import Generic, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from sleeprun.config import ExperimentConfig
from sleeprun.protocol.events import Event
from sleeprun.sweeps.pruning import Judge
from sleeprun.tracking.sink import Ahead
from sleeprun.tracking.terminal import Terminal

log = logging.getLogger("sleeprun")
Result = TypeVar("Result")


class BatchProgress(Generic[Result]):
    """`jobs` are their names; `how` tells of a job's result whether it is done, ..."""

    def __init__(self, jobs: list[str], how: Callable[[Result | BaseException], str]):
        self.jobs, self.how = jobs, how
        self.parts = [0.0] * len(jobs)  # how much of each is done
        self.ends: Counter[str] = Counter()
        console = Console(stderr=True)
        self.bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            speed_estimate_period=120,
        )
        self.task = self.bar.add_task("", total=max(1, len(jobs)))
        self._show()

    def __enter__(self) -> "BatchProgress[Result]":
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def of_job(self, job: int) -> "JobProgress":
        return JobProgress(self, job)

    def came_to(self, job: int, part: float) -> None:
        self.parts[job] = part
        self._show()

    def ended(self, job: int, result: Result | BaseException) -> None:
        how = self.how(result)
        self.ends[how] += 1
        self.came_to(job, 1.0)
        if self.bar.disable:
            log.info("%s: %s (%s)", self.jobs[job], how, self._told())

    def _show(self) -> None:
        self.bar.update(self.task, completed=sum(self.parts), description=self._told())

    def _told(self) -> str:
        ends = {"done": 0, **self.ends}
        running = len(self.jobs) - sum(ends.values())
        told = [f"{count} {how}" for how, count in ends.items()]
        return f"{', '.join(told)}, {running} to do, of {len(self.jobs)} jobs"


class JobProgress:
    """A job's part in the display."""

    def __init__(self, batch: BatchProgress, job: int):
        self.batch, self.job = batch, job
        self.terminal: Terminal
        self.judge: Judge | None = None

    def of(
        self, config: ExperimentConfig, seconds: float, judge: Judge | None = None
    ) -> "JobProgress":
        self.judge = judge
        self.terminal = Terminal(Console(), config, seconds, shown=False)
        return self

    def __enter__(self) -> "JobProgress":
        return self

    def __exit__(self, *_: object) -> None:
        """The batch is told of a job's end by itself."""

    def begin(self, ahead: Ahead) -> None:
        self.terminal.begin(ahead)

    def write(self, event: Event) -> None:
        self.terminal.write(event)
        if self.judge:
            self.judge.write(event)
        self.batch.came_to(self.job, self.terminal.part)
