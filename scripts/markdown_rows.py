"""Rows of a table in Markdown."""

from collections.abc import Iterator


def header(*columns: str) -> Iterator[str]:
    yield row(*columns)
    yield row(*["---"] * len(columns))


def row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"
