"""The report of runs or sweeps: one HTML file that needs no network.

    sleeprun-report RUN_OR_SWEEP_DIR... [--out FILE]

It says what was forgotten and what sleep saved, what was run and what differs between the arms, the
protocol, the scores at every boundary, the measures with their intervals, how learning went, what
analyses found, what makes all that doubtful, and how to run it again. The first arm is what the
others are compared with. A run with arms brings each of them; a sweep's folder (the dated one,
with jobs.jsonl) its jobs, those that differ in seeds only as one arm, and so are runs that do. Of
several folders those that have nothing that is done are left out, which is said. Written to
report.html in the folder, or of several where you are, or to --out. Exits with 2 where there is
nothing to tell of, which it says in a line.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sleeprun.cli.codes import MISTAKE, say
from sleeprun.cli.mistakes import mistakes_told
from sleeprun.cli.streams import print_come_what_may
from sleeprun.config import ConfigError
from sleeprun.directory.files import write_whole
from sleeprun.reading.reported import NAME, page_of
from sleeprun.sweeps.beside import beside

COMMAND = "sleeprun-report"


def main() -> None:
    parser = argparse.ArgumentParser(
        COMMAND, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path)
    print_come_what_may()
    given = parser.parse_args()
    try:
        with mistakes_told():
            print(report(given.folders, given.out))
    except ConfigError as error:
        sys.exit(say(MISTAKE, str(error), COMMAND))


def report(folders: Sequence[Path], out: Path | None) -> Path:
    """Write it; returns where."""
    alone = len(set(folders)) == 1  # else it is none of theirs
    path = out or (folders[0] if alone else Path())
    path = path / NAME if path.is_dir() else path
    write_whole(path, page_of(beside(folders), path.absolute().parent))
    return path
