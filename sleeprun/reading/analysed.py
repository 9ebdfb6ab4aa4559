"""The analyses of runs, carried out: tables and an index in `analyses/` of a run's directory."""

import logging
import shutil
from collections.abc import Iterator, Sequence
from inspect import cleandoc
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from sleeprun.analyses import Analysis, Answer, Study, Table
from sleeprun.config import ConfigError
from sleeprun.config.declared import DeclaredSection
from sleeprun.config.promise import asking
from sleeprun.directory.files import DamagedFile, read_json, write_json, write_whole
from sleeprun.directory.home import at_home
from sleeprun.directory.store import RunDirectory
from sleeprun.reading.groups import Groups, groups_in
from sleeprun.reading.loaded import load
from sleeprun.subjects.experiment import Experiment
from sleeprun.tracking.tables import Rows

log = logging.getLogger("sleeprun")
FOLDER, INDEX = "analyses", "index.json"
MOST_ROWS = 10_000  # of a table that is shown elsewhere


class Written(TypedDict):
    """A table in the index."""

    name: str
    title: str
    file: str
    charts: list[dict[str, Any]]


class Entry(TypedDict):
    """An analysis in the index."""

    analysis: str  # its kind
    about: str
    keys: dict[str, Any]
    runs: list[str]
    seeds: list[int]
    sentences: list[str]
    tables: list[Written]


class Told(NamedTuple):
    """What is said of an analysis: what it found, or why it was not made."""

    name: str
    sentences: Sequence[str]
    refused: bool = False


def study_of(groups: Groups) -> Study:
    return Study({name: group.whole for name, group in groups.items()})


def analyse(study: Study, analyses: Sequence[DeclaredSection], out: Path) -> Iterator[Told]:
    """Make each, and leave what it answers in a run's directory; of one that cannot be made it is
    told why, and the others go on.
    """
    first = next(iter(study.runs.values()))
    for section in analyses:
        try:
            with at_home(first.folder):
                answer = _answer(section.make(), study)
        except ConfigError as error:
            yield Told(_name(section), str(error).splitlines(), refused=True)
        else:
            _write(out, section, study, answer)
            yield Told(_name(section), answer.sentences)


def after(config: Experiment, path: Path) -> None:
    """Those that a config asks for, of a run whose results are there, unless they are there, too.

    They can be made again from the record, so a failure is only told.
    """
    if not RunDirectory(path).done:  # what is there may be of a run that had not come so far
        shutil.rmtree(path / FOLDER, ignore_errors=True)
    there = [(entry["analysis"], entry["keys"]) for entry in index_of(path)]
    wanted = [each for each in config.analysis if (_name(each), _keys(each)) not in there]
    if not wanted:
        return
    for each in analyse(study_of(groups_in(path, load(path))), wanted, path):
        if each.refused:
            log.warning("analysis %s: %s", each.name, "; ".join(each.sentences))


def found(config: Experiment, path: Path) -> list[str]:
    """What those that a config asks for have found."""
    asked = [_name(each) for each in config.analysis]
    told = (entry for entry in index_of(path) if entry["analysis"] in asked)
    return [f"{entry['analysis']}: {each}" for entry in told for each in entry["sentences"]]


def tables_of(path: Path) -> dict[str, Rows]:
    """All tables that analyses left in a run's directory, by file; but for very long ones."""
    names = [table["file"] for entry in index_of(path) for table in entry["tables"]]
    if not names:
        return {}
    import pandas as pd

    frames = {name.removesuffix(".csv"): pd.read_csv(path / FOLDER / name) for name in names}
    return {
        name: frame.astype(object).where(frame.notna(), None).to_dict("records")
        for name, frame in frames.items()
        if len(frame) <= MOST_ROWS
    }


def _answer(analysis: Analysis, study: Study) -> Answer:
    for run in study.runs.values():
        if why := next(analysis.misfits(run.config), None):
            raise ConfigError(why)
    with asking(analysis, "answer"):
        return analysis.answer(study)


def _write(out: Path, section: DeclaredSection, study: Study, answer: Answer) -> None:
    """The tables, and then the index that names them."""
    entry: Entry = {
        "analysis": _name(section),
        "about": cleandoc(section.declares.__doc__ or ""),
        "keys": _keys(section),
        "runs": list(study.runs),
        "seeds": study.seeds,
        "sentences": list(answer.sentences),
        "tables": [_written(out, _name(section), table) for table in answer.tables],
    }
    others = [each for each in index_of(out) if each["analysis"] != _name(section)]
    write_json(out / FOLDER / INDEX, {"analyses": [*others, entry]})


def _written(out: Path, name: str, table: Table) -> Written:
    file = f"{name}.{table.name}.csv"
    content = table.frame.to_csv(index=False, float_format="%.6g")
    write_whole(out / FOLDER / file, content.encode())
    return {
        "name": table.name,
        "title": table.title,
        "file": file,
        "charts": [chart._asdict() for chart in table.charts],
    }


def _name(section: DeclaredSection) -> str:
    return section.model_dump()["kind"]


def _keys(section: DeclaredSection) -> dict[str, Any]:
    return section.model_dump(mode="json", exclude={"kind"})


def index_of(path: Path) -> list[Entry]:
    """Of what was made before; of a damaged one nothing is known."""
    try:
        return read_json(path / FOLDER / INDEX, "analyses")["analyses"]
    except DamagedFile:
        return []
