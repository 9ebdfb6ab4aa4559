"""What a run ends with when all of it is recorded: its analyses, and the report that shows them."""

from pathlib import Path

from sleeprun.reading import analysed, reported
from sleeprun.subjects.experiment import Experiment


def made(config: Experiment, path: Path) -> Path | None:
    """In the directory of a run whose results are there; an analysis that is there is kept. The
    report, if there is one.
    """
    analysed.after(config, path)
    return reported.write(path) if config.runtime.report else None
