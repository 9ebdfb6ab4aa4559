"""What a report tells of runs, gathered from their directories."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sleeprun.config import ConfigError
from sleeprun.config.messages import as_yaml
from sleeprun.directory.store import RunDirectory
from sleeprun.directory.thinning import thinned
from sleeprun.protocol.events import Begun, Curve, End, Event, Progress, Scored, Start, Warned
from sleeprun.protocol.lines import boundary_of
from sleeprun.protocol.results import Results, pooled
from sleeprun.protocol.seen import Found
from sleeprun.reading.again import again
from sleeprun.reading.cautioned import cautions, put_together, variants, warned
from sleeprun.reading.compared import scores_of
from sleeprun.reading.courses import curves, fewer, joined, went
from sleeprun.reading.groups import Group, Groups
from sleeprun.reading.loaded import LoadedRun
from sleeprun.reading.sample import what_is_run
from sleeprun.reading.tabled import analyses_of
from sleeprun.report import comparison
from sleeprun.report.beside_scores import Columns, last_sleep, observed_columns, probes_columns
from sleeprun.report.findings import findings
from sleeprun.report.page import Arm, Grid, Story
from sleeprun.report.phases import spans
from sleeprun.report.style import start_of
from sleeprun.report.tables import took
from sleeprun.subjects.experiment import Experiment

KEPT = (Start, Begun, Progress, Scored, Curve, Found, Warned, End)  # what is read of a record


def story_of(groups: Groups, here: Path | None = None) -> Story:
    """Of runs beside each other, with what analyses left in their directories, and of all of them
    together `here`. The first is what the others are compared with. Raises ConfigError where they
    are not of one family.
    """
    _refuse_mixed(groups)
    records = {name: [_record(run) for run in group.runs] for name, group in groups.items()}
    arms = [_arm(name, group, records[name]) for name, group in groups.items()]
    results = {arm.name: arm.results for arm in arms}
    configs = {name: config for name, group in groups.items() if (config := _config(group.runs[0]))}
    scored = scores_of(groups, results, "accuracy")
    lines = comparison.table(scored, "accuracy") if len(arms) > 1 else []
    told = [*cautions([*results.values()]), *put_together(groups), *warned(configs, records)]
    runs = [run.folder for group in groups.values() for run in group.runs]
    return Story(
        title=" and ".join(dict.fromkeys(_experiment(each) for each in results.values())),
        notes=[*_notes(results)],
        sentences=[*_found(groups, results)],
        arms=arms,
        run=_run(arms, configs),
        took=_took(results),
        differences=_differences(configs),
        compared=_signed(lines),
        seen=_seen(results),
        probed=_probed(results),
        warnings=[*told, *comparison.doubtful(scored)],
        analysed=[*analyses_of(groups, here)],
        again=[*again(runs)],
        machine=_machine(arms),
    )


def _signed(lines: Sequence[Sequence[str]]) -> Grid:
    """A table of the terminal, whose signs are plain there."""
    rows = [[cell.replace("+-", "±") for cell in line] for line in lines]
    return Grid(rows[0], rows[1:]) if rows else Grid((), ())


def _seen(results: Mapping[str, Results]) -> Grid:
    first = next(iter(results.values()))
    return _grid(observed_columns(first, results if len(results) > 1 else None))


def _probed(results: Mapping[str, Results]) -> dict[str, Grid]:
    found = {}
    for name, each in results.items():
        if around := last_sleep(each["probes"]):
            rest = boundary_of(around[1]["boundary"]).phase
            whose = f" of {name}" * (len(results) > 1)
            found[f"Probed around the last {rest}{whose}"] = _grid(probes_columns(each))
    return found


def _grid(columns: Columns) -> Grid:
    return _signed([[*columns], *zip(*columns.values(), strict=True)] if columns else [])


def _experiment(results: Results) -> str:
    return results["experiment"].split(":")[0]


def _refuse_mixed(groups: Groups) -> None:
    """A report tells of one family of networks."""
    families: dict[str, str] = {}
    for name, group in groups.items():
        for run in group.runs:
            families.setdefault(run.results.get("family", ""), f"{name} ({run.folder})")
    if len(families) > 1:
        first, other, *_ = families.values()
        raise ConfigError(
            f"{other}: networks of another family than {first}; write a report of each family"
        )


def _record(run: LoadedRun) -> list[Event]:
    events = RunDirectory(run.folder).events()
    return thinned(event for event in events if isinstance(event, KEPT))


def _arm(name: str, group: Group, records: Sequence[list[Event]]) -> Arm:
    found, first = group.whole.results, records[0]
    courses = fewer(joined([[*curves(events)] for events in records]))
    running = joined([[*went(events)] for events in records])
    return Arm(name, found, start_of(first), spans(first), courses, running)


def _found(groups: Groups, results: Mapping[str, Results]) -> Iterator[str]:
    """In words: of each run or sweep that has several arms; what has one is put together."""
    by_folder = Counter(group.folder for group in groups.values())
    together: dict[Path | None, dict[str, Results]] = {}
    for name, group in groups.items():
        whose = group.folder if by_folder[group.folder] > 1 else None
        together.setdefault(whose, {})[name] = results[name]
    for folder, some in together.items():
        of = f"[{folder or ', '.join(some)}] " if len(together) > 1 else ""
        yield from (f"{of}{sentence}" for sentence in _found_in(some))


def _found_in(results: Mapping[str, Results]) -> list[str]:
    """Of the seeds that all have; of those arms that have the tasks of the first."""
    first = next(iter(results.values()))
    if len(results) == 1:
        return findings(first, {})
    alike = {name: each for name, each in results.items() if each["tasks"] == first["tasks"]}
    seeds = [s for s in first["seeds"] if all(s in each["seeds"] for each in alike.values())]
    if not seeds:
        return ["No seed is in all of them, so they are not compared in words."]
    return findings(first, {name: pooled([each], seeds) for name, each in alike.items()})


def _notes(results: Mapping[str, Results]) -> Iterator[str]:
    """How many they are, and how they differ from the published one."""
    counts = sorted({len(each["seeds"]) for each in results.values()})
    networks = "1 network" if counts == [1] else f"{' to '.join(map(str, _ends(counts)))} networks"
    yield f"{len(results)} arms, {networks} each" if len(results) > 1 else networks
    yield from variants([*results.values()])


def _ends(counts: Sequence[int]) -> Sequence[int]:
    return [counts[0], *counts[1:][-1:]]


def _run(arms: Sequence[Arm], configs: Mapping[str, Experiment]) -> Grid:
    """What was run, as far as it is the same in all of them."""
    config, first = next(iter(configs.values()), None), arms[0]
    performance = first.start.facts.performance if first.start else ""
    told = {
        "experiment": ", ".join(dict.fromkeys(_experiment(arm.results) for arm in arms)),
        "networks": config.what if config else "",
        "tasks": ", ".join(first.results["tasks"]),
        "score": performance,
        "chance": f"{first.results['chance']:.2f}",
        "seeds": _seeds([arm.results["seeds"] for arm in arms]),
        "begun at": _origin(first.results),
    }
    return Grid(["", ""], [[name, each] for name, each in told.items() if each])


def _seeds(of_all: Sequence[Sequence[int]]) -> str:
    """Those that all have."""
    common = [seed for seed in of_all[0] if all(seed in other for other in of_all)]
    told = ", ".join(map(str, common)) or "none"
    return told if all(len(other) == len(common) for other in of_all) else f"{told}; some have more"


def _origin(results: Results) -> str:
    begun = results.get("branched_from")
    own = begun and "/arms/" not in begun["path"] and ":" not in results["experiment"]
    return f"boundary '{begun['boundary']}' of another run" if begun and own else ""


def _took(results: Mapping[str, Results]) -> Grid:
    told = {name: took(each) for name, each in results.items()}
    head = [name.replace("\n", " ") for name in next(iter(told.values()))]
    return Grid(["arm", *head], [[name, *each.values()] for name, each in told.items()])


def _config(run: LoadedRun) -> Experiment | None:
    """None where another version wrote it."""
    try:
        return run.config
    except ConfigError:
        return None


def _differences(configs: Mapping[str, Experiment]) -> Grid:
    """Every key that has another value in some of them."""
    flat = {name: dict(_flat(what_is_run(config))) for name, config in configs.items()}
    keys = dict.fromkeys(key for each in flat.values() for key in each)
    rows = [[key, *(each.get(key, "-") for each in flat.values())] for key in keys]
    return Grid(["key", *flat], [row for row in rows if len({*row[1:]}) > 1])


def _flat(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Every leaf, by its dotted key."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{key}.{name}".lstrip("."))
    else:
        yield key, value if isinstance(value, str) else as_yaml(value)


def _machine(arms: Sequence[Arm]) -> Grid:
    """When, on what and with what; all that there is where arms differ."""
    starts = [arm.start for arm in arms if arm.start]
    told: dict[str, list[str]] = {"begun": [min(start.time for start in starts)] if starts else []}
    for start in starts:
        for name, value in {
            "device": start.device,
            "engine": start.engine,
            **start.versions,
        }.items():
            told.setdefault(name, []).append(value or "")
    rows = [[name, ", ".join(dict.fromkeys(filter(None, each)))] for name, each in told.items()]
    return Grid(["", ""], [row for row in rows if row[1]])
