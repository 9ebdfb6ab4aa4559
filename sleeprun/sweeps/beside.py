"""Runs and sweeps beside each other: which directories they come to, by name."""

from collections.abc import Sequence
from pathlib import Path

from sleeprun.config import ConfigError
from sleeprun.runs.reported import Groups, of_run
from sleeprun.sweeps import outcomes


def groups_of(folders: Sequence[Path]) -> Groups:
    """Arms, or runs, by name; the jobs of a sweep that differ in seeds only are together. Raises
    ConfigError where a folder has nothing that is done.
    """
    there = [folder.resolve() for folder in folders]
    for place, folder in enumerate(folders):
        if there[place] in there[:place]:
            raise ConfigError(f"{folder}: is given twice")
    groups: dict[str, Sequence[Path]] = {}
    for folder in folders:
        for name, paths in _of(folder).items():
            told = name or folder.name
            groups[told if told not in groups else f"{told} ({folder})"] = paths
    return groups


def _of(folder: Path) -> Groups:
    if not (folder / "jobs.jsonl").exists():
        calls = sorted(path.parent.name for path in folder.glob("*/jobs.jsonl"))
        if calls:
            raise ConfigError(f"{folder}: no run; it has the sweeps {', '.join(calls)}")
        return of_run(folder)
    groups = outcomes.named(outcomes.read(folder))
    if not groups:
        raise ConfigError(f"{folder}: no job of this sweep is done")
    return {
        name: [one.path / "arms" / one.arm if one.arm else one.path for one in jobs]
        for name, jobs in groups.items()
    }
