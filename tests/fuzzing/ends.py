"""All that a finished run, its arms or its jobs leave, as far as it is the same each time.

Times are left out, and which folder it was called in and when. Of pictures the pixels count. Of the
log, which tells what a process did, it is known that it is there; of the start of a run, the first.
Which checkpoints between boundaries are still there depends on when a run was killed.
"""

import csv
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
from matplotlib.image import imread

TIMES = {"time", "seconds", "wall_seconds", "steps_per_second"}
WHEN = re.compile(r"\d{4}-\d\d-\d\d[_ ][\d:-]+")


def end_of(here: Path) -> dict[str, Any]:
    return dict(_end(here))


def _end(here: Path) -> Iterator[tuple[str, Any]]:
    calls = sorted(path.parent for path in here.rglob("jobs.jsonl"))  # each of them begins anew
    for path in sorted(here.rglob("*")):
        if {path, *path.parents} & set(calls[:-1]) or path.name.startswith("cycle-"):
            continue
        name = WHEN.sub("a call", str(path.relative_to(here)))
        yield name, None if path.is_dir() else _content(path, here)


def _content(path: Path, here: Path) -> Any:
    match path.suffix:
        case ".log":
            return None
        case ".png":
            return hashlib.sha256(imread(path).tobytes()).hexdigest()
        case ".ckpt":
            with path.open("rb") as file:
                return json.loads(file.readline())["sha256"]
        case ".parquet":
            text = json.dumps(pyarrow.parquet.read_table(path).to_pylist())
        case _:
            text = path.read_text()
    text = WHEN.sub("a call", text.replace(str(here), "here"))
    match path.suffix:
        case ".json" | ".parquet":
            return _timeless(json.loads(text))
        case ".jsonl":
            lines = map(json.loads, text.splitlines())
            return [_timeless(line) for line in lines if not _resumed(line)]
        case ".csv":
            return [_timeless(row) for row in csv.DictReader(text.splitlines())]
    return text


def _resumed(line: dict[str, Any]) -> bool:
    return line.get("resumed", False) or line.get("event") == "resumed"


def _timeless(told: Any) -> Any:
    match told:
        case dict():
            return {key: _timeless(value) for key, value in told.items() if key not in TIMES}
        case list():
            return [_timeless(value) for value in told]
    return told
