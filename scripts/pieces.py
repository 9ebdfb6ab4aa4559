"""A long experiment in pieces: ordinary runs of some seeds each, that leave a small record."""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import sleeprun
from sleeprun.cli.codes import INTERRUPTED, MISTAKE, say
from sleeprun.directory.files import write_json

Record = dict[str, Any]


def parser_of(about: str | None, records: Path, folder: Path) -> argparse.ArgumentParser:
    """Asks which pieces there shall be, and for the places of their records and runs."""
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--seeds", nargs="*", default=[], metavar="SEED,SEED", help="of each piece")
    add("--with", nargs="*", default=[], dest="given", metavar="KEY=VALUE", help="in every run")
    add("--records", type=Path, default=records, help=f"(default {records})")
    add("--folder", type=Path, default=folder, help=f"(default {folder})")
    return parser


def carry_out(
    asked: argparse.Namespace, group: str, keep: Callable[[sleeprun.LoadedRun], Record]
) -> None:
    """Run the pieces that have no record yet; `keep` says what of each."""
    experiment = f"{group}/{asked.experiment}"
    for seeds in asked.seeds:
        record = asked.records / asked.experiment / f"{seeds.replace(',', '_')}.json"
        if record.exists():
            continue
        given = [*asked.given, f"seeds=[{seeds}]"]
        folder = asked.folder / asked.experiment / record.stem
        try:
            write_json(record, carried_out(experiment, given, folder, keep))
        except KeyboardInterrupt:
            told = "interrupted; called again, it goes on from there"
            raise SystemExit(say(INTERRUPTED, told, str(folder))) from None
        except sleeprun.ConfigError as mistake:
            raise SystemExit(say(MISTAKE, str(mistake), experiment)) from None


def carried_out(
    experiment: str,
    given: Sequence[str],
    folder: Path,
    keep: Callable[[sleeprun.LoadedRun], Record],
) -> Record:
    """Run a piece, or go on with it; how, and what is kept of it."""
    given = [*given, "tracking=disabled", "runtime.progress=false"]
    config = sleeprun.compose(experiment, *given)
    sleeprun.run(config, folder, resume=(folder / "events.jsonl").exists())
    command = ["sleeprun", f"+experiment={experiment}", *given]
    return {"command": command, **keep(sleeprun.load(folder))}


def read(records: Path) -> list[Record]:
    """Of all pieces that are done."""
    found = [json.loads(path.read_text()) for path in sorted(records.glob("*.json"))]
    if not found:
        raise SystemExit(f"{records}: no piece is done; ask for some with --seeds")
    return found
