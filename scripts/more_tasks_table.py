"""More than two foraging tasks in a row: an experiment in pieces, and the tables of all of them.

    python scripts/more_tasks_table.py four --seeds 0 1 2 3 4
    python scripts/more_tasks_table.py schedules --seeds 0 1 2 3 4

A piece, `more_tasks/NAME` with one network, is an ordinary run in FOLDER/NAME/SEED. Each that is
done leaves a small file in RECORDS; called again, the script goes on where it stopped. The table of
the schedules takes from `four` the arms that are there as well, so its pieces run the others.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

import pieces
import sleeprun
from markdown_rows import difference, header, row, spread
from pieces import Record
from sleeprun.measures import forgetting
from sleeprun.protocol.lines import boundary_of

RECORDS = Path(__file__).with_name("records") / "more_tasks"
EXPERIMENTS = ("three", "four", "five", "five_quick", "schedules", "schedules_quick", "apart")
SHARED = {"sequential": "sequential", "sleep": "interleaved", "control": "control"}  # of four
KEPT = ("seeds", "tasks", "scale", "device", "engine", "versions")
MEASURES = {"accuracy": "ACC", "backward_transfer": "BWT", "forgetting": "forgetting"}
Arms = dict[str, list[Record]]  # of every piece


def main() -> None:
    parser = pieces.parser_of(__doc__, RECORDS, Path("runs/more_tasks_table"))
    parser.add_argument("experiment", choices=EXPERIMENTS, help="of more_tasks/")
    asked = parser.parse_args()
    if asked.experiment == "schedules":
        asked.given = [*(f"~arms.{arm}" for arm in SHARED.values()), *asked.given]
    pieces.carry_out(asked, "more_tasks", kept)
    print("\n".join(table(arms_of(asked.experiment, asked.records))))


def kept(run: sleeprun.LoadedRun) -> Record:
    return {
        **{key: run.results[key] for key in KEPT},  # type: ignore[literal-required]
        "arms": {
            arm: {key: its.results[key] for key in ("boundaries", "R", "wall_seconds")}  # type: ignore[literal-required]
            for arm, its in run.arms.items()
        },
    }


def arms_of(name: str, records: Path) -> Arms:
    """Every arm in all pieces, as if it had been one run of their seeds."""
    done = pieces.read(records / name)
    arms = {arm: [piece | piece["arms"][arm] for piece in done] for arm in done[0]["arms"]}
    if name != "schedules":
        return arms
    four, seeds = arms_of("four", records), [piece["seeds"] for piece in done]
    missing = [one for one in seeds if one not in [piece["seeds"] for piece in four["sleep"]]]
    if missing:
        raise SystemExit(f"{records / 'four'}: schedules have arms of its seeds, here {missing}")
    its = {SHARED[arm]: [one for one in four[arm] if one["seeds"] in seeds] for arm in SHARED}
    return its | arms


def table(arms: Arms) -> Iterator[str]:
    """Where the arms end, and how they came there."""
    tasks = arms["sequential"][0]["tasks"]
    found = {arm: measures(records) for arm, records in arms.items()}
    n = len(found["sequential"]["accuracy"])
    yield f"n = {n}, mean +- sd, chance 0.5; paired differences of ACC [bootstrap interval, 95 %]\n"
    yield from header("", *tasks, *MEASURES.values(), "ACC minus sequential", "ACC minus control")
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
    for arm, records in arms.items():
        yield row(arm, *(spread(scores) for scores in learned(records)))
    stages = range(2, len(tasks) + 1)
    later = {arm: [measures(its, stage) for stage in stages] for arm, its in arms.items()}
    told = {"Forgetting of the tasks so far": "forgetting", "The first task": f"final/{tasks[0]}"}
    for title, name in told.items():
        yield f"\n{title}, at the end of each stage and its sleep\n"
        yield from header("", *(f"after {tasks[stage - 1]}" for stage in stages))
        for arm, ends in later.items():
            yield row(arm, *(spread(its[name]) for its in ends))


def measures(records: Sequence[Record], stages: int | None = None) -> dict[str, list[float]]:
    """Every measure and final score of each seed, at the end or after so many stages."""
    rows = [boundary_of(one) for one in records[0]["boundaries"]]
    if stages is not None:
        rows = rows[: forgetting.stage_ends(rows)[stages - 1] + 1]
    found = forgetting.summary(scores_of(records)[:, : len(rows)], records[0]["tasks"], rows)
    return {name: measure["per_seed"] for name, measure in found.items()}


def learned(records: Sequence[Record]) -> list[list[float]]:
    """Of every task each seed's score at the end of the stage that trains it."""
    rows, tasks = [boundary_of(one) for one in records[0]["boundaries"]], records[0]["tasks"]
    ends = forgetting.stage_ends(rows)
    stages = forgetting.learned_stages(rows, tasks)
    return [scores_of(records)[:, ends[stages[j] - 1], j].tolist() for j in range(len(tasks))]


def scores_of(records: Sequence[Record]) -> Float[np.ndarray, "seed boundary task"]:
    return np.array([seed for record in records for seed in record["R"]], float)


if __name__ == "__main__":
    main()
