"""Compares runs or sweeps: a table of arms, with differences paired over the seeds they share.

    sleeprun-compare RUN_OR_SWEEP_DIR... [--measure accuracy] [--out FOLDER]

The first arm is what the others are compared with. A run with arms brings each of them; a
sweep's folder (the dated one, with jobs.jsonl) brings its jobs, those that differ in seeds only as
one arm. Differences have a bootstrap 95 % interval and the p of a paired permutation test of
signs, corrected by Holm's method over all comparisons; with few seeds it cannot be small (with six,
2/64 of one comparison). What makes a comparison doubtful (other tasks, another network, other data
or training, other memory, seeds without a score) is said below. With --out it is written there,
too, as compare.md and compare.tex. Exits with 2 where a folder has nothing to compare or cannot be
written, which it says in a line.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from sleeprun.cli.codes import MISTAKE, say
from sleeprun.cli.mistakes import mistakes_told
from sleeprun.cli.streams import print_come_what_may
from sleeprun.config import ConfigError
from sleeprun.protocol.results import Metrics, Results
from sleeprun.report.comparison import HEAD, Arm, Arms, doubtful, table
from sleeprun.runs.files import read_json, write_whole
from sleeprun.sweeps import outcomes

ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in "_%&#${}"})  # in LaTeX
COMMAND = "sleeprun-compare"


def main() -> None:
    parser = argparse.ArgumentParser(
        COMMAND, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--measure", default="accuracy")
    parser.add_argument("--out", type=Path)
    print_come_what_may()
    given = parser.parse_args()
    try:
        with mistakes_told():
            compare(given.folders, given.measure, given.out)
    except ConfigError as error:
        sys.exit(say(MISTAKE, str(error), COMMAND))


def compare(folders: list[Path], measure: str, out: Path | None) -> None:
    arms = read(folders, measure)
    lines, doubts = table(arms, measure), "".join(f"\n{line}\n" for line in doubtful(arms))
    told = f"{markdown(lines)}{doubts}"
    print(told)
    if out is None:
        return
    for name, content in {"compare.md": told, "compare.tex": latex(lines)}.items():
        write_whole(out / name, content.encode())
        print(out / name)


def read(folders: list[Path], measure: str) -> Arms:
    """The arms by name. Raises ConfigError where a folder has none, or not this measure."""
    arms: Arms = {}
    for place, folder in enumerate(folders):
        if folder.resolve() in [other.resolve() for other in folders[:place]]:
            raise ConfigError(f"{folder}: is given twice")
        found = _found(folder)
        if not found:
            raise ConfigError(f"{folder}: no job of this sweep is done")
        before = set(arms)
        for told, metrics, seeds, contents, trained, carried in found:
            if measure not in metrics:
                raise ConfigError(f"{folder}: has no {measure!r}; has {', '.join(metrics)}")
            name = told or folder.name
            name = f"{name} ({folder})" if name in before else name
            finals = (key for key in metrics if key.startswith("final/"))
            tasks = tuple(key.removeprefix("final/") for key in finals)
            arm = arms.setdefault(name, Arm({}, [], tasks, contents, trained, carried))
            for seed, score in zip(seeds, metrics[measure]["per_seed"], strict=True):
                if score is None:
                    arm.unknown.append(seed)
                else:
                    arm.scores[seed] = score
    return arms


Found = tuple[str, Metrics, list[int], str | None, int | None, float | None]


def _found(folder: Path) -> list[Found]:
    """Name, measures, seeds, contents, training and memory of every arm; jobs are meant to differ
    in contents and training.
    """
    if (folder / "jobs.jsonl").exists():
        return [
            (name, one.metrics, one.seeds, None, None, one.accounts["carried_bytes"])
            for name, group in outcomes.named(outcomes.read(folder)).items()
            for one in group
        ]
    results = folder / "results.json"
    if not results.exists():
        calls = sorted(path.parent.name for path in folder.glob("*/jobs.jsonl"))
        hint = f"; it has the sweeps {', '.join(calls)}" if calls else ""
        raise ConfigError(f"{folder}: neither a run that is done nor a sweep{hint}")
    told = cast(Results, read_json(results, "experiment", "seeds", "metrics"))
    arms, accounts = told.get("arms") or {"": told["metrics"]}, told.get("accounts", {})
    shared = (told["seeds"], told.get("data"))
    return [
        (f"{told['experiment']} {arm}".strip(), metrics, *shared, *_costs(accounts.get(arm, told)))
        for arm, metrics in arms.items()
    ]


def _costs(account: Mapping[str, Any]) -> tuple[int | None, int | None]:
    return account.get("training_steps"), account.get("carried_bytes")


def markdown(lines: list[tuple[str, ...]]) -> str:
    head, *body = (f"| {' | '.join(line)} |" for line in lines)
    return "\n".join([head, "|---" * len(HEAD) + "|", *body, ""])


def latex(lines: list[tuple[str, ...]]) -> str:
    def row(line: tuple[str, ...]) -> str:
        cells = [cell.translate(ESCAPED) for cell in line]
        return " & ".join(cell.replace("+-", r"$\pm$") for cell in cells) + r" \\"

    head, *body = map(row, lines)
    rows = [r"\begin{tabular}{lrrrrr}", r"\hline", head, r"\hline", *body, r"\hline"]
    return "\n".join([*rows, r"\end{tabular}", ""])
