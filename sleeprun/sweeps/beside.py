"""Runs and sweeps beside each other: what they come to, by name."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sleeprun.config import ConfigError
from sleeprun.protocol.describe import plural
from sleeprun.reading.groups import Group, Groups, groups_in
from sleeprun.reading.loaded import load, load_done
from sleeprun.reading.sample import one_sample
from sleeprun.sweeps import outcomes
from sleeprun.sweeps.jobs import JOBS

log = logging.getLogger("sleeprun")


def beside(folders: Sequence[Path]) -> Groups:
    """In the order of the folders. What differs in seeds alone is one; a run that a sweep lists is
    its job, in the first that does. Of several folders those that have nothing that is done are
    told and left out. Raises ConfigError where all are so.
    """
    _refuse_twice(folders)
    jobs = {path.resolve() for folder in folders for path in _listed(folder)}
    found: dict[str, Group] = {}
    there: set[Path] = set()  # runs, and arms of runs
    for folder in folders:
        if folder.resolve() in jobs:
            continue
        try:
            new = [*_of(folder)]
        except ConfigError as error:
            if len(folders) == 1 or not folder.exists():
                raise
            log.warning("%s; it is left out", error)
            continue
        for name, group in new:
            if (path := group.runs[0].folder.resolve()) not in there:
                there.add(path)
                _add(found, name, group)
    if not found:
        raise ConfigError(f"{', '.join(map(str, folders))}: nothing in them is done")
    return found


def _refuse_twice(folders: Sequence[Path]) -> None:
    there = [folder.resolve() for folder in folders]
    for place, folder in enumerate(folders):
        if there[place] in there[:place]:
            raise ConfigError(f"{folder}: is given twice")


def _listed(folder: Path) -> Iterable[Path]:
    """Of a sweep its jobs; none of one whose list is damaged, which is told where it is read."""
    try:
        return outcomes.jobs_of(folder)
    except ConfigError:
        return ()


def _of(folder: Path) -> Iterable[tuple[str, Group]]:
    """A run, its arms, or the jobs of a sweep that are done, by name."""
    if (folder / JOBS).exists():
        return _of_sweep(folder)
    if calls := sorted(path.parent.name for path in folder.glob(f"*/{JOBS}")):
        raise ConfigError(f"{folder}: no run; it has the sweeps {', '.join(calls)}")
    return groups_in(folder, load_done(folder)).items()


def _of_sweep(folder: Path) -> Iterator[tuple[str, Group]]:
    jobs = outcomes.read(folder)
    groups = outcomes.named(jobs)
    if not groups:
        raise ConfigError(f"{folder}: no job of this sweep is done")
    if left := sum(not (one.done or one.pruned) for one in jobs):
        log.warning("%s: %s not done; what is, is told", folder, plural(left, "job"))
    for name, of_one in groups.items():
        for one in of_one:
            path = one.path / "arms" / one.arm if one.arm else one.path
            yield name or folder.name, Group([load(path)], folder, swept=True)


def _add(found: dict[str, Group], name: str, group: Group) -> None:
    """To what differs in seeds alone, or by the shortest name of its own."""
    (run,) = group.runs
    for told, other in found.items():
        # Jobs of a call have one name where their commands differ in seeds alone.
        of_one_call = told == name and other.folder == group.folder and group.swept
        if of_one_call or one_sample([*other.runs, run]):
            if {*run.results["seeds"]} <= {*other.whole.results["seeds"]}:
                log.warning("%s: has networks of '%s' again, which count once", run.folder, told)
            other.runs.append(run)
            return
    names = name, f"{name} ({group.folder.name})", f"{name} ({group.folder})"
    found[next(one for one in names if one not in found)] = group
