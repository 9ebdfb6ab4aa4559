"""What analyses left in the directories of runs, read for a report."""

import csv
from collections.abc import Iterator
from pathlib import Path

from sleeprun.directory.home import whole_of
from sleeprun.reading.analysed import FOLDER, Written, index_of
from sleeprun.reading.groups import Groups
from sleeprun.report.page import Analysed, Tabled


def analyses_of(groups: Groups, here: Path | None) -> Iterator[Analysed]:
    """In the directory of each run, and, of all of them together, `here`."""
    runs = [whole_of(run.folder) for group in groups.values() for run in group.runs]
    for folder in dict.fromkeys([*runs, *([here] if here else [])]):
        yield from _analysed(folder, groups, here)


def _analysed(folder: Path, groups: Groups, here: Path | None) -> Iterator[Analysed]:
    """`here` may be analyses of other runs."""
    for entry in index_of(folder):
        if folder == here and not {*entry["runs"]} <= {*groups}:
            continue
        tables = [_tabled(folder, each) for each in entry["tables"]]
        whose = "all of them" if folder == here else folder.name
        found = entry["about"], entry["sentences"], tables
        yield Analysed(entry["analysis"], whose, len(entry["seeds"]), *found)


def _tabled(folder: Path, table: Written) -> Tabled:
    file = f"{FOLDER}/{table['file']}"
    return Tabled(table["title"], file, _rows(folder / file), table["charts"])


def _rows(path: Path) -> list[dict[str, str]]:
    """Of a table; none where it is gone."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [*csv.DictReader(file)]
