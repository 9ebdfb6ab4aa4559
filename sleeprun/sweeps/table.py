"""What a sweep found, as a table and as files."""

import csv
import importlib.util
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table

from sleeprun.config import Role
from sleeprun.directory.files import write_whole
from sleeprun.measures import statistics
from sleeprun.measures.forgetting import near
from sleeprun.measures.statistics import Measure
from sleeprun.protocol.results import Metrics
from sleeprun.sweeps.outcomes import Outcome, compared, groups, values

SHOWN = {"accuracy": max, "forgetting": min}  # columns of the table, and which value is best
DIGITS = 4  # of a swept number in the table
PAGE = 160  # columns of the table's file
Row = dict[str, object]


def table(sweep: Path, found: Sequence[Outcome]) -> Table:
    """A row a group: mean, 95 % interval and number of seeds; the best mean is marked."""
    keys = compared(found)
    arms = any(one.arm for one in found)
    drawn = Table(title=f"sweep {sweep}: mean [95 % interval] over seeds")
    carries = any(one.accounts["carried_bytes"] is not None for one in found)
    few = f"intervals from {statistics.FEWEST} seeds on"
    drawn.caption = "; ".join([*chances(found), "* the best mean", few])
    accounts = ["carried"] if carries else []
    for column in (*keys, *(["arm"] if arms else []), "seeds", *SHOWN, *accounts, "status"):
        drawn.add_column(column, overflow="fold")
    described = {
        told: {measure: statistics.describe(values(group, measure)) for measure in SHOWN}
        for told, group in groups(found).items()
    }
    firsts = {told: group[0] for told, group in groups(found).items()}
    below = {told: one for told, one in firsts.items() if one.role is not Role.JOINT}
    rivals = below or firsts  # nothing is to be measured by the upper bound but others of its kind
    learned = [told for told, one in rivals.items() if _learned(described[told], one.chance)]
    aims = {"accuracy": [*rivals], "forgetting": learned}
    best = {
        measure: _best(choose, [described[told][measure]["mean"] for told in aims[measure]])
        for measure, choose in SHOWN.items()
    }
    for told, group in groups(found).items():
        cells = [escape(_short(value)) for value in told[: None if arms else -1]]
        seeds = max(described[told][measure]["n"] for measure in SHOWN)
        scores = [
            _marked(described[told][measure], best[measure] if told in aims[measure] else None)
            for measure in SHOWN
        ]
        accounts = [_carried(group)] if carries else []
        drawn.add_row(*cells, str(seeds), *scores, *accounts, _status(group))
    return drawn


def _learned(described: Metrics, chance: float | None) -> bool:
    """Whether there was anything that could be forgotten: what is at chance forgets nothing."""
    accuracy = described["accuracy"]["mean"]
    return accuracy is not None and (chance is None or not near(accuracy, chance))


def _best(choose: Callable[[set[float]], float], means: Sequence[float | None]) -> float | None:
    """None where there is nothing to be better than."""
    known = {mean for mean in means if mean is not None}
    return choose(known) if len(known) > 1 else None


def chances(found: Sequence[Outcome]) -> list[str]:
    known = sorted({one.chance for one in found if one.chance is not None})
    return [f"chance {chance:.2f}" for chance in known]


def _carried(group: Sequence[Outcome]) -> str:
    """From a task to the next, for one network."""
    known = [carried for one in group if (carried := one.accounts["carried_bytes"]) is not None]
    return decimal(int(max(known))) if known else "-"


def _marked(measure: Measure, best: float | None) -> str:
    told = statistics.mean_alone(measure, 3)
    if measure["ci95"]:
        told += " [{:.3f}, {:.3f}]".format(*measure["ci95"])
    is_best = best is not None and measure["mean"] == best
    return f"[bold]{escape(told)} *[/]" if is_best else escape(told)


def _short(value: str) -> str:
    """A fraction that a search drew, with few digits; all else as it was given."""
    try:
        drawn = "." in value and len(value) > 2 * DIGITS
        return f"{float(value):.{DIGITS}g}" if drawn else value
    except ValueError:
        return value


def _status(group: Sequence[Outcome]) -> str:
    if not all(one.done or one.pruned for one in group):
        return "[red]not done[/]"
    return "done" if all(one.done for one in group) else "pruned"


def rows(found: Sequence[Outcome]) -> list[Row]:
    """A row a seed: the job, what was swept, and every measure."""
    keys = compared(found)
    return [
        {
            "job": str(one.path),
            **{key: one.overrides.get(key) for key in keys},
            "arm": one.arm,
            "seed": seed,
            **{name: measure["per_seed"][place] for name, measure in one.metrics.items()},
            **one.accounts,
        }
        for one in found
        for place, seed in enumerate(one.seeds)
    ]


def write(sweep: Path, found: Sequence[Outcome]) -> list[Path]:
    """The table as sweep.txt, sweep.csv, and sweep.parquet where pyarrow is there."""
    told = rows(found)
    if not told:
        return []
    drawn = io.StringIO()
    Console(file=drawn, width=PAGE).print(table(sweep, found))
    columns = list(dict.fromkeys(column for row in told for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(told)
    paths = [sweep / "sweep.txt", sweep / "sweep.csv"]
    for path, content in zip(paths, (drawn, text), strict=True):
        write_whole(path, content.getvalue().encode())
    if importlib.util.find_spec("pyarrow"):
        paths.append(_parquet(sweep / "sweep.parquet", told, columns))
    return paths


def _parquet(path: Path, told: list[Row], columns: list[str]) -> Path:
    import pyarrow
    import pyarrow.parquet

    content = io.BytesIO()
    columnar = {column: [row.get(column) for row in told] for column in columns}
    pyarrow.parquet.write_table(pyarrow.table(columnar), content)
    write_whole(path, content.getvalue())
    return path
