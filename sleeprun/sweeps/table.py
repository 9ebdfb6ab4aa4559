"""What a sweep found: its jobs, grouped by what was swept, as a table, files and a picture."""

import csv
import importlib.util
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table

from sleeprun.config import Role
from sleeprun.measures import statistics
from sleeprun.measures.forgetting import near
from sleeprun.measures.statistics import Measure
from sleeprun.protocol.describe import noted
from sleeprun.protocol.results import ACCOUNTS, Metrics
from sleeprun.runs.files import read_lines, write_whole
from sleeprun.runs.store import RunDirectory
from sleeprun.sweeps.pruning import PRUNED

SHOWN = {"accuracy": max, "forgetting": min}  # columns of the table, and which value is best
DIGITS = 4  # of a swept number in the table
PAGE = 160  # columns of the table's file
Row = dict[str, object]


@dataclass(frozen=True)
class Outcome:
    """A job of a sweep, or an arm of one."""

    path: Path
    name: str  # of its experiment
    note: str  # how that differs from the published one
    overrides: dict[str, str]
    done: bool
    pruned: bool  # found bad by a search, and stopped
    arm: str
    role: Role | None  # none of one that is not done
    seeds: list[int]
    metrics: Metrics  # as in results.json
    accounts: dict[str, float | None]  # what it carried and what it took
    chance: float | None


class Listed(NamedTuple):
    """A job, as a sweep's list has it."""

    overrides: list[str]
    own: bool  # the job took the run in its directory for its own


def jobs_of(sweep: Path) -> dict[Path, Listed]:
    """The directories of a sweep's jobs, in order; one that it has twice comes once, as the job
    whose run it is. Raises DamagedFile."""
    listed = sweep / "jobs.jsonl"
    lines = read_lines(listed, "number", "path", "overrides") if listed.exists() else []
    found: dict[Path, Listed] = {}
    for job in sorted(lines, key=lambda job: job["number"]):
        path, one = Path(job["path"]), Listed(job["overrides"], job.get("own", True))
        if path not in found or one.own:
            found[path] = one
    return found


def read(sweep: Path) -> list[Outcome]:
    return [found for path, job in jobs_of(sweep).items() for found in _read(path, job)]


def _read(job: Path, listed: Listed) -> Iterator[Outcome]:
    given, own = listed
    overrides = {key.lstrip("+~"): value for key, _, value in (o.partition("=") for o in given)}
    results: dict[str, Any] = {**((own and RunDirectory(job).results()) or {})}
    done = bool(results)
    pruned = not done and (job / PRUNED).exists()
    name = results.get("experiment", "")
    note = noted(results.get("variant"), results.get("shortened", False), results.get("scale", 1))
    arms = results.get("arms") or {"": results.get("metrics", {})}
    for arm, metrics in arms.items():
        role = _role(results, arm)
        told = results["accounts"][arm] if arm else results
        accounts = {name: told.get(name) for name in ACCOUNTS}
        seeds, chance = results.get("seeds", []), results.get("chance")
        yield Outcome(
            job, name, note, overrides, done, pruned, arm, role, seeds, metrics, accounts, chance
        )


def _role(results: dict[str, Any], arm: str) -> Role | None:
    """Of an arm; the first versions told it of the upper bound alone, by its name."""
    if not arm:
        role = results.get("role")
    else:
        role = results.get("roles", {Role.JOINT: Role.JOINT}).get(arm)
    return Role(role) if role else None


def swept(found: Sequence[Outcome]) -> list[str]:
    """The keys whose values differ between jobs."""
    keys = dict.fromkeys(key for one in found for key in one.overrides)
    return [key for key in keys if len({one.overrides.get(key) for one in found}) > 1]


def compared(found: Sequence[Outcome]) -> list[str]:
    """What was swept but for seeds, which are one sample."""
    return [key for key in swept(found) if key != "seeds"]


def values(found: Sequence[Outcome], measure: str) -> list[float | None]:
    """Of all seeds of all jobs of a group; a seed that two jobs have counts once."""
    by_seed: dict[int, float | None] = {}
    for one in found:
        if known := one.metrics.get(measure):
            by_seed |= dict(zip(one.seeds, known["per_seed"], strict=True))
    return list(by_seed.values())


def groups(found: Sequence[Outcome]) -> dict[tuple[str, ...], list[Outcome]]:
    """Jobs by the values of what was swept; those that differ in seeds only are together."""
    keys = compared(found)
    grouped: dict[tuple[str, ...], list[Outcome]] = {}
    for one in found:
        told = tuple(one.overrides.get(key, "-") for key in keys)
        grouped.setdefault((*told, one.arm), []).append(one)
    return grouped


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
