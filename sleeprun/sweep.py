"""A sweep: which of its jobs is which, and at its end one table of them all."""

import hashlib
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf

log = logging.getLogger("sleeprun")
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
    """Hydra tells it where the sweep goes and of every job; `conclude` is called at the end.

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
        _list(self.folder, config.hydra.job.num, config.hydra.runtime.output_dir)


def _list(folder: Path, number: int, job: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "jobs.txt").open("a") as file:
        file.write(f"{number} {job}\n")


def told_by_one(this: bool, jobs: Sequence[tuple[int, str]]) -> None:
    """Of several processes that were called for the same sweep, one tells of all jobs."""
    for folder in _folders if this else ():
        for number, job in jobs:
            _list(folder, number, job)
    if not this:
        _folders.clear()


def begun() -> bool:
    """Whether this process has run a multirun."""
    return bool(_folders)


def conclude() -> None:
    """The jobs of the multirun that has just ended, failed ones included: a table, and files."""
    for folder in _folders:
        from rich.console import Console

        from sleeprun import findings

        if not (found := findings.read(findings.jobs_of(folder))):
            continue
        Console().print(findings.table(folder, found))
        for path in [*findings.write(folder, found), *_drawn(found, folder)]:
            print(path)
    _folders.clear()


def _drawn(found: Sequence[Any], folder: Path) -> list[Path]:
    """The picture; a failure is only told, since all that it shows is in the files."""
    try:
        from sleeprun import landscape

        return landscape.draw(found, folder)
    except Exception as error:
        log.warning("no picture in %s: %s", folder, error)
        return []
