"""The table of the foraging agent: its rows, of runs that are done or of the records of pieces."""

import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from markdown_rows import difference, header, row
from sleeprun.directory.files import write_json
from sleeprun.measures import statistics
from sleeprun.protocol.describe import duration, shortening
from sleeprun.subjects.forager.experiment import AgentExperiment

PLAN = yaml.safe_load(Path(__file__).with_name("golden2022_table.yaml").read_text())
CONDITIONS: dict[str, dict[str, Any]] = PLAN["conditions"]
KEPT = ("tasks", "variant", "engine", "device", "versions", "seeds", "wall_seconds")
Results = dict[str, dict[str, Any]]  # of every condition


def record_of(config: AgentExperiment, records: Path) -> Path:
    """Of a piece, named after its seeds."""
    return records / f"{'_'.join(map(str, config.seeds))}.json"


def keep(results: Results, config: AgentExperiment, record: Path) -> None:
    """Leaves what the table needs of a piece's networks."""
    conditions = {
        name: {key: found[key] for key in KEPT} | {"finals": finals(found)}
        for name, found in results.items()
    }
    write_json(record, {"lengths": lengths_of(config), "conditions": conditions})


def finals(found: dict[str, Any]) -> dict[str, list[float | None]]:
    return {task: found["metrics"][f"final/{task}"]["per_seed"] for task in found["tasks"]}


def report(records: Path) -> list[str]:
    """The table of all pieces that are done and of one length."""
    pieces = [json.loads(path.read_text()) for path in sorted(records.glob("*.json"))]
    if not pieces:
        return [f"{records}: no piece is done"]
    lengths = pieces[0]["lengths"]
    others = [piece for piece in pieces if piece["lengths"] != lengths]
    if others:
        return [f"{records}: its pieces are of unlike lengths"]
    each = [piece["conditions"] for piece in pieces]
    joined = {name: join([piece[name] for piece in each]) for name in CONDITIONS}
    return told_of(joined, lengths)


def join(pieces: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A condition's pieces as one run of all their seeds."""
    first = pieces[0]
    metrics = {
        f"final/{task}": statistics.describe([*chain(*(one["finals"][task] for one in pieces))])
        for task in first["tasks"]
    }
    return first | {
        "metrics": metrics,
        "seeds": [*chain(*(one["seeds"] for one in pieces))],
        "wall_seconds": sum(one["wall_seconds"] for one in pieces),
    }


def told(results: Results, config: AgentExperiment) -> list[str]:
    return told_of(results, lengths_of(config))


def told_of(results: Results, lengths: dict[str, str]) -> list[str]:
    return [*table(results), *differences(results), *conditions_of(results, lengths)]


def lengths_of(config: AgentExperiment) -> dict[str, str]:
    """In aeons: ours, the published ones, and in words how they differ."""
    tasks, scale = config.agent_tasks, config.protocol.scale
    parts = ("unsupervised", "train", "test")
    return {
        "ours": " / ".join(f"{getattr(tasks, name) * scale:,g}" for name in parts),
        "published": " / ".join(f"{getattr(tasks.published, name):,g}" for name in parts),
        "note": shortening(config.shortened, scale) or "",
    }


def table(results: Results) -> list[str]:
    """Every condition: ours and what was published, mean and sd over networks."""
    tasks = results["task1"]["tasks"]
    columns = [column for task in tasks for column in (task, f"{task}, published")]
    lines = [*header("", *columns, "n", "wall time")]
    for name, condition in CONDITIONS.items():
        found, cells = results[name], []
        for task in tasks:
            ours, published = found["metrics"][f"final/{task}"], condition["published"]
            theirs = {"mean": None, "sd": None} | published.get(task, {})
            cells += [statistics.mean_and_sd(ours), statistics.mean_and_sd(theirs)]
        n, seconds = len(found["seeds"]), duration(found["wall_seconds"])
        lines.append(row(condition["title"], *cells, str(n), seconds))
    return lines


def differences(results: Results) -> list[str]:
    """Pairs of conditions, network by network, with bootstrap intervals of the mean."""
    tasks = results["task1"]["tasks"]
    n = len(results["task1"]["seeds"])
    between = "" if n < statistics.FEWEST else " [bootstrap interval, 95 %]"
    lines = ["", f"Differences, paired over {n} networks: mean{between}", ""]
    lines += header("", *tasks)
    for pair in PLAN["differences"]:
        cells = []
        for task in tasks:
            ours, theirs = (results[name]["metrics"][f"final/{task}"]["per_seed"] for name in pair)
            cells.append(difference(ours, theirs))
        lines.append(row(" minus ".join(pair), *cells))
    return lines


def conditions_of(results: Results, lengths: dict[str, str]) -> list[str]:
    """What the numbers were obtained with."""
    found = results["task1"]
    notes = [found["variant"], lengths["note"]]
    seconds = sum(one["wall_seconds"] for one in results.values())
    return [
        "",
        f"Protocol: {lengths['ours']} aeons unsupervised / a training stage / a test (published: "
        f"{lengths['published']}).",
        *[f"{note[0].upper()}{note[1:]}." for note in notes if note],
        "Wall time is that of a condition's own phases, not of those it shares with earlier ones.",
        f"Engine {found['engine']} on {found['device']}; {duration(seconds)} in all.",
        "",
    ]
