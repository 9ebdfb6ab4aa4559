"""A run's scores and progress as tidy tables: a row is one number of one seed, or one event."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import TYPE_CHECKING

from sleeprun.protocol.events import Curve, Progress
from sleeprun.protocol.family import Summary
from sleeprun.protocol.results import Results
from sleeprun.protocol.seen import Kept

if TYPE_CHECKING:
    import pandas as pd


def scores(results: Results) -> "pd.DataFrame":
    """A row a seed, boundary and task; `kind` is what the boundary follows."""
    import pandas as pd

    rows = [
        (seed, row["index"], row["name"], row["phase"], task, score)
        for seed, matrix in zip(results["seeds"], results["R"], strict=True)
        for row, of_row in zip(results["boundaries"], matrix, strict=True)
        for task, score in zip(results["tasks"], of_row, strict=True)
    ]
    told = pd.DataFrame(rows, columns=["seed", "boundary", "name", "kind", "task", "score"])
    return told.astype({"score": float})


def progress(seeds: list[int], events: Iterable[Progress]) -> "pd.DataFrame":
    """A row a seed and event, from cycle `begin` to `end`; spikes in a column a population."""
    import pandas as pd

    rows = [
        {
            "seed": seed, "phase": event.phase, "kind": event.kind, "name": event.name,
            "begin": event.begin, "end": event.end, **dict(_of_seed(event.summary, place)),
        }
        for event in events
        for place, seed in enumerate(seeds)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def curves(seeds: list[int], events: Iterable[Curve]) -> "pd.DataFrame":
    """A row a seed, task and test within a phase."""
    import pandas as pd

    rows = [
        (seed, event.phase, event.kind, event.name, event.cycle, event.task, score)
        for event in events
        for seed, score in zip(seeds, event.score, strict=True)
    ]
    columns = ["seed", "phase", "kind", "name", "cycle", "task", "score"]
    return pd.DataFrame(rows, columns=columns).astype({"score": float})


def snapshots(events: Iterable[Kept]) -> "pd.DataFrame":
    """A row a time at which weights were kept."""
    import pandas as pd

    rows = [(event.phase, event.kind, event.name, event.cycle) for event in events]
    return pd.DataFrame(rows, columns=["phase", "kind", "name", "cycle"])


def _of_seed(summary: Summary, place: int) -> Iterator[tuple[str, object]]:
    for field in fields(summary):
        value = getattr(summary, field.name)
        if field.metadata.get("packed"):
            continue
        if not field.metadata.get("per_seed"):
            yield field.name, value
        elif isinstance(value, dict):
            yield from ((f"{field.name}/{name}", of_all[place]) for name, of_all in value.items())
        else:
            yield field.name, value[place]
