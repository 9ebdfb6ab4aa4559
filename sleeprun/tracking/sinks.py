"""Who listens to a run's events: its record, the terminal, W&B."""

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from sleeprun.config import AnyConfig, TrackingConfig

Event = dict[str, Any]
log = logging.getLogger("sleeprun")
PROBES = ("robustness", "overlap", "moved")
RECENT = 50  # progress events that the running performance is taken over


class Sink(AbstractContextManager["Sink"], Protocol):
    """Told every event, in order."""

    def write(self, event: Event) -> None: ...


class _Rate(ProgressColumn):
    """Cycles or steps a second, all seeds together."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        seeds, unit = task.fields["seeds"], task.fields["unit"]
        return Text("" if speed is None else f"{speed * seeds:,.0f} {unit}/s")


class Terminal:
    """A progress bar: phase, rate, time left and running performance; elsewhere a line a phase."""

    def __init__(
        self, console: Console, config: AnyConfig, length: int, shown: bool, done: int = 0
    ):
        self.recent: deque[tuple[int, int]] = deque(maxlen=RECENT)
        self.bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f} %"),
            _Rate(),
            TextColumn("{task.fields[performance]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
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
        match event["event"]:
            case "phase" | "resumed":
                self.recent.clear()
                name = f"{event['kind']}: {event['name']}"
                self.bar.update(self.task, description=name, performance="")
                if self.bar.disable:
                    log.info("%3.0f %%  %s", self.bar.tasks[0].percentage, name)
            case "progress":
                shown = self._foraged(event) if "rewarded" in event else _loss(event)
                advance = event["to"] - event["from"]
                self.bar.update(self.task, advance=advance, performance=shown)
            case "tested":
                self.bar.update(self.task, advance=event["cycles"])
            case "warning":
                log.warning(event["message"])

    def _foraged(self, event: Event) -> str:
        """The running performance."""
        self.recent.append((sum(event["rewarded"]), sum(event["punished"])))
        rewarded, punished = (sum(column) for column in zip(*self.recent, strict=True))
        eaten = rewarded + punished
        return f"performance {rewarded / eaten:.2f}" if eaten else ""


def _loss(event: Event) -> str:
    mean = _mean(event["loss"])
    return "" if mean is None else f"loss {mean:.3f}"


def _mean(per_seed: list[float | None]) -> float | None:
    """Over the seeds that have a value."""
    known = [value for value in per_seed if value is not None and value == value]
    return sum(known) / len(known) if known else None


class WandB:
    """A W&B run in the run directory. Its failures are told and never end the run."""

    def __init__(self, folder: Path, name: str, config: dict[str, Any], tracking: TrackingConfig):
        self.folder, self.name, self.config, self.tracking = folder, name, config, tracking
        self.run: Any = None

    def __enter__(self) -> "WandB":
        with _told("start"):
            import wandb

            self.run = wandb.init(
                dir=self.folder,
                mode=self.tracking.mode,
                project=self.tracking.project,
                entity=self.tracking.entity,
                group=self.tracking.group,
                tags=self.tracking.tags,
                name=self.name,
                config=self.config,
                reinit="create_new",
                settings=wandb.Settings(
                    silent=True, console="off", x_disable_stats=True, x_disable_meta=True
                ),
            )
            self.run.define_metric("cycle")
            self.run.define_metric("boundary")
            self.run.define_metric("awake/*", step_metric="cycle")
            self.run.define_metric("spikes/*", step_metric="cycle")
            for rows in ("score/*", "robustness/*", "overlap/*", "moved/*"):
                self.run.define_metric(rows, step_metric="boundary")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self.run is not None:
            with _told("finish"):
                self.run.finish(exit_code=0 if kind is None else 1)

    def write(self, event: Event) -> None:
        if self.run is None:
            return
        with _told("log"):
            match event["event"]:
                case "progress":
                    self.run.log(_progress_row(event))
                case "score":
                    self.run.log(_score_row(event))

    def publish(self, results: dict[str, Any], figures: list[Path]) -> None:
        """The R matrix as a table, the measures as the summary, the pictures as images."""
        if self.run is None:
            return
        with _told("publish"):
            import wandb

            columns = ["seed", "boundary", *results["tasks"]]
            rows = [
                [seed, boundary["name"], *scores]
                for seed, matrix in zip(results["seeds"], results["R"], strict=True)
                for boundary, scores in zip(results["boundaries"], matrix, strict=True)
            ]
            images = {f"figures/{path.stem}": wandb.Image(str(path)) for path in figures}
            self.run.log({"R": wandb.Table(columns=columns, data=rows)} | images)
            for name, measure in results["metrics"].items():
                self.run.summary[name] = measure["mean"]
            for row in results["probes"]:
                self.run.log(_probe_row(row))


def _progress_row(event: Event) -> dict[str, float]:
    rewarded, punished = sum(event.get("rewarded", [])), sum(event.get("punished", []))
    row: dict[str, float] = {"cycle": event["to"]}
    if rewarded + punished:
        row["awake/performance"] = rewarded / (rewarded + punished)
    if (loss := _mean(event.get("loss", []))) is not None:
        row["awake/loss"] = loss
    cycles = event["to"] - event["from"]
    rates = {name: sum(s) / (len(s) * cycles) for name, s in event["spikes"].items()}
    return row | {f"spikes/{name}": rate for name, rate in rates.items()}


def _score_row(event: Event) -> dict[str, float]:
    row: dict[str, float] = {"boundary": event["boundary"]["index"]}
    if (score := _mean(event["score"])) is not None:
        row[f"score/{event['task']}"] = score
    return row


def _probe_row(row: dict[str, Any]) -> dict[str, float]:
    """The means over seeds of what was measured beside the scores at a boundary."""
    found = {f"{probe}/{name}": one for probe in PROBES for name, one in row.get(probe, {}).items()}
    means = {name: one.get("share", one)["mean"] for name, one in found.items()}
    told = {name: mean for name, mean in means.items() if mean is not None}
    return {"boundary": row["boundary"]["index"], **told}


@contextmanager
def _told(doing: str) -> Iterator[None]:
    """A failure of W&B is a warning: events.jsonl is the record."""
    try:
        yield
    except Exception as error:
        log.warning("W&B could not %s: %s; the run goes on, see events.jsonl", doing, error)
