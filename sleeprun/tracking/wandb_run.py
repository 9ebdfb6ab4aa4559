"""A run on Weights & Biases."""

import logging
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sleeprun.config import TrackingConfig
from sleeprun.protocol.events import Event
from sleeprun.tracking.history import AXES, History, HistoryRow
from sleeprun.tracking.label import Label
from sleeprun.tracking.tables import Rows

log = logging.getLogger("sleeprun")
SOURCE = Path(__file__).parents[2]  # where it is a checkout
PATIENCE = {"init_timeout": 30.0, "finish_timeout": 60.0}  # seconds without a network
INTERRUPTED = 130


class WandB:
    """The one W&B run of a directory, however often it is opened.

    It is told all events from the first on. Its failures are told once and never end the run.
    """

    reaches = True  # the server, as far as this process knows

    def __init__(
        self,
        folder: Path,
        label: Label,
        tracking: TrackingConfig,
        config: Mapping[str, object],
        history: History,
    ):
        self.folder, self.label, self.tracking, self.config = folder, label, tracking, config
        self.history = history
        self.run: Any = None

    def __enter__(self) -> "WandB":
        mode = self.tracking.mode or os.environ.get("WANDB_MODE") or "offline"
        if mode != "disabled":
            with self._told("start"):
                self.run = self._open(mode)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.run is None:
            return
        with self._told("finish"):
            if kind is not None and issubclass(kind, KeyboardInterrupt):
                self.run.mark_preempting()  # which W&B calls what can be gone on with
                self.run.finish(exit_code=INTERRUPTED)
            else:
                self.run.finish(exit_code=0 if kind is None else 1)

    def write(self, event: Event) -> None:
        if self.run is not None:
            with self._told("log"):
                for step, row in self.history.write(event):
                    self._log(step, row)

    def publish(
        self,
        tables: Mapping[str, Rows],
        ends: Mapping[str, float],
        figures: Sequence[Path],
        page: Path | None = None,
    ) -> None:
        """What a run ends with: tables, numbers for the summary, pictures, the report."""
        if self.run is None:
            return
        with self._told("publish"):
            import wandb

            shown = {name: _table(rows) for name, rows in tables.items() if rows}
            images = {f"figures/{path.stem}": wandb.Image(str(path)) for path in figures}
            report = {"report": wandb.Html(str(page), inject=False)} if page else {}
            self._log(self.history.step + 1, shown | images | report)
            self.run.summary.update(ends)

    def _log(self, step: int, row: HistoryRow | dict[str, Any]) -> None:
        """But for what a run that goes on had logged before."""
        if step >= self.run.starting_step:
            self.run.log(row, step=step)

    def _open(self, mode: str) -> Any:
        import wandb

        run = self._reached(wandb.init, self._id(), mode)
        for axis, names in AXES.items():
            run.define_metric(axis)
            for name in names:
                run.define_metric(name, step_metric=axis)
        # The record is told from its beginning: what was left of an offline run is in the new one.
        for left in (self.folder / "wandb").glob("offline-run-*"):
            if left != Path(run.dir).parent:
                shutil.rmtree(left, ignore_errors=True)
        return run

    def _reached(self, init: Callable[..., Any], own: str, mode: str) -> Any:
        """Opened as asked for, or offline where the server is not reached."""
        if mode != "online":
            return init(id=own, mode=mode, **self._given())
        if WandB.reaches:
            try:
                return init(id=own, mode=mode, resume="allow", **self._given())
            except Exception as error:
                WandB.reaches = False
                log.warning("W&B is not reached: %s; `wandb sync` can send runs later", error)
                self._kept_id.unlink()  # W&B keeps hold of it in this process
        return init(id=self._id(), mode="offline", **self._given())

    def _given(self) -> dict[str, Any]:
        """What a run is opened with, however it is."""
        import wandb

        repository = _repository()
        return dict(
            dir=self.folder,
            project=self.tracking.project or os.environ.get("WANDB_PROJECT") or "sleeprun",
            entity=self.tracking.entity,
            **self.label._asdict(),
            config=dict(self.config),
            reinit="create_new",
            settings=wandb.Settings(
                silent=True,
                console="off",
                x_disable_stats=True,
                x_disable_meta=True,
                disable_git=repository is None,
                git_root=repository,
                **PATIENCE,  # type: ignore[arg-type]
            ),
        )

    @property
    def _kept_id(self) -> Path:
        return self.folder / "wandb" / "id"

    def _id(self) -> str:
        """Its own, whatever WANDB_RUN_ID says, which all jobs of a process would share."""
        kept = self._kept_id
        if kept.exists() and (own := kept.read_text()):
            return own
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(own := secrets.token_hex(4))
        return own

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        """A failure of W&B is a warning, and the end of W&B alone: events.jsonl is the record."""
        try:
            yield
        except Exception as error:
            self.run = None
            log.warning("W&B could not %s: %s; the run goes on without it", doing, error)


def _table(rows: Rows) -> Any:
    import wandb

    columns: list[str | int] = list(dict.fromkeys(column for row in rows for column in row))
    data = [[row.get(str(column)) for column in columns] for row in rows]
    return wandb.Table(columns=columns, data=data, allow_mixed_types=True)


def _repository() -> str | None:
    """Whose commit a run is of: the git checkout that the user is in, else that of sleeprun."""
    here = Path.cwd()
    places = (here, *here.parents, SOURCE)
    return next((str(place) for place in places if (place / ".git").exists()), None)
