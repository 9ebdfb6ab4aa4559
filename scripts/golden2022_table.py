"""The table of Golden et al. 2022 from nothing: every condition is run, compared and drawn.

The conditions (golden2022_table.yaml) are ordinary runs in FOLDER/NAME. What they share is
simulated once. Called again, the script goes on where it was broken off. What follows `--` is
passed to every run: `-- tracking=disabled runtime.cores=8`; with `-- dry_run=true` nothing is run.

What takes days is done in pieces, some networks each, that leave a small record; the table is then
of all that are there: `--scale 1 --seeds [3] --folder runs/full/3 --records scripts/records/full`,
and with `--seeds []` it is only printed.
"""

import argparse
import fcntl
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

import golden2022_records
from golden2022_records import PLAN
from sleeprun.cli.codes import INTERRUPTED, MISTAKE
from sleeprun.cli.folder import conf_dir
from sleeprun.cli.mistakes import explain_hydra
from sleeprun.config import ConfigError
from sleeprun.directory.store import RunDirectory, write_whole
from sleeprun.directory.thinning import thinned
from sleeprun.protocol.describe import duration, shared_prefix
from sleeprun.report import performance
from sleeprun.subjects.expected import expected_seconds
from sleeprun.subjects.forager.experiment import AgentExperiment
from sleeprun.subjects.parse import parse
from sleeprun.subjects.plans import arms_of

CONDITIONS: dict[str, dict[str, Any]] = PLAN["conditions"]


def main() -> None:
    arguments = parse_arguments()
    if arguments.records and arguments.seeds == "[]":
        report(arguments.records)
        return
    folder = arguments.folder.absolute()
    overrides = {name: overrides_of(name, arguments, folder) for name in CONDITIONS}
    configs = {name: config_of(given) for name, given in overrides.items()}
    config = configs["task1"]
    record = golden2022_records.record_of(config, arguments.records) if arguments.records else None
    if record and record.exists():
        report(arguments.records)
        return
    announce(configs, folder)
    if config.dry_run:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder) as lock:
        for name, given in overrides.items():
            carry_out(given, folder / name, lock)
        results = {
            name: json.loads((folder / name / "results.json").read_text()) for name in configs
        }
        if record:
            golden2022_records.keep(results, config, record)
            report(arguments.records)
            return
        text = "\n".join(golden2022_records.told(results, config))
        write_whole(folder / "table.md", text.encode())
        draw(folder)
    print(f"\n{text}\n{folder / 'table.md'}\n{folder / 'performance.png'}")


def report(records: Path) -> None:
    print("\n".join(golden2022_records.report(records)))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", default="0.1", help="of the published length (default 0.1)")
    parser.add_argument("--seeds", default="10", help="how many networks (default 10)")
    folder = Path("runs/golden2022_table")
    parser.add_argument("--folder", type=Path, default=folder, help=f"(default {folder})")
    parser.add_argument("--records", type=Path, help="where a piece leaves its own")
    parser.add_argument("overrides", nargs="*", metavar="-- key=value", help="for every run")
    return parser.parse_args()


def overrides_of(name: str, arguments: argparse.Namespace, folder: Path) -> list[str]:
    given = [f"+experiment=golden2022/{name}", f"protocol.scale={arguments.scale}"]
    origin = CONDITIONS[name]["from"]
    begin = [f"from={quoted(folder / origin)}"] if origin else []
    return [*given, f"seeds={arguments.seeds}", *arguments.overrides, *begin]


def quoted(path: Path) -> str:
    """A path as the value of an override, whatever is in it."""
    escaped = str(path).replace("'", "\\'")
    return f"'{escaped}'"


def config_of(overrides: list[str]) -> AgentExperiment:
    """As the command will compose it, so that a mistake is told before anything is run."""
    try:
        with initialize_config_dir(str(conf_dir()), version_base="1.3"):
            composed: Any = OmegaConf.to_container(compose("config", overrides), resolve=True)
        config = parse(composed)
        return stop("arms: the conditions have none", MISTAKE) if config.arms else config
    except (HydraException, OmegaConfBaseException) as error:
        stop(explain_hydra(error), MISTAKE)
    except ConfigError as error:
        stop(str(error), MISTAKE)


def stop(message: str, code: int) -> Any:
    print(f"golden2022_table: {message}", file=sys.stderr)
    sys.exit(code)


def announce(configs: dict[str, AgentExperiment], folder: Path) -> None:
    """How long everything that is not yet done will take."""
    total = 0.0
    protocols = {name: arms_of(config)[""] for name, config in configs.items()}
    print(f"{folder}: what is not yet done takes about")
    for name, config in configs.items():
        protocol, origin = protocols[name], CONDITIONS[name]["from"]
        behind = len(shared_prefix([protocol, protocols[origin]])) if origin else 0
        cycles = sum(phase.cycles for phase in protocol[behind:])
        seconds = sum(expected_seconds(config, protocol[behind:]))
        done = (folder / name / "DONE").exists()
        total += 0.0 if done else seconds
        told = "done" if done else duration(seconds)
        print(f"  {name:26s}  {cycles:>12,d} cycles a seed  {told:>12s}")
    print(f"  together {duration(total)} on {config.devices} cores", flush=True)


@contextmanager
def alone(folder: Path) -> Iterator[int]:
    """Wait until no other call works in the folder.

    The runs inherit the lock: one that outlives a script that was killed is waited for.
    """
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"another run is at work in {folder}; waiting for it to end", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def carry_out(overrides: list[str], run: Path, lock: int) -> None:
    """Begin a run, go on with it, or leave it as it is where it is done."""
    arguments = [f"resume={quoted(run)}"]
    if not (run / "events.jsonl").exists():
        arguments = [*overrides, f"hydra.run.dir={quoted(run)}"]
    elif (told := differing(overrides, run)) is not None:
        stop(f"{run} was run with {told}; choose another --folder", MISTAKE)
    elif (run / "DONE").exists():
        return
    print(f"\nsleeprun {' '.join(arguments)}", flush=True)
    process = subprocess.Popen([sys.executable, "-m", "sleeprun", *arguments], pass_fds=[lock])
    while True:
        try:
            code = process.wait()
            break
        except KeyboardInterrupt:  # the run has heard it too, and saves its state
            continue
    if code:
        stop(f"{run} ended with exit code {code}; the same command again goes on from there", code)


def differing(overrides: list[str], run: Path) -> str | None:
    """The overrides that a run was begun with, if they were others; folders aside."""
    stored = yaml.safe_load((run / ".hydra" / "overrides.yaml").read_text())
    aside = ("from=", "hydra.")
    ours, theirs = ([o for o in each if not o.startswith(aside)] for each in (overrides, stored))
    return None if ours == theirs else " ".join(theirs)


def draw(folder: Path) -> None:
    told = {
        condition["title"]: thinned(RunDirectory(folder / name).events())
        for name, condition in CONDITIONS.items()
        if condition["from"]  # the others are the beginning of these
    }
    performance.compare_performance("Golden et al. 2022", told, folder / "performance.png")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
