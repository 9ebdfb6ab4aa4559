"""What a run ends with when all of it is recorded: its analyses, and the report that shows them."""

from pathlib import Path
from typing import NamedTuple

from sleeprun.runs import analysed, reported
from sleeprun.subjects.experiment import Experiment
from sleeprun.tracking.tables import Rows


class Ending(NamedTuple):
    tables: dict[str, Rows]  # of the analyses
    page: Path | None


def made(config: Experiment, path: Path) -> Ending:
    """In the directory of a run whose results are there; an analysis that is there is kept."""
    analysed.after(config, path)
    page = reported.write(path) if config.runtime.report else None
    return Ending(analysed.tables_of(path), page)
