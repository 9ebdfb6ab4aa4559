"""A run on Weights & Biases."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sleeprun.config import TrackingConfig
from sleeprun.protocol.events import Curve, Event, Progress, Scored
from sleeprun.protocol.results import Probed, Results
from sleeprun.protocol.told import mean_of

log = logging.getLogger("sleeprun")


class WandB:
    """A W&B run in the run directory. Its failures are told and never end the run."""

    def __init__(
        self, folder: Path, name: str, config: dict[str, object], tracking: TrackingConfig
    ):
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
            self.run.define_metric("curve/*", step_metric="cycle")
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
            match event:
                case Progress():
                    self.run.log(progress_row(event))
                case Scored():
                    self.run.log(score_row(event))
                case Curve() if (mean := mean_of(event.score)) is not None:
                    self.run.log({"cycle": event.cycle, f"curve/{event.task}": mean})

    def publish(self, results: Results, figures: list[Path]) -> None:
        """The R matrix as a table, the measures as the summary, the pictures as images."""
        if self.run is None:
            return
        with _told("publish"):
            import wandb

            columns: list[str | int] = ["seed", "boundary", *results["tasks"]]
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
                self.run.log(probe_row(row))


def progress_row(event: Progress) -> dict[str, float]:
    measures, spikes = event.told.measures().items(), event.told.spikes.items()
    return {
        "cycle": event.end,
        **{f"awake/{name}": value for name, value in measures},
        **{f"spikes/{name}": sum(s) / (len(s) * event.cycles) for name, s in spikes},
    }


def score_row(event: Scored) -> dict[str, float]:
    row: dict[str, float] = {"boundary": event.boundary.index}
    if (score := mean_of(event.score)) is not None:
        row[f"score/{event.task}"] = score
    return row


def probe_row(row: Probed) -> dict[str, float]:
    """The means over seeds of what was measured beside the scores at a boundary."""
    found = {
        **{f"robustness/{name}": one for name, one in row.get("robustness", {}).items()},
        **{f"overlap/{name}": one for name, one in row.get("overlap", {}).items()},
        **{f"moved/{name}": one["share"] for name, one in row.get("moved", {}).items()},
    }
    means = {name: one["mean"] for name, one in found.items() if one["mean"] is not None}
    return {"boundary": row["boundary"]["index"], **means}


@contextmanager
def _told(doing: str) -> Iterator[None]:
    """A failure of W&B is a warning: events.jsonl is the record."""
    try:
        yield
    except Exception as error:
        log.warning("W&B could not %s: %s; the run goes on, see events.jsonl", doing, error)
