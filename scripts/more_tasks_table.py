"""More than two foraging tasks in a row: an experiment in pieces, and the tables of all of them.

    python scripts/more_tasks_table.py four --seeds 0 1 2 3 4
    python scripts/more_tasks_table.py schedules --seeds 0 1 2 3 4

A piece, `more_tasks/NAME` with one network, is an ordinary run in FOLDER/NAME/SEED. Each that is
done leaves a small file in RECORDS; called again, the script goes on where it stopped. The table of
the schedules takes from `four` the arms that are there as well, so its pieces run the others.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

import sleeprun
from markdown_rows import header, row
from sleeprun.directory.files import write_json
from sleeprun.measures import forgetting, statistics
from sleeprun.protocol.lines import boundary_of

RECORDS = Path(__file__).with_name("records") / "more_tasks"
EXPERIMENTS = ("three", "four", "five", "schedules")
SHARED = {"sequential": "sequential", "sleep": "interleaved", "control": "control"}  # of four
KEPT = ("seeds", "tasks", "scale", "device", "engine", "versions")
MEASURES = {"accuracy": "ACC", "backward_transfer": "BWT", "forgetting": "forgetting"}
Record = dict[str, Any]
Arms = dict[str, list[Record]]  # of every piece


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("experiment", choices=EXPERIMENTS, help="of more_tasks/")
    parser.add_argument("--seeds", nargs="*", default=[], type=int, help="a piece each")
    parser.add_argument("--records", type=Path, default=RECORDS, help=f"(default {RECORDS})")
    folder = Path("runs/more_tasks_table")
    parser.add_argument("--folder", type=Path, default=folder, help=f"(default {folder})")
    arguments = parser.parse_args()
    name = arguments.experiment
    for seed in arguments.seeds:
        record = arguments.records / name / f"{seed}.json"
        if not record.exists():
            write_json(record, carried_out(name, seed, arguments.folder / name / str(seed)))
    print("\n".join(table(arms_of(name, arguments.records))))


def carried_out(name: str, seed: int, folder: Path) -> Record:
    """Run a piece, or go on with it; what is kept of it."""
    shared = [f"~arms.{arm}" for arm in SHARED.values()] if name == "schedules" else []
    given = [*shared, f"seeds=[{seed}]", "tracking=disabled", "runtime.progress=false"]
    config = sleeprun.compose(f"more_tasks/{name}", *given)
    results = sleeprun.run(config, folder, resume=(folder / "events.jsonl").exists())
    return {
        "command": ["sleeprun", f"+experiment=more_tasks/{name}", *given],
        **{key: results[key] for key in KEPT},  # type: ignore[literal-required]
        "arms": {
            arm: {key: run.results[key] for key in ("boundaries", "R", "wall_seconds")}  # type: ignore[literal-required]
            for arm, run in sleeprun.load(folder).arms.items()
        },
    }


def arms_of(name: str, records: Path) -> Arms:
    """Every arm in all pieces, as if it had been one run of their seeds."""
    pieces = [json.loads(path.read_text()) for path in sorted((records / name).glob("*.json"))]
    arms = {arm: [piece | piece["arms"][arm] for piece in pieces] for arm in pieces[0]["arms"]}
    if name != "schedules":
        return arms
    seeds = {piece["seeds"][0] for piece in pieces}
    four = {
        SHARED[arm]: [piece for piece in its if piece["seeds"][0] in seeds]
        for arm, its in arms_of("four", records).items()
    }
    return four | arms


def table(arms: Arms) -> Iterator[str]:
    """Where the arms end, what each task was like when it was learned, and how much is forgotten
    at the end of each stage.
    """
    tasks, n = arms["sequential"][0]["tasks"], len(arms["sequential"])
    yield f"n = {n}, mean +- sd, chance 0.5; paired differences of ACC [bootstrap interval, 95 %]\n"
    yield from header("", *tasks, *MEASURES.values(), "ACC minus sequential", "ACC minus control")
    found = {arm: measures(pieces) for arm, pieces in arms.items()}
    for arm, its in found.items():
        ends = (spread(its[f"final/{task}"]) for task in tasks)
        cells = (spread(its[name]) for name in MEASURES)
        beside = (
            "" if arm == other else difference(its["accuracy"], found[other]["accuracy"])
            for other in ("sequential", "control")
        )
        yield row(arm, *ends, *cells, *beside)
    yield "\nEach task at the end of its own stage and its sleep\n"
    yield from header("", *tasks)
    for arm, pieces in arms.items():
        yield row(arm, *(spread(scores) for scores in learned(pieces)))
    yield "\nForgetting of the tasks so far, at the end of each stage and its sleep\n"
    stages = range(2, len(tasks) + 1)
    yield from header("", *(f"after {tasks[stage - 1]}" for stage in stages))
    for arm, pieces in arms.items():
        yield row(arm, *(spread(measures(pieces, stage)["forgetting"]) for stage in stages))


def measures(pieces: Sequence[Record], stages: int | None = None) -> dict[str, list[float]]:
    """Every measure and final score of each seed, at the end or after so many stages."""
    rows = [boundary_of(one) for one in pieces[0]["boundaries"]]
    if stages is not None:
        rows = rows[: forgetting.stage_ends(rows)[stages - 1] + 1]
    found = forgetting.summary(scores_of(pieces)[:, : len(rows)], pieces[0]["tasks"], rows)
    return {name: measure["per_seed"] for name, measure in found.items()}


def learned(pieces: Sequence[Record]) -> list[list[float]]:
    """Of every task each seed's score at the end of the stage that trains it."""
    rows, tasks = [boundary_of(one) for one in pieces[0]["boundaries"]], pieces[0]["tasks"]
    ends = forgetting.stage_ends(rows)
    stages = forgetting.learned_stages(rows, tasks)
    return [scores_of(pieces)[:, ends[stages[j] - 1], j].tolist() for j in range(len(tasks))]


def scores_of(pieces: Sequence[Record]) -> Float[np.ndarray, "seed boundary task"]:
    return np.array([seed for piece in pieces for seed in piece["R"]], float)


def spread(values: Sequence[float]) -> str:
    return statistics.mean_and_sd(statistics.describe(values))


def difference(ours: Sequence[float], theirs: Sequence[float]) -> str:
    return statistics.mean_and_interval(statistics.paired_difference(ours, theirs))


if __name__ == "__main__":
    main()
