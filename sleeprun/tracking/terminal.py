"""A run on the terminal: how far it is, how fast, and how well it does."""

import logging
from collections import deque
from typing import Any

from rich import progress
from rich.console import Console
from rich.text import Text

from sleeprun.config import Common
from sleeprun.protocol.events import Begun, Event, Progress, Tested, Warned
from sleeprun.protocol.told import Foraged, Told, Trained
from sleeprun.tracking.sink import mean_of

log = logging.getLogger("sleeprun")
RECENT = 50  # progress events that the running performance is taken over


class _Rate(progress.ProgressColumn):
    """Cycles or steps a second, all seeds together."""

    def render(self, task: progress.Task) -> Text:
        speed = task.finished_speed or task.speed
        seeds, unit = task.fields["seeds"], task.fields["unit"]
        return Text("" if speed is None else f"{speed * seeds:,.0f} {unit}/s")


class Terminal:
    """A progress bar: phase, rate, time left and running performance; elsewhere a line a phase."""

    def __init__(self, console: Console, config: Common, length: int, shown: bool, done: int = 0):
        self.recent: deque[tuple[int, int]] = deque(maxlen=RECENT)
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
        of_all: dict[str, Any] = {
            "seeds": len(config.seeds),
            "unit": config.unit,
            "performance": "",
        }
        self.task = self.bar.add_task("starting", total=length, completed=done, **of_all)

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
                shown = self._shown(event.told)
                self.bar.update(self.task, advance=event.cycles, performance=shown)
            case Tested():
                self.bar.update(self.task, advance=event.cycles)
            case Warned():
                log.warning(event.message)

    def _shown(self, told: Told) -> str:
        match told:
            case Foraged():
                return self._performance(told)
            case Trained(loss=loss) if (mean := mean_of(loss)) is not None:
                return f"loss {mean:.3f}"
            case _:
                return ""

    def _performance(self, told: Foraged) -> str:
        """Over the events told last."""
        self.recent.append((sum(told.rewarded), sum(told.punished)))
        rewarded, punished = (sum(column) for column in zip(*self.recent, strict=True))
        eaten = rewarded + punished
        return f"performance {rewarded / eaten:.2f}" if eaten else ""
