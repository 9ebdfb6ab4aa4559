"""A sweep: which of its jobs is which, and at its end one table of them all."""

import hashlib
import json
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf
from rich.markup import escape

# Sections that have no effect on a job's results, but for two keys of `runtime`.
ASIDE = {"hydra", "runtime", "tracking", "resume", "dry_run"}
_folders: list[Path] = []


def identity(*, _root_: DictConfig) -> str:
    """A short hash of everything that a job's results depend on: its directory's name."""
    defining: dict[str, Any] = {
        str(key): _root_[key]
        if not OmegaConf.is_config(_root_[key])
        else OmegaConf.to_container(_root_[key], resolve=True)
        for key in _root_
        if key not in ASIDE
    }
    defining["runtime"] = [_root_.runtime.simulate, _root_.runtime.skip_quiet]
    text = json.dumps(defining, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


class Sweep(Callback):
    """Hydra tells it where the sweep goes and of every job; `print_table` is called at the end.

    `folder` is this call's own; its `jobs.txt` lists the directories of the jobs.
    """

    def __init__(self, folder: str):
        self.folder = Path(folder)

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        if not config.dry_run:
            _folders.append(self.folder)

    def on_job_start(self, config: DictConfig, **_: Any) -> None:
        """In whichever process the job is."""
        mode = HydraConfig.get().mode
        if config.dry_run or mode is None or mode.name != "MULTIRUN":
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        line = f"{config.hydra.job.num} {config.hydra.runtime.output_dir}\n"
        with (self.folder / "jobs.txt").open("a") as file:
            file.write(line)


def begun() -> bool:
    """Whether this process has run a multirun."""
    return bool(_folders)


def jobs_of(folder: Path) -> list[Path]:
    """The directories of a sweep's jobs, in order; a job that it has twice comes once."""
    listed = folder / "jobs.txt"
    lines = listed.read_text().splitlines() if listed.exists() else []
    numbered = sorted(lines, key=lambda line: int(line.split(" ", 1)[0]))
    return [Path(path) for path in dict.fromkeys(line.split(" ", 1)[1] for line in numbered)]


def print_table() -> None:
    """The jobs of the multirun that has just ended, failed ones included."""
    from rich.console import Console
    from rich.table import Table

    for folder in _folders:
        table = Table(title=f"sweep {folder}")
        for column in ("job", "overrides", "status", "accuracy", "forgetting"):
            table.add_column(column)
        for path in jobs_of(folder):
            table.add_row(*_row(path))
        Console().print(table)
    _folders.clear()


def _row(job: Path) -> list[str]:
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
    return [job.name, escape(" ".join(map(str, overrides))), status, *numbers]
