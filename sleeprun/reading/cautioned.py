"""What a reader of runs must know: how they differ from the published one, few seeds, an arm
without its control, and all that was warned of while they ran.
"""

from collections.abc import Iterator, Mapping, Sequence

from sleeprun.config import Role
from sleeprun.measures.statistics import FEWEST
from sleeprun.protocol.describe import noted, plural
from sleeprun.protocol.events import Event, Warned
from sleeprun.protocol.results import Results
from sleeprun.reading.groups import Groups
from sleeprun.report.findings import NO_CONTROL
from sleeprun.subjects.experiment import Experiment
from sleeprun.tracking.watch import Trouble, Warnings, Watch


def variants(results: Sequence[Results]) -> list[str]:
    """How they differ from the published one."""
    told = (noted(each["variant"], each["shortened"], each["scale"]) for each in results)
    return list(dict.fromkeys(filter(None, told)))


def put_together(groups: Groups) -> Iterator[str]:
    """Which are of several runs, as only a user who gives several can know."""
    for name, group in groups.items():
        if group.runs[1:] and not group.swept:
            yield f"{name}: {len(group.runs)} runs that differ in seeds alone, put together"


def cautions(results: Sequence[Results]) -> Iterator[str]:
    """Of the protocol, of the seeds and of the arms."""
    yield from variants(results)
    fewest = min(len(each["seeds"]) for each in results)
    if fewest < FEWEST:
        yield f"{plural(fewest, 'seed')}: fewer than {FEWEST} have no interval, and find nothing"
    roles = [each.get("role") for each in results]
    if Role.SLEEP in roles and Role.CONTROL not in roles:
        yield NO_CONTROL


def warned(
    configs: Mapping[str, Experiment], records: Mapping[str, Sequence[Sequence[Event]]]
) -> Iterator[str]:
    """What the runs told, both by name."""
    lines: dict[str, list[str]] = {}  # and who told them
    for name, of_one in records.items():
        for line in dict.fromkeys([*_watched(configs.get(name), of_one), *_warned(of_one)]):
            lines.setdefault(line, []).append(name)
    for line, names in lines.items():
        yield line if len(names) == len(records) else f"{', '.join(names)}: {line}"


def _watched(config: Experiment | None, records: Sequence[Sequence[Event]]) -> list[str]:
    """What was warned of while they ran, once each with all places."""
    warn = Warnings(tell=lambda _: None)
    for key, what in config.cautions() if config else ():
        warn(Trouble(key, what))
    for record in records:
        watch = Watch(warn)
        for event in record:
            watch.write(event)
    return warn.lines()


def _warned(records: Sequence[Sequence[Event]]) -> Iterator[str]:
    yield from (each.message for record in records for each in record if isinstance(each, Warned))
