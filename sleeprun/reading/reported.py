"""The report of a run, in its directory."""

import logging
from pathlib import Path

from sleeprun.directory.files import write_whole
from sleeprun.reading.groups import Groups, groups_in
from sleeprun.reading.loaded import load

log = logging.getLogger("sleeprun")
NAME = "report.html"


def page_of(groups: Groups, here: Path | None = None) -> bytes:
    """Of runs beside each other, with analyses that were made of them together `here`."""
    from sleeprun.reading.gathered import story_of
    from sleeprun.report.page import written

    return written(story_of(groups, here))


def write(folder: Path) -> Path | None:
    """Of a run whose results are there. It can be written again from the record, so a failure is
    only told.
    """
    page = folder / NAME
    try:
        write_whole(page, page_of(groups_in(folder, load(folder))))
    except Exception as error:
        log.warning("no report in %s: %s", folder, error)
        return None
    return page
