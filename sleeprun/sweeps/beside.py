"""Runs and sweeps beside each other: what they come to, by name."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sleeprun.config import ConfigError
from sleeprun.reading.groups import Group, Groups, groups_in
from sleeprun.reading.loaded import load, load_done
from sleeprun.reading.sample import differ_in_seeds_alone
from sleeprun.sweeps import outcomes
from sleeprun.sweeps.jobs import JOBS
from sleeprun.sweeps.outcomes import Outcome

log = logging.getLogger("sleeprun")


def beside(folders: Sequence[Path]) -> Groups:
    """In the order of the folders. Runs that differ in their seeds alone are one; a run that a
    sweep lists is its job, in all the sweeps that do. Of several folders those that have nothing
    that is done are told and left out. Raises ConfigError where all are so.
    """
    _refuse_twice(folders)
    jobs = outcomes.read(*filter(_is_sweep, folders))
    listed = {one.path.resolve() for one in jobs}
    found: dict[str, Group] = {}
    for folder in folders:
        if folder.resolve() in listed:
            continue
        try:
            for name, group in _of(folder, jobs):
                _add(found, name, group)
        except ConfigError as error:
            if len(folders) == 1 or not folder.exists():
                raise
            log.warning("%s; it is left out", error)
    if not found:
        raise ConfigError(f"{', '.join(map(str, folders))}: nothing in them is done")
    return found


def _refuse_twice(folders: Sequence[Path]) -> None:
    there = [folder.resolve() for folder in folders]
    for place, folder in enumerate(folders):
        if there[place] in there[:place]:
            raise ConfigError(f"{folder}: is given twice")


def _is_sweep(folder: Path) -> bool:
    return (folder / JOBS).exists()


def _of(folder: Path, jobs: Sequence[Outcome]) -> Iterable[tuple[str, Group]]:
    """By name; of a sweep those of its jobs that no earlier one has."""
    if _is_sweep(folder):
        return _of_sweep(folder, jobs)
    if calls := sorted(path.parent.name for path in folder.glob(f"*/{JOBS}")):
        raise ConfigError(f"{folder}: no run; it has the sweeps {', '.join(calls)}")
    return groups_in(folder, load_done(folder)).items()


def _of_sweep(folder: Path, jobs: Sequence[Outcome]) -> Iterator[tuple[str, Group]]:
    if not any(one.done for one in outcomes.read(folder)):
        raise ConfigError(f"{folder}: no job of this sweep is done")
    for name, of_one in outcomes.named(jobs).items():
        if of_one[0].sweep == folder:
            paths = [one.path / "arms" / one.arm if one.arm else one.path for one in of_one]
            yield name, Group([*map(load, paths)], folder, swept=True)


def _add(found: dict[str, Group], name: str, group: Group) -> None:
    """To one that differs in seeds alone, or by the shortest name of its own."""
    (run, *_), others = group.runs, [] if group.swept else found.values()
    for other in others:
        if not other.swept and all(differ_in_seeds_alone(run, each) for each in other.runs):
            other.runs.append(run)
            return
    told = name or group.folder.name
    names = told, f"{told} ({group.folder.name})", f"{told} ({group.folder})"
    found[next(one for one in names if one not in found)] = group
