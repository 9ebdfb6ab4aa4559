"""Gonzalez et al. 2020 at its published length: ten networks, every arm, by both readings.

    python scripts/gonzalez2020_table.py --seeds 0,1 2,3 4,5 6,7 8,9
    python scripts/gonzalez2020_table.py sequences_searched --seeds 10,11,12,13,14 15,16,17,18,19

The pieces, some seeds each, are ordinary runs in FOLDER. Each that is done leaves a small file in
RECORDS; called again, the script goes on where it stopped. The table is of all that are done.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pieces
import sleeprun
from markdown_rows import difference, header, row, spread
from pieces import Record
from sleeprun.protocol.describe import duration
from sleeprun.protocol.events import Scored
from sleeprun.protocol.phases import RESTS
from sleeprun.subjects.sleeper.record import Directions, Recalled

RECORDS = Path(__file__).with_name("records")
READINGS = {"sd": "50 ms as SD", "full_width": "50 ms as full width"}
OSCILLATION = ("oscillation_hz", "up_ms", "pyramidal_hz")
REPLAY = tuple(f"replay/{which}" for which in ("S1/forward", "S1/reverse", "S2/forward"))


def main() -> None:
    parser = pieces.parser_of(__doc__, RECORDS, Path("runs/gonzalez2020_table"))
    parser.add_argument("experiment", nargs="?", default="sequences", help="of gonzalez2020/")
    asked = parser.parse_args()
    pieces.carry_out(asked, "gonzalez2020", kept)
    print("\n".join(table(pieces.read(asked.records / asked.experiment))))


def kept(run: sleeprun.LoadedRun) -> Record:
    return {
        **{key: run.results[key] for key in ("seeds", "device", "versions")},  # type: ignore[literal-required]
        "arms": {name: told(arm) for name, arm in run.arms.items()},
    }


def told(arm: sleeprun.LoadedRun) -> Record:
    """Of every boundary the share of cues recalled, by both readings, and weights by direction."""
    found: Record = {"recall": {}, "weights": {}}
    for event in arm.record():
        if isinstance(event, Scored) and isinstance(event.marks, Recalled):
            marks = event.marks
            found["recall"].setdefault(event.boundary.name, {})[event.task] = {
                reading: [count / marks.cues for count in getattr(marks, reading)]
                for reading in READINGS
            }
        if isinstance(event, Directions):
            found["weights"][event.boundary.name] = event.values
    last = arm.results["observed"][-1]
    seen = last["measures"] if last["kind"] in RESTS else {}
    names = (*OSCILLATION, *REPLAY)
    found["slept"] = {name: seen[name]["per_seed"] for name in names if name in seen}
    return found | {"wall_seconds": arm.results["wall_seconds"]}


def table(records: Sequence[Record]) -> Iterator[str]:
    """A row a boundary before the sleep, then one an arm after it, for each reading."""
    seeds = [seed for record in records for seed in record["seeds"]]
    for reading, title in READINGS.items():
        arms = {name: recall(records, name, reading) for name in records[0]["arms"]}
        tasks = list(next(iter(arms["naive"].values())))
        yield f"\nRecall, {title}, n = {len(seeds)}, mean +- sd, and paired differences\n"
        yield from header(
            "after", *(cell for task in tasks for cell in (task, "minus naive, or as said"))
        )
        for boundary, scores in arms["naive"].items():
            yield row(boundary, *(cell for task in tasks for cell in (spread(scores[task]), "")))
        last = {name: list(boundaries.values())[-1] for name, boundaries in arms.items()}
        for name, after in last.items():
            if name != "naive":
                pairs = ((after[task], last["naive"][task]) for task in tasks)
                cells = (cell for pair in pairs for cell in (spread(pair[0]), difference(*pair)))
                yield row(f"then {name}", *cells)
        for name in (name for name in last if name not in ("naive", "sleep")):
            pairs = ((last["sleep"][task], last[name][task]) for task in tasks)
            cells = (cell for pair in pairs for cell in ("", difference(*pair)))
            yield row(f"sleep minus {name}", *cells)
    yield "\nMean weights over those at birth, by direction; what the sleep was like; time\n"
    yield from dynamics(records)


def dynamics(records: Sequence[Record]) -> Iterator[str]:
    """In parentheses the networks that a value is of, where others have none."""
    directions = list(next(iter(records[0]["arms"]["naive"]["weights"].values())))
    slept = records[0]["arms"]["sleep"]["slept"]
    known = [name for name in (*OSCILLATION, *REPLAY) if name in slept]
    yield from header("arm", *directions, *known, "time, all seeds")
    for name in records[0]["arms"]:
        arms = [record["arms"][name] for record in records]
        weights = [list(arm["weights"].values())[-1] for arm in arms]
        means = (spread(joined(each[direction] for each in weights)) for direction in directions)
        seen = (spread(joined(each["slept"].get(one, []) for each in arms)) for one in known)
        yield row(name, *means, *seen, duration(sum(each["wall_seconds"] for each in arms)))


def recall(records: Sequence[Record], arm: str, reading: str) -> dict[str, dict[str, list[float]]]:
    """By boundary and sequence."""
    first = records[0]["arms"][arm]["recall"]
    return {
        boundary: {
            task: joined(each["arms"][arm]["recall"][boundary][task][reading] for each in records)
            for task in tasks
        }
        for boundary, tasks in first.items()
    }


def joined(parts: Iterable[Sequence[float]]) -> list[float]:
    return [value for part in parts for value in part]


if __name__ == "__main__":
    main()
