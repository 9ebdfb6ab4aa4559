"""A multirun's end: one table of all its jobs."""

import json
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf
from rich.markup import escape

_folders: list[Path] = []


class Sweep(Callback):
    """Hydra tells it where the sweep goes; `print_table` is called when all is over."""

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        if not config.dry_run:
            _folders.append(Path(config.hydra.sweep.dir))


def begun() -> bool:
    """Whether this process has run a multirun."""
    return bool(_folders)


def print_table() -> None:
    """The jobs of the multirun that has just ended, failed ones included."""
    from rich.console import Console
    from rich.table import Table

    for folder in _folders:
        table = Table(title=f"sweep {folder}")
        for column in ("job", "overrides", "status", "accuracy", "forgetting"):
            table.add_column(column)
        for path in sorted(folder.glob("**/.hydra"), key=_number):
            table.add_row(*_row(path.parent, folder))
        Console().print(table)
    _folders.clear()


def _number(path: Path) -> tuple[int, str]:
    name = path.parent.name
    return (int(name) if name.isdigit() else 1 << 30, name)


def _row(job: Path, sweep: Path) -> list[str]:
    from sleeprun.stats import mean_and_sd

    overrides = OmegaConf.load(job / ".hydra" / "overrides.yaml")
    results = job / "results.json"
    found = json.loads(results.read_text()) if results.exists() else {}
    arms = found.get("arms") or {"": found.get("metrics", {})}
    status = "done" if (job / "DONE").exists() else f"[red]failed[/], see {job}"
    numbers = [
        "\n".join(
            f"{arm} {mean_and_sd(metrics.get(name, {}), 3)}".strip()
            for arm, metrics in arms.items()
        )
        for name in ("accuracy", "forgetting")
    ]
    return [str(job.relative_to(sweep)), escape(" ".join(map(str, overrides))), status, *numbers]
