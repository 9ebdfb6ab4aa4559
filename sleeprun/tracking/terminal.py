"""A run on the terminal: how far it is, how fast, and how well it does."""

import logging
from collections import deque

from rich import progress
from rich.console import Console
from rich.text import Text

from sleeprun.config import Common
from sleeprun.protocol.events import Begun, Event, Progress, Tested, Warned
from sleeprun.protocol.told import Told

log = logging.getLogger("sleeprun")
RECENT = 50  # progress events before one that the running performance is taken over, too


class _Rate(progress.ProgressColumn):
    """Cycles or steps a second, all seeds together."""

    def render(self, task: progress.Task) -> Text:
        speed = task.finished_speed or task.speed
        seeds, unit = task.fields["seeds"], task.fields["unit"]
        return Text("" if speed is None else f"{speed * seeds:,.0f} {unit}/s")


class Terminal:
    """A progress bar: phase, rate, time left and running performance; elsewhere a line a phase."""

    def __init__(self, console: Console, config: Common, length: int, shown: bool, done: int = 0):
        self.recent: deque[Told] = deque(maxlen=RECENT)
        self.bar = progress.Progress(
            progress.TextColumn("[bold]{task.description}"),
            progress.BarColumn(bar_width=None),
            progress.TextColumn("{task.percentage:>3.0f} %"),
            _Rate(),
            progress.TextColumn("{task.fields[performance]}"),
            progress.TimeElapsedColumn(),
            progress.TimeRemainingColumn(),
            console=console,
            disable=not shown,
            speed_estimate_period=120,
        )
        self.task = self.bar.add_task(
            "starting",
            total=length,
            completed=done,
            seeds=len(config.seeds),
            unit=config.unit,
            performance="",
        )

    def __enter__(self) -> "Terminal":
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def write(self, event: Event) -> None:
        match event:
            case Begun():
                self.recent.clear()
                name = f"{event.kind}: {event.name}"
                self.bar.update(self.task, description=name, performance="")
                if self.bar.disable:
                    log.info("%3.0f %%  %s", self.bar.tasks[0].percentage, name)
            case Progress():
                measures = event.told.measures(self.recent)
                self.recent.append(event.told)
                shown = ", ".join(f"{name} {value:.3g}" for name, value in measures.items())
                self.bar.update(self.task, advance=event.cycles, performance=shown)
            case Tested():
                self.bar.update(self.task, advance=event.cycles)
            case Warned():
                log.warning(event.message)
