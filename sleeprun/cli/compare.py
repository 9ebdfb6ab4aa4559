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
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
from rich.filesize import decimal
from scipy.stats import permutation_test

from sleeprun.cli.codes import MISTAKE, say
from sleeprun.cli.mistakes import mistakes_told
from sleeprun.cli.streams import print_come_what_may
from sleeprun.config import ConfigError
from sleeprun.measures import statistics
from sleeprun.measures.statistics import Measure
from sleeprun.protocol.results import Metrics, Results
from sleeprun.runs.files import read_json, write_whole
from sleeprun.sweeps import outcomes

ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in "_%&#${}"})  # in LaTeX
COMMAND = "sleeprun-compare"
HEAD = ("arm", "n", "mean +- sd", "difference [95 %]", "shared seeds", "p (Holm)")


class Arm(NamedTuple):
    scores: dict[int, float]  # by seed
    unknown: list[int]  # seeds without one
    tasks: tuple[str, ...]
    contents: str | None  # who learns what, where it is a run that says so
    trained: int | None  # steps of each seed, where it is a run
    carried: float | None  # bytes from task to task, where that is known


Arms = dict[str, Arm]


class Difference(NamedTuple):
    described: Measure
    p: float | None


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


def doubtful(arms: Arms) -> Iterator[str]:
    """What a reader of the table must know, a line each."""
    (name, first), *others = arms.items()
    for other, arm in arms.items():
        if arm.unknown:
            yield f"{other}: no score of the seeds {arm.unknown}"
    for other, arm in others:
        if arm.tasks != first.tasks:
            ours, theirs = (", ".join(each.tasks) for each in (arm, first))
            yield f"{other}: other tasks ({ours}) than {name} ({theirs})"
        elif None not in (arm.contents, first.contents) and arm.contents != first.contents:
            told = f"({arm.contents}) than {name} ({first.contents})"
            yield f"{other}: another network, other data or other settings of the tasks {told}"
        if arm.trained and first.trained and not 0.8 < arm.trained / first.trained < 1.25:
            ratio = arm.trained / first.trained
            told = f"{1 / ratio:.2g} times shorter" if ratio < 1 else f"{ratio:.2g} times longer"
            yield f"{other}: trained {told} than {name}"
        carried, beside = arm.carried, first.carried
        if carried is not None and beside is not None and carried != beside:
            told = f"carries {decimal(int(carried))} from task to task"
            yield f"{other}: {told}, {name} {decimal(int(beside))}"
        if not arm.scores.keys() & first.scores.keys():
            yield f"{other}: no seed has a score in both it and {name}, so nothing is paired"


Found = tuple[str, Metrics, list[int], str | None, int | None, float | None]


def _found(folder: Path) -> list[Found]:
    """Name, measures, seeds, contents, training and memory of every arm; jobs are meant to differ
    in contents and training.
    """
    if (folder / "jobs.jsonl").exists():
        found = outcomes.read(folder)
        keys = outcomes.compared(found)
        return [
            (", ".join([*map("=".join, zip(keys, told, strict=False)), *filter(None, told[-1:])]),
             one.metrics, one.seeds, None, None, one.accounts["carried_bytes"])
            for told, group in outcomes.groups(found).items()
            for one in group
            if one.done
        ]  # fmt: skip
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


def table(arms: Arms, measure: str) -> list[tuple[str, ...]]:
    first = next(iter(arms))
    differences = {
        name: paired(arm.scores, arms[first].scores) for name, arm in arms.items() if name != first
    }
    corrected = holm({name: each.p for name, each in differences.items()})
    lines: list[tuple[str, ...]] = [(f"arm ({measure})", *HEAD[1:])]
    for name, arm in arms.items():
        described = statistics.describe(list(arm.scores.values()))
        told = [name, str(described["n"]), statistics.mean_and_sd(described, 3)]
        if name == first:
            lines.append((*told, "", "", ""))
            continue
        found, p = differences[name].described, corrected[name]
        lines.append((*told, difference(found), str(found["n"]), "-" if p is None else f"{p:.3g}"))
    return lines


def difference(found: Measure) -> str:
    around = " [{:+.3f}, {:+.3f}]".format(*found["ci95"]) if found["ci95"] else ""
    return "-" if found["mean"] is None else f"{found['mean']:+.3f}{around}"


def paired(ours: dict[int, float], theirs: dict[int, float]) -> Difference:
    """Over the seeds that both have; p of a two-sided test that flips signs, for two and more."""
    shared = sorted(ours.keys() & theirs.keys())
    a, b = ([scores[seed] for seed in shared] for scores in (ours, theirs))
    p = None
    if len(shared) >= 2:
        gaps = np.subtract(a, b)
        p = permutation_test(
            (gaps,), np.mean, permutation_type="samples", rng=np.random.default_rng(0)
        ).pvalue
    return Difference(statistics.paired_difference(a, b), None if p is None else float(p))


def holm(p: dict[str, float | None]) -> dict[str, float | None]:
    """Holm's step-down correction (1979) over the comparisons that have a p."""
    known = sorted((value, name) for name, value in p.items() if value is not None)
    corrected: dict[str, float | None] = dict.fromkeys(p)
    largest = 0.0
    for rank, (value, name) in enumerate(known):
        largest = max(largest, min(1.0, value * (len(known) - rank)))
        corrected[name] = largest
    return corrected


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
