"""How much rehearsal does what sleep does: accuracy over images kept, and learners at equal memory.

    python scripts/rivals.py curve --data mnist=DIR --data fashion_mnist=DIR --minutes 20

The pieces (rivals.yaml) are ordinary runs in FOLDER. Each that is done leaves a small file in
RECORDS, with its command; called again, the script runs what has no record of the command that it
would now call, and prints the table of all. `search` chooses each learner's strength on images that
are held out; the others take what it chose.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import yaml

import rivals_tables
import sleeprun
from sleeprun.directory.files import write_json
from sleeprun.protocol.describe import duration
from sleeprun.protocol.results import finals

PLAN = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())
RECORDS = Path(__file__).resolve().with_name("records")
COST = ("carried_bytes", "training_steps", "sleep_steps", "wall_seconds")
KEPT = ("seeds", "tasks", *COST, "device", "versions")


class Piece(NamedTuple):
    """One way of learning some tasks, with all seeds."""

    name: str  # of its record, a path
    tasks: dict[str, Any]  # experiment, and folders: the key that says where each data set is
    overrides: list[str]

    @property
    def folders(self) -> dict[str, str]:
        return self.tasks["folders"]


def main() -> None:
    arguments = parse_arguments()
    wanted = [
        piece
        for piece in PIECES[arguments.what](arguments.records)
        if set(piece.folders) <= set(arguments.data) and not done(piece, arguments)
    ]
    finish = partial(finished, arguments=arguments, until=time.time() + 60 * arguments.minutes)
    try:
        for line in side_by_side(finish, wanted, arguments.jobs):
            print(line, flush=True)
    except sleeprun.ConfigError as error:
        sys.exit(f"rivals: {error}")
    print("\n".join(rivals_tables.TABLES[arguments.what](PLAN, arguments.records / arguments.what)))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=PIECES)
    parser.add_argument("--data", action="append", default=[], metavar="NAME=DIR")
    parser.add_argument("--records", type=Path, default=RECORDS, help=f"(default {RECORDS})")
    folder = Path("runs/rivals")
    parser.add_argument("--folder", type=Path, default=folder, help=f"(default {folder})")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="none begins later")
    parser.add_argument("--jobs", type=int, default=1, help="pieces at a time")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="for all")
    arguments = parser.parse_args()
    if arguments.set and arguments.records.resolve() == RECORDS:
        parser.error(
            "--set makes other records than those that are there; name others by --records"
        )
    plans = [*PLAN["tasks"].values(), PLAN["variants"]]
    known = sorted({name for tasks in plans for name in tasks["folders"]})
    for one in arguments.data:
        name, _, folder = one.partition("=")
        if name not in known or not folder or not Path(folder).is_dir():
            parser.error(f"--data {one}: must be NAME=DIR, of {', '.join(known)}, and a folder")
    if arguments.jobs < 1:
        parser.error(f"--jobs {arguments.jobs}: must be 1 or more")
    arguments.data = dict(one.split("=", 1) for one in arguments.data)
    return arguments


def side_by_side(finish: Callable[[Piece], str], wanted: list[Piece], jobs: int) -> Iterator[str]:
    if jobs == 1:
        yield from map(finish, wanted)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(finish, wanted)


def finished(piece: Piece, arguments: argparse.Namespace, until: float) -> str:
    """Run it unless time is up; leaves its record. Returns what there is to say."""
    if time.time() > until:
        return f"{piece.name}: not begun"
    found = carry_out(piece, arguments)
    record = record_of(piece, arguments)
    record.parent.mkdir(parents=True, exist_ok=True)
    write_json(record, found)
    return f"{piece.name}: {mean(found):.3f}, {duration(found['wall_seconds'])}"


def record_of(piece: Piece, arguments: argparse.Namespace) -> Path:
    path: Path = arguments.records / f"{piece.name}.json"
    return path


def done(piece: Piece, arguments: argparse.Namespace) -> bool:
    record = record_of(piece, arguments)
    return record.exists() and set(json.loads(record.read_text())["command"]) == set(
        command_of(piece, arguments)
    )


def command_of(piece: Piece, arguments: argparse.Namespace) -> list[str]:
    """What would run it, but for the folders of its images."""
    given = [*PLAN["always"], *piece.overrides, *arguments.set]
    return ["sleeprun", f"+experiment={piece.tasks['experiment']}", *given]


def carry_out(piece: Piece, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run it, or go on with it; what is kept of its results."""
    command = command_of(piece, arguments)
    where = [f"{key}={arguments.data[name]}" for name, key in piece.folders.items()]
    config = sleeprun.compose(piece.tasks["experiment"], *command[2:], *where)
    folder = arguments.folder / piece.name
    results = sleeprun.run(config, folder, resume=(folder / "events.jsonl").exists())
    measures = {name: results["metrics"][name]["per_seed"] for name in ("accuracy", "forgetting")}
    told = {key: results[key] for key in KEPT}  # type: ignore[literal-required]
    scores = finals(results, results["tasks"]).tolist()  # of every seed on every task at the end
    return {"command": command, **measures, "final": scores, **told}


def curve(records: Path) -> Iterator[Piece]:
    """Whatever is kept, awake and asleep."""
    for kept, data, (state, how) in product(PLAN["curve"], PLAN["tasks"], PLAN["states"].items()):
        given = [*rehearsal(records, data, kept), *how, seeds(PLAN["seeds"])]
        yield Piece(f"curve/{data}/{kept}_{state}", PLAN["tasks"][data], given)


