"""Analyses of runs that are done, from what they recorded.

    sleeprun-analyse RUN_OR_SWEEP_DIR... [--only NAME...] [--out FOLDER] [NAME.KEY=VALUE...]

A run with arms is looked at arm by arm, a sweep job by job; runs that differ in seeds only are one
sample, whose weights alone are looked at; else those seeds count that all have.
Without --only all analyses are made that fit the family of networks and what was recorded; of the
others it is said why not. A name may be the dotted path of a class of one's own. What they find is
printed; tables (analyses/NAME.TABLE.csv) and what they are (analyses/index.json) are left in the
run's directory, of several where you are, or in --out. `sleeprun --help analysis` lists them with
their keys. Exits with 2 where nothing could be made.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import yaml

from sleeprun.cli.codes import MISTAKE, OK, say
from sleeprun.cli.mistakes import mistakes_told
from sleeprun.cli.streams import print_come_what_may
from sleeprun.config import ConfigError
from sleeprun.config.analysis import ANALYSES
from sleeprun.config.declared import DeclaredSection
from sleeprun.config.messages import checked
from sleeprun.reading.analysed import FOLDER, analyse, study_of
from sleeprun.sweeps.beside import beside

COMMAND = "sleeprun-analyse"


def main() -> None:
    parser = argparse.ArgumentParser(
        COMMAND, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--out", type=Path)
    print_come_what_may()
    given = parser.parse_args()
    words = [*given.runs, *given.only]
    assigned = [word for word in words if "=" in word and not Path(word).exists()]
    folders = [Path(word) for word in given.runs if word not in assigned]
    names = [word for word in given.only if word not in assigned]
    try:
        with mistakes_told():
            sys.exit(_analyse(folders, names, assigned, given.out))
    except ConfigError as error:
        sys.exit(say(MISTAKE, str(error), COMMAND))


def _analyse(
    folders: Sequence[Path], names: Sequence[str], assigned: Sequence[str], out: Path | None
) -> int:
    if (here := os.getcwd()) not in sys.path:
        sys.path.insert(0, here)  # where classes of a user's own are
    if not folders:
        raise ConfigError("names no run; must be the directories of some")
    sections = list(chosen(names or list(ANALYSES.built_in), assigned))
    made, out = False, out or (folders[0] if len(set(folders)) == 1 else Path())
    for told in analyse(study_of(beside(folders)), sections, out):
        made = made or not told.refused
        for line in told.sentences or ["its tables are all there is to say"]:
            print(f"{told.name}: {'not made: ' if told.refused else ''}{line}", flush=True)
    if not made:
        return MISTAKE
    print(out / FOLDER)
    return OK


def chosen(names: Sequence[str], assigned: Sequence[str]) -> Iterator[DeclaredSection]:
    """Analyses by name, with the keys that are given. Raises ConfigError."""
    keys = {name: dict[str, object]() for name in names}
    for word in assigned:
        key, _, value = word.partition("=")
        name, _, last = key.rpartition(".")
        if name not in keys:
            raise ConfigError(f"{word}: must be NAME.KEY=VALUE, of one of {', '.join(keys)}")
        keys[name][last] = yaml.safe_load(value)
    for name, given in keys.items():
        try:
            section = ANALYSES.section(name)
        except ValueError as error:
            raise ConfigError(f"--only {name}: {error}") from None
        yield cast(DeclaredSection, checked(section, name, {"kind": name, **given}))


if __name__ == "__main__":
    main()
