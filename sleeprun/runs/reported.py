"""The report of a run, in its directory."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from sleeprun.config import ConfigError
from sleeprun.config.messages import argument
from sleeprun.runs.files import write_whole
from sleeprun.runs.loaded import LoadedRun, load
from sleeprun.runs.store import RunDirectory

log = logging.getLogger("sleeprun")
NAME = "report.html"
Groups = Mapping[str, Sequence[Path]]  # directories by name; those that differ in seeds together


def of_run(folder: Path) -> Groups:
    """A run, or its arms, by name. Raises ConfigError where there is none that is done."""
    run = load(folder)
    if not RunDirectory(run.folder).done:
        raise ConfigError(f"{folder}: is not done; go on with it by {argument('resume', folder)}")
    return _groups(run)


def _groups(run: LoadedRun) -> Groups:
    if arms := run.results.get("arms", {}):
        return {name: [run.folder / "arms" / name] for name in arms}
    return {run.results["experiment"]: [run.folder]}


def page_of(groups: Groups, folders: Sequence[Path]) -> bytes:
    """Of runs beside each other, which lie in some folders, of runs or of sweeps."""
    from sleeprun.report.page import written
    from sleeprun.runs.story import story_of

    return written(story_of(groups, folders))


def write(folder: Path) -> Path | None:
    """Of a run whose results are there. It can be written again from the record, so a failure is
    only told.
    """
    page = folder / NAME
    try:
        write_whole(page, page_of(_groups(load(folder)), [folder]))
    except Exception as error:
        log.warning("no report in %s: %s", folder, error)
        return None
    return page