def linear(records: Path) -> Iterator[Piece]:
    """The same with outputs that cannot die, for some of what is kept."""
    plan = PLAN["linear"]
    for kept, data, (state, how) in product(plan["kept"], PLAN["tasks"], PLAN["states"].items()):
        given = [*rehearsal(records, data, kept), *plan["overrides"], *how, seeds(plan["seeds"])]
        yield Piece(f"linear/{data}/{kept}_{state}", PLAN["tasks"][data], given)


def rehearsal(records: Path, data: str, kept: int) -> list[str]:
    if not kept:
        return ["learner=naive"]
    strength = chosen(records, data, "rehearsal")
    return ["learner=rehearsal", f"learner.capacity={kept}", *strength]


def search(_: Path) -> Iterator[Piece]:
    """Every strength of every learner that has one, awake; of decay every share."""
    plan = PLAN["search"]
    grids = [(rival, grid) for rival, grids in plan["values"].items() for grid in grids]
    for data, (rival, values) in product(PLAN["tasks"], grids):
        for numbers in product(*values.values()):
            strengths = [f"{key}={value}" for key, value in zip(values, numbers, strict=True)]
            given = [*strengths, *plan["overrides"], seeds(plan["seeds"])]
            name = f"search/{data}/{rival}/{'_'.join(map(str, numbers))}"
            yield Piece(name, PLAN["tasks"][data], [*of_kind(rival), *given])


def ranking(records: Path) -> Iterator[Piece]:
    """Every learner with as much memory as the others; beside them those that keep no images."""
    plan = PLAN["ranking"]
    for data, (state, how) in product(PLAN["tasks"], PLAN["states"].items()):
        given, tasks = [*how, seeds(PLAN["seeds"])], PLAN["tasks"][data]
        for (rival, image), memory in product(plan["images"].items(), plan["memory"]):
            kept = (memory - plan["sleep"] * (state == "asleep")) // image
            learner = [
                f"learner={rival}",
                f"learner.capacity={kept}",
                *chosen(records, data, rival),
            ]
            if kept > 0:
                yield Piece(f"ranking/{data}/{memory}_{rival}_{state}", tasks, [*learner, *given])
        for rival in plan["others"]:
            learner = [f"learner={rival}", *chosen(records, data, rival)]
            yield Piece(f"ranking/{data}/own_{rival}_{state}", tasks, [*learner, *given])
    for data in PLAN["tasks"]:
        decay = [*of_kind("decay"), *chosen(records, data, "decay"), seeds(PLAN["seeds"])]
        yield Piece(f"ranking/{data}/own_naive_decay", PLAN["tasks"][data], decay)


def time_of_each(records: Path) -> Iterator[Piece]:
    """Every learner awake, and plain training asleep too, to be run when nothing else is."""
    plan, every = PLAN["time"], PLAN["ranking"]
    data = plan["data"]
    given = [*plan["overrides"], seeds(plan["seeds"])]
    for rival in [*every["images"], *every["others"]]:
        learner = [f"learner={rival}", *chosen(records, data, rival)]
        if image := every["images"].get(rival):
            learner.append(f"learner.capacity={every['memory'][1] // image}")
        states = (
            PLAN["states"].items() if rival == "naive" else [("awake", PLAN["states"]["awake"])]
        )
        for state, how in states:
            name = f"time/{data}/{rival}_{state}"
            yield Piece(name, PLAN["tasks"][data], [*learner, *how, *given])


def variants(_: Path) -> Iterator[Piece]:
    """MNIST, then Fashion-MNIST, awake and asleep, one detail changed at a time."""
    states = {"awake": PLAN["states"]["awake"], "asleep": []}
    details = PLAN["variants"]["details"].items()
    for (name, (_, *change)), (state, how) in product(details, states.items()):
        given = [*change, *how, "learner=naive", seeds(PLAN["variants"]["seeds"])]
        yield Piece(f"variants/{name}_{state}", PLAN["variants"], given)


PIECES = {
    "curve": curve,
    "linear": linear,
    "search": search,
    "ranking": ranking,
    "time": time_of_each,
    "variants": variants,
}


def of_kind(rival: str) -> list[str]:
    if rival == "decay":
        return ["learner=naive", "sleep=decay"]
    return [f"learner={rival}", *PLAN["states"]["awake"]]


def seeds(wanted: object) -> str:
    return f"seeds={wanted}".replace(" ", "")


def chosen(records: Path, data: str, rival: str) -> list[str]:
    """The strengths that did best in a search, of these records or else of those that are shipped;
    those of the config where there was none.
    """
    searches = (each / "search" / data / rival for each in (records, RECORDS))
    paths = next((found for each in searches if (found := sorted(each.glob("*.json")))), [])
    found = [json.loads(path.read_text()) for path in paths]
    names = {name for grid in PLAN["search"]["values"].get(rival, []) for name in grid}
    best = max(found, key=mean, default={"command": []})
    return [one for one in best["command"] if one.split("=")[0] in names]


def mean(record: dict[str, Any]) -> float:
    return sum(record["accuracy"]) / len(record["accuracy"])


if __name__ == "__main__":
    main()
