"""How a run is found among others on W&B: its name, what it is, what it belongs to."""

from pathlib import Path
from typing import NamedTuple

from sleeprun.config import ExperimentConfig

LONGEST_TAG = 64  # that W&B takes


class Label(NamedTuple):
    name: str
    job_type: str
    group: str | None
    tags: tuple[str, ...]

    def tagged(self, *tags: str) -> "Label":
        told = dict.fromkeys(tag[:LONGEST_TAG] for tag in (*self.tags, *tags))
        return self._replace(tags=tuple(told))


def of_run(config: ExperimentConfig, folder: Path) -> Label:
    """A run, or what compares its arms; those are grouped with it."""
    told = config.tracking
    own_group = f"{config.name}/{folder.name}" if config.arms else None
    job_type = "arms" if config.arms else told.job_type or "run"
    label = Label(told.name or config.name, job_type, told.group or own_group, tuple(told.tags))
    return label.tagged(config.name)


def of_arm(config: ExperimentConfig, folder: Path, arm: str) -> Label:
    whole = of_run(config, folder)
    return whole._replace(name=f"{whole.name}: {arm}", job_type="arm").tagged(arm)
