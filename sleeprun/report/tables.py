"""What a run found, as tables on a terminal."""

from collections.abc import Callable, Iterable, Mapping

from rich.console import Console, Group, RenderableType
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sleeprun.config import Role
from sleeprun.measures.statistics import (
    FEWEST,
    Measure,
    describe,
    mean_alone,
    mean_and_interval,
    mean_and_sd,
)
from sleeprun.protocol.describe import duration, noted
from sleeprun.protocol.lines import boundary_of
from sleeprun.protocol.results import Account, Probed, Results
from sleeprun.report.beside_scores import Columns, last_sleep, observed_columns, probes_columns

MOST_TASKS = 3  # that are shown each, with their spread, rather than their mean
LIES = {Role.NAIVE: "lower bound", Role.JOINT: "upper bound"}
ALL = "all tasks"


def score_table(results: Results) -> RenderableType:
    """Boundaries x tasks, mean +- sd over seeds; below them the bounds, and what it all took."""
    tasks, boundaries = results["tasks"], results["boundaries"]
    told, with_mean = _how_told(tasks)
    rows = []
    for row in range(len(boundaries)):
        columns = [[R[row][j] for R in results["R"]] for j in range(len(tasks))]
        rows.append([told(describe(column)) for column in columns])
        if with_mean:
            rows[-1].append(mean_and_sd(describe(list(map(_mean, zip(*columns, strict=True))))))
    table = Table("after")
    for name in [*tasks, ALL] if with_mean else tasks:
        table.add_column(name, justify="right")
    for boundary, cells in zip(boundaries, rows, strict=True):
        table.add_row(boundary["name"], *cells)
    table.add_section()
    chance = f"{results['chance']:.2f}"
    table.add_row("chance", *[chance] * (len(tasks) + with_mean), style="dim")
    for bound, found in results["bounds"].items():
        cells = [told(found[f"final/{task}"]) for task in tasks]
        whole = [mean_and_sd(found["accuracy"])] if with_mean else []
        table.add_row(f"{bound}, {LIES[Role(bound)]}", *cells, *whole, style="dim")
    n = len(results["seeds"])
    title = f"{results['experiment']}: performance, mean +- sd over {n} seed{'s' * (n > 1)}"
    return Group(*_heading(title, results), table, Text(_took(results), style="dim"))


def probes_table(results: Results) -> RenderableType | None:
    """What the last sleep or rival changed beside the scores; none where nothing was probed."""
    columns, found = probes_columns(results), last_sleep(results["probes"])
    if not columns or not found:
        return None
    (name, what), n = _around_sleep(found), len(results["seeds"])
    title = f"{results['experiment']}: the {what} after {name}, n = {n}{_bracketed(n)}"
    return Group(_bold(title), _table(_escaped(columns)))


def _around_sleep(found: tuple[Probed, Probed]) -> tuple[str, str]:
    """After which boundary it came, and what it was."""
    earlier, later = found
    return earlier["boundary"]["name"], boundary_of(later["boundary"]).phase


def observed_table(
    results: Results, arms: Mapping[str, Results] | None = None
) -> RenderableType | None:
    """What was seen of phases as a whole; none where nothing was."""
    if not (columns := observed_columns(results, arms)):
        return None
    title = f"{results['experiment']}: its phases, mean +- sd, n = {len(results['seeds'])}"
    return Group(_bold(title), _table(_escaped(columns)))


def arms_tables(results: Results, console: Console) -> list[RenderableType]:
    """The final score of every arm, its difference to the first, and what it took.

    One table where the console is wide enough, and otherwise two.
    """
    arms = {"arm": list(results["arms"])}
    scores, accounts = _scores(results), _accounts(results["accounts"])
    n = len(results["seeds"])
    title = f"{results['experiment']}: arms at the end, mean +- sd{_bracketed(n)}, n = {n}"
    tables = [_table(arms | scores | accounts)]
    unbounded = console.options.update(max_width=1000)
    if console.measure(tables[0], options=unbounded).maximum > console.width:
        tables = [_table(arms | scores), _table(arms | accounts)]
    return [*_heading(title, results), *tables, Text(_between(results), style="dim")]


