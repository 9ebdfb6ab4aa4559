"""Who listens to a run's events: its record, the terminal, W&B."""

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from sleeprun import probes
from sleeprun.config import TrackingConfig
from sleeprun.protocol import shortening
from sleeprun.stats import (
    FEWEST,
    describe,
    mean_alone,
    mean_and_interval,
    mean_and_sd,
    paired_difference,
)

Event = dict[str, Any]
log = logging.getLogger("sleeprun")
MOST_TASKS = 3  # that a table on a terminal has room for with their spread
PROBES = ("robustness", "overlap", "moved")
RECENT = 50  # progress events that the running performance is taken over


class Sink(AbstractContextManager["Sink"], Protocol):
    """Told every event, in order."""

    def write(self, event: Event) -> None: ...


class _Rate(ProgressColumn):
    """Movement cycles a second, all seeds together."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed * task.fields['seeds']:,.0f} cycles/s")


class Terminal:
    """A progress bar: phase, rate, time left and running performance; elsewhere a line a phase."""

    def __init__(self, console: Console, cycles: int, seeds: int, shown: bool, done: int = 0):
        self.console, self.seeds = console, seeds
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
        self.task = self.bar.add_task(
            "starting", total=cycles, completed=done, seeds=seeds, performance=""
        )

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


def score_table(results: dict[str, Any]) -> Table:
    """Tasks x boundaries: mean +- sd over seeds."""
    n = len(results["seeds"])
    short = shortening(results["shortened"], results["scale"])
    title = f"{results['experiment']}: performance, mean +- sd over {n} seed{'s' * (n > 1)}"
    table = Table(title="; ".join(filter(None, [title, results["variant"], short])))
    table.add_column("after")
    for task in results["tasks"]:
        table.add_column(task, justify="right")
    told = mean_and_sd if len(results["tasks"]) <= MOST_TASKS else mean_alone
    for row, boundary in enumerate(results["boundaries"]):
        columns = [[R[row][j] for R in results["R"]] for j in range(len(results["tasks"]))]
        table.add_row(boundary["name"], *(told(describe(column)) for column in columns))
    return table


def probes_table(results: dict[str, Any]) -> Table | None:
    """What the last sleep changed beside the scores; none where nothing was probed."""
    if not (found := probes.last_sleep(results["probes"])):
        return None
    earlier, later = found
    name = earlier["boundary"]["name"]
    n = len(results["seeds"])
    interval = " [95 % interval]" if n >= FEWEST else ""
    table = Table(title=f"{results['experiment']}: the sleep after {name}, n = {n}{interval}")
    for column in ("", "before", "after", "change"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    told = {"robustness": "accuracy, {}", "overlap": "overlap of tasks, {}"}
    for probe, measure in told.items():
        for kind, after in later.get(probe, {}).items():
            before = earlier[probe][kind]
            change = paired_difference(after["per_seed"], before["per_seed"])
            shown = (mean_alone(before), mean_alone(after), escape(mean_and_interval(change)))
            table.add_row(measure.format(kind), *shown)
    for layer, moved in later["moved"].items():
        table.add_row(f"weights moved, {layer}", "", "", mean_and_sd(moved["share"]))
    return table


def arms_table(results: dict[str, Any]) -> Table:
    """The final score of every arm, and the paired difference of each to the first."""
    arms, tasks = results["arms"], results["tasks"]
    first = next(iter(arms))
    interval = " [95 % interval]" if len(results["seeds"]) >= FEWEST else ""
    table = Table(title=f"{results['experiment']}: arms at the end, mean +- sd{interval}")
    table.add_column("arm", no_wrap=True)
    finals = {task: f"final/{task}" for task in tasks}
    if len(tasks) > MOST_TASKS:
        finals = {"all tasks": "accuracy"}
    for column in (*finals, *(f"{task} - {first}" for task in finals)):
        table.add_column(column)
    for arm, metrics in arms.items():
        scores = [mean_and_sd(metrics[final]) for final in finals.values()]
        found = [results["differences"].get(f"{arm} - {first}: {t}") for t in finals]
        table.add_row(arm, *scores, *(escape(mean_and_interval(one)) for one in found if one))
    return table
