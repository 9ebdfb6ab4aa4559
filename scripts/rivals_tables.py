"""The tables of rivals.py, drawn from its records: what every way of learning scored."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

from rich.filesize import decimal

from markdown_rows import difference, header, row
from sleeprun.measures import statistics
from sleeprun.protocol.describe import duration

Record = dict[str, Any]
TITLES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}
COMPARED = ["awake", "asleep", "paired [95 %]"]


def kept_images(plan: Record, records: Path) -> Iterator[str]:
    """Accuracy over images kept, awake and asleep."""
    yield from header("images kept", *compared(plan))
    for kept in plan["curve"]:
        pairs = [both(records / data, str(kept)) for data in plan["tasks"]]
        if any(any(pair) for pair in pairs):
            cells = [cell for pair in pairs for cell in (*map(accuracy, pair), gain(*pair))]
            yield row(kept or "none", *cells)


def equal_memory(plan: Record, records: Path) -> Iterator[str]:
    """Accuracy, forgetting in parentheses, of every learner at every memory, awake and asleep."""
    told = "learner", "carries, awake; asleep", "passes a step", "seconds"
    yield from header(*told, *compared(plan))
    ranking, took = plan["ranking"], records.parent / "time" / plan["time"]["data"]
    names = [f"{memory}_{rival}" for memory, rival in product(ranking["memory"], ranking["images"])]
    names += [f"own_{rival}" for rival in ranking["others"]]
    for name in names:
        pairs = [both(records / data, name) for data in plan["tasks"]]
        if not any(any(pair) for pair in pairs):
            continue
        rival = name.split("_")[1]
        title, passes = ranking["told"][rival]
        carried = [most_carried(pair[i] for pair in pairs) for i in (0, 1)]
        cells = [cell for pair in pairs for cell in (*map(with_forgetting, pair), gain(*pair))]
        yield row(title, "; ".join(carried), passes, seconds(took, f"{rival}_awake"), *cells)
    decays = [read(records / data / "own_naive_decay.json") for data in plan["tasks"]]
    cells = [cell for one in decays for cell in ("", with_forgetting(one), "")]
    yield row("`sleep=decay`", f"-; {most_carried(decays)}", 1, "-", *cells)


def details(plan: Record, records: Path) -> Iterator[str]:
    """MNIST, then Fashion-MNIST: both at the end, one detail changed at a time."""
    yield from header("", *COMPARED)
    for name, (told, *_) in plan["variants"]["details"].items():
        if any(pair := both(records, name)):
            yield row(told, *map(accuracy, pair), gain(*pair))


def pieces(_: Record, records: Path) -> Iterator[str]:
    """A line a piece: accuracy and forgetting over seeds, bytes, steps and time."""
    yield from header(
        *("piece", "accuracy", "forgetting", "n", "carried", "training steps", "sleep steps"),
        "time",
    )
    for path in sorted(records.rglob("*.json")):
        found = json.loads(path.read_text())
        scores = (spread(found[name]) for name in ("accuracy", "forgetting"))
        steps = (f"{found[name]:,d}" for name in ("training_steps", "sleep_steps"))
        cost = decimal(found["carried_bytes"]), *steps, duration(found["wall_seconds"])
        yield row(path.relative_to(records).with_suffix(""), *scores, len(found["seeds"]), *cost)


TABLES: dict[str, Callable[[Record, Path], Iterator[str]]] = {
    "curve": kept_images,
    "linear": kept_images,
    "ranking": equal_memory,
    "search": pieces,
    "time": pieces,
    "variants": details,
}


def compared(plan: Record) -> list[str]:
    """The columns of what each data set scored."""
    return [f"{TITLES[data]} {one}" for data, one in product(plan["tasks"], COMPARED)]


def both(folder: Path, name: str) -> tuple[Record, Record]:
    """What was found awake and asleep; nothing where it has not been run."""
    return read(folder / f"{name}_awake.json"), read(folder / f"{name}_asleep.json")


def read(path: Path) -> Record:
    return json.loads(path.read_text()) if path.exists() else {}  # type: ignore[no-any-return]


def accuracy(found: Record) -> str:
    return statistics.mean_and_sd(statistics.describe(found.get("accuracy", [])), 3)


def with_forgetting(found: Record) -> str:
    lost = statistics.mean_alone(statistics.describe(found.get("forgetting", [])))
    return f"{accuracy(found)} ({lost})" if found else "-"


def gain(awake: Record, asleep: Record) -> str:
    return difference(asleep["accuracy"], awake["accuracy"]) if awake and asleep else ""


def seconds(records: Path, name: str) -> str:
    """Of one network on one core."""
    found = read(records / f"{name}.json")
    return f"{found['wall_seconds'] / len(found['seeds']):.1f}" if found else "-"


def most_carried(found: Iterable[Record]) -> str:
    carried = [one["carried_bytes"] for one in found if one]
    return decimal(max(carried)) if carried else "-"


def spread(values: list[float]) -> str:
    found = statistics.describe(values)
    around = " [{:.3f}, {:.3f}]".format(*found["ci95"]) if found["ci95"] else ""
    return statistics.mean_and_sd(found, 3) + around