def _bracketed(seeds: int) -> str:
    """What stands in brackets behind a number, where there are seeds enough for it."""
    return " \\[95 % interval]" if seeds >= FEWEST else ""


def _how_told(tasks: list[str]) -> tuple[Callable[[Measure], str], bool]:
    """How the scores of one task are told, and whether their mean over tasks is told as well."""
    return (mean_and_sd, False) if len(tasks) <= MOST_TASKS else (mean_alone, True)


def _mean(scores: Iterable[float | None]) -> float | None:
    known = list(scores)
    return None if None in known else sum(known) / len(known)  # type: ignore[arg-type]


def _heading(title: str, results: Results) -> list[RenderableType]:
    notes = noted(results["variant"], results["shortened"], results["scale"])
    return [_bold(title), *([Text(notes)] if notes else [])]


def _bold(title: str) -> Text:
    return Text.from_markup(f"\n[bold]{title}")


def _scores(results: Results) -> Columns:
    """Mean and spread of each task, or of all where they are many; then the differences."""
    tasks, arms = results["tasks"], results["arms"]
    first = next(iter(arms))
    finals, around = {task: f"final/{task}" for task in tasks}, lambda measure: ""
    if len(tasks) > MOST_TASKS:
        finals, around = {ALL: "accuracy"}, _interval
    columns = {}
    for task, final in finals.items():
        ends = [arm[final] for arm in arms.values()]
        columns[task] = [mean_and_sd(end) + around(end) for end in ends]
    for task in finals:
        found = [results["differences"].get(f"{arm} - {first}: {task}") for arm in arms]
        told = [escape(mean_and_interval(one)) if one else "" for one in found]
        columns[f"{task} - {first}"] = told
    return columns


def _interval(measure: Measure) -> str:
    """Around a mean, where there are seeds enough."""
    return escape(" [{:.2f}, {:.2f}]".format(*measure["ci95"])) if measure["ci95"] else ""


def _accounts(accounts: dict[str, Account]) -> Columns:
    """What each arm carries from task to task, and its steps and time."""
    told = [took(account) for account in accounts.values()]
    columns = {name: [one[name] for one in told] for name in told[0]}
    return {name: cells for name, cells in columns.items() if set(cells) != {"-"}}


def took(account: Account) -> dict[str, str]:
    """What it carried from task to task, its steps and its time, by what they are."""
    carried, seconds = account["carried_bytes"], account["wall_seconds"]
    return {
        "carried": "-" if carried is None else decimal(carried),
        "training\nsteps": f"{account['training_steps']:,d}",
        "sleep\nsteps": f"{account['sleep_steps']:,d}",
        "wall time,\nall seeds": "-" if seconds is None else duration(seconds),
    }


def _took(results: Results) -> str:
    """`carried from task to task 3.1 kB; 500 training steps and 125,000 sleep steps a seed; 9 s`"""
    carried, training, sleep, time = took(results).values()
    steps = f"{training} training and {sleep} sleep steps a seed; all seeds: {time}"
    return steps if carried == "-" else f"carried from task to task: {carried}; {steps}"


def _between(results: Results) -> str:
    """Chance and the bounds, and what no arm counts as its own."""
    told = [f"chance {results['chance']:.2f}"]
    for bound, found in results["bounds"].items():
        score = mean_and_sd(found["accuracy"])
        told.append(f"{LIES[Role(bound)]} {score} ({found['run']})")
    if results["training_steps"]:
        told.append(f"wall time without the {duration(results['wall_seconds'])} shared by all arms")
    return "; ".join(told)


def _escaped(columns: Columns) -> Columns:
    """For a terminal, which else takes brackets for its own."""
    return {escape(name): [*map(escape, cells)] for name, cells in columns.items()}


def _table(columns: Columns) -> Table:
    table = Table()
    for index, name in enumerate(columns):
        table.add_column(name, no_wrap=index == 0, justify="right" if index else "left")
    for row in zip(*columns.values(), strict=True):
        table.add_row(*row)
    return table
