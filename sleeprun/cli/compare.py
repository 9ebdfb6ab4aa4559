"""Compares runs or sweeps: a table of arms, with differences paired over the seeds they share.

    sleeprun-compare RUN_OR_SWEEP_DIR... [--measure accuracy] [--out FOLDER]

The first arm is what the others are compared with. A run with arms brings each of them; a
sweep's folder (the dated one, with jobs.jsonl) brings its jobs, those that differ in seeds only as
one arm, and so are runs that do. Of several folders those that have nothing that is done are left
out, which is said. Differences have a bootstrap 95 % interval and the p of a paired permutation
test of signs, corrected by Holm's method over all comparisons; with few seeds it cannot be small
(with six, 2/64 of one comparison). What makes a comparison doubtful (a shortened protocol, few
seeds, no control, other tasks, another network, other data or training, other memory, seeds without
a score) is said below. With --out it is written there, too, as compare.md and compare.tex. Exits
with 2 where there is nothing to compare or it cannot be written, which it says in a line.
"""

import argparse
import sys
from pathlib import Path

from sleeprun.cli.codes import MISTAKE, say
from sleeprun.cli.mistakes import mistakes_told
from sleeprun.cli.streams import print_come_what_may
from sleeprun.config import ConfigError
from sleeprun.directory.files import write_whole
from sleeprun.reading.cautioned import cautions, put_together
from sleeprun.reading.compared import scores_of
from sleeprun.report import comparison
from sleeprun.sweeps.beside import beside

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
    groups = beside(folders)
    results = {name: group.whole.results for name, group in groups.items()}
    for name, each in results.items():
        if measure not in each["metrics"]:
            raise ConfigError(f"{name}: has no {measure!r}; has {', '.join(each['metrics'])}")
    arms = scores_of(groups, results, measure)
    lines = comparison.table(arms, measure)
    notes = [comparison.HOW] if len(arms) > 1 else []
    notes += [*put_together(groups), *cautions([*results.values()]), *comparison.doubtful(arms)]
    told = markdown(lines) + "".join(f"\n{note}\n" for note in notes)
    print(told)
    if out is None:
        return
    for name, content in {"compare.md": told, "compare.tex": latex(lines)}.items():
        write_whole(out / name, content.encode())
        print(out / name)


def markdown(lines: list[tuple[str, ...]]) -> str:
    head, *body = (f"| {' | '.join(line)} |" for line in lines)
    return "\n".join([head, "|---" * len(comparison.HEAD) + "|", *body, ""])


def latex(lines: list[tuple[str, ...]]) -> str:
    def row(line: tuple[str, ...]) -> str:
        cells = [cell.translate(ESCAPED) for cell in line]
        return " & ".join(cell.replace("+-", r"$\pm$") for cell in cells) + r" \\"

    head, *body = map(row, lines)
    rows = [r"\begin{tabular}{lrrrrr}", r"\hline", head, r"\hline", *body, r"\hline"]
    return "\n".join([*rows, r"\end{tabular}", ""])
