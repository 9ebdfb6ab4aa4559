"""A run on the terminal: how far all of it is, how fast, how well it does, and the time left."""

import logging
import time
from collections import deque

from rich import progress
from rich.console import Console

from sleeprun.config import ExperimentConfig
from sleeprun.protocol.describe import duration
from sleeprun.protocol.events import Begun, Event, Progress, Tested, Warned
from sleeprun.protocol.family import Summary
from sleeprun.tracking.sink import Ahead

log = logging.getLogger("sleeprun")
RECENT = 50  # progress events before one that the running performance is taken over, too
EXPECTED = 5.0  # seconds of work that count as if they had gone as expected
LINES = 10  # that a whole run is told in where there is no bar
WIDE = 110  # columns, in which there is place for the speed as well
BESIDE, SHORTEST = 58, 16  # columns that the rest takes, and that a phase's name has at least


class Terminal:
    """A progress bar over a run with all its arms; where it cannot be shown, a few lines."""

    def __init__(self, console: Console, config: ExperimentConfig, seconds: float, shown: bool):
        self.recent: deque[Summary] = deque(maxlen=RECENT)
        self.ahead = Ahead("", [], 0.0)
        self.seeds, self.unit = len(config.seeds), config.unit
        self.began = self.phase_began = time.monotonic()
        self.worked = 0.0  # seconds' worth that this process did
        self.cycles = 0  # of this phase
        self.lines = 0
        self.bar = progress.Progress(
            progress.TextColumn("[bold]{task.description}"),
            progress.BarColumn(bar_width=None),
            progress.TextColumn("{task.percentage:>3.0f} %"),
            progress.TextColumn("{task.fields[performance]}"),
            progress.TimeElapsedColumn(),
            progress.TextColumn("{task.fields[left]}"),
            console=console,
            disable=not shown,
        )
        self.name = "setting up"  # of the phase, in words
        self.task = self.bar.add_task(self.name, total=seconds, performance="", left="")

    def __enter__(self) -> "Terminal":
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    @property
    def part(self) -> float:
        """How much of the whole is done, from 0 to 1."""
        return self.bar.tasks[0].percentage / 100

    def begin(self, ahead: Ahead) -> None:
        self.ahead = ahead
        self.bar.update(self.task, advance=ahead.behind)

    def write(self, event: Event) -> None:
        match event:
            case Begun():
                self.recent.clear()
                self.phase_began, self.cycles = time.monotonic(), 0
                self.name = f"{self.ahead.name}, {event.kind}: {event.name}"
                room = max(SHORTEST, self.bar.console.width - BESIDE)
                told = self.name if len(self.name) <= room else f"{self.name[: room - 1]}…"
                self.bar.update(self.task, description=told, performance="preparing")
            case Progress():
                measures = event.summary.measures(self.recent)
                self.recent.append(event.summary)
                shown = ", ".join(f"{name} {value:.3g}" for name, value in measures.items())
                self._advance(event.phase, event.cycles, shown)
            case Tested():
                self._advance(event.phase, event.cycles, "")
            case Warned():
                log.warning(event.message)

    def _advance(self, phase: int, cycles: int, performance: str) -> None:
        seconds = cycles * self.ahead.a_cycle[phase]
        self.worked += seconds
        self.cycles += cycles
        now = time.monotonic()
        speed = self.seeds * self.cycles / max(now - self.phase_began, 1e-9)
        fast = f"{speed:,.0f} {self.unit}/s"
        narrow = performance and self.bar.console.width < WIDE
        told = performance if narrow else ", ".join(filter(None, [performance, fast]))
        self.bar.update(self.task, advance=seconds, performance=told)
        left = f"{duration(self._left(now))} left"
        self.bar.update(self.task, left=left)
        if self.bar.disable and (line := int(LINES * self.part)) > self.lines:
            self.lines = line
            log.info("%3.0f %%  %s; %s", 100 * self.part, self.name, left)

    def _left(self, now: float) -> float:
        """Seconds, at the pace at which this process has worked so far; what it began with, such as
        compiling, is no pace yet.
        """
        pace = (now - self.began + EXPECTED) / (self.worked + EXPECTED)
        return max(0.0, self.bar.tasks[0].remaining or 0.0) * pace
