"""Rows of a table in Markdown, and the cells that tell what was found of several seeds."""

from collections.abc import Iterator, Sequence

from sleeprun.measures import statistics


def header(*columns: str) -> Iterator[str]:
    yield row(*columns)
    yield row(*["---"] * len(columns))


def row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def spread(values: Sequence[float | None], digits: int = 2) -> str:
    """Mean +- sd; in parentheses how many have a value, where others have none."""
    if not values:
        return ""
    found = statistics.describe(values)
    few = f" ({found['n']})" if found["n"] < len(values) else ""
    return f"{statistics.mean_and_sd(found, digits)}{few}"


def difference(ours: Sequence[float | None], theirs: Sequence[float | None]) -> str:
    """Of pairs: the mean and its bootstrap interval."""
    return statistics.mean_and_interval(statistics.paired_difference(ours, theirs))
