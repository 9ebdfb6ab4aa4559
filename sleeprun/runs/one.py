"""One protocol carried out in one directory: a run, or an arm of one."""

import importlib.metadata
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import jax

from sleeprun.config import Role
from sleeprun.directory.files import write_whole
from sleeprun.directory.results import results_of
from sleeprun.directory.store import RunDirectory
from sleeprun.directory.thinning import thinned
from sleeprun.protocol.describe import describe
from sleeprun.protocol.events import End, Event, Start
from sleeprun.protocol.phases import Protocol
from sleeprun.protocol.results import Results
from sleeprun.reading import analysed
from sleeprun.runs import bounds, branch, ending
from sleeprun.runs.devices import device_name
from sleeprun.runs.host import Host
from sleeprun.runs.run import Run
from sleeprun.subjects.expected import expected_seconds
from sleeprun.subjects.experiment import Experiment
from sleeprun.tracking import tables
from sleeprun.tracking.history import History
from sleeprun.tracking.label import Label
from sleeprun.tracking.sink import Ahead, Shown, Sink
from sleeprun.tracking.wandb_run import WandB
from sleeprun.tracking.watch import Warnings, Watch
from sleeprun.version import VERSION

log = logging.getLogger("sleeprun")
VERSIONS = ("jax", "jaxlib", "equinox", "numpy", "hydra-core", "wandb")


@dataclass(frozen=True)
class Call:
    """What all runs of an experiment have in common."""

    host: Host
    shown: Shown
    bounds: dict[str, Results]  # between which results lie
    warn: Warnings


def carry_out(
    config: Experiment,
    protocol: Protocol,
    folder: RunDirectory,
    call: Call,
    told: Label | None,
    origin: str | None,
    own: int = 0,
    whole: bool = False,
) -> Results:
    """Carry out one protocol in one directory, from phase `own` on; a finished one is only read.

    What has no label is only what arms begin with; what is whole has no others beside it.
    """
    if done := folder.results():
        log.info("%s is done already", folder.path)
        every = [phase.cycles for phase in protocol]
        call.shown.begin(_ahead(config, protocol, every, own))
        if whole:
            ending.made(config, folder.path)
        return done
    if origin and not any(folder.furthest()):
        begun = branch.find(origin, config, protocol)
        if not own:
            log.info("goes on from boundary '%s' of %s", begun.boundary, begun.source.path)
        branch.off(begun, config, folder)
    lines = [*describe(protocol, config.unit), ""]
    write_whole(folder.path / "protocol.txt", "\n".join(lines).encode())
    run = Run(config, config.subject(call.host.devices, call.host.over), protocol, folder)
    before, joint = [*run.resume()], call.bounds.get(Role.JOINT)
    call.shown.begin(_ahead(config, protocol, run.behind(), own))
    with tracked(config, folder, told, joint) if told else nullcontext() as wandb:
        watch = Watch(call.warn, arm=config.name.partition(":")[2])
        _live(run, before, [watch, *([wandb] if wandb else [])], call)
        results = results_of(folder.events(), joint)
        results["bounds"], results["role"] = bounds.summary(call.bounds), config.role
        if told:
            folder.report(results)
        figures = draw(folder, results) if config.runtime.figures else []
        if wandb:
            page = ending.made(config, folder.path) if whole else None
            shown = tables.of_run(results) | analysed.tables_of(folder.path)
            wandb.publish(shown, tables.ends(results["metrics"]), figures, page)
            folder.finish()
    return results


def tracked(
    config: Experiment, folder: RunDirectory, told: Label, joint: Results | None = None
) -> WandB:
    described = config.model_dump(by_alias=True)
    return WandB(folder.path, told, config.tracking, described, History(joint))


def _live(run: Run, before: Sequence[Event], listeners: Sequence[Sink], call: Call) -> None:
    """All that is left of a run, told to its record and to all who listen."""
    _tell(listeners, run.folder.events())  # what was recorded before this process began
    sinks = [run.folder, *listeners, call.shown]
    with call.host.stopping(run):
        _tell(sinks, [*before, _start(run)])
        _tell(sinks, _timed(run))


def _ahead(config: Experiment, protocol: Protocol, cycles: list[int], own: int) -> Ahead:
    """What a run has before it, which itself begins at phase `own`; so many cycles are done."""
    seconds = zip(expected_seconds(config, protocol), protocol, strict=True)
    a_cycle = [one / max(1, phase.cycles) for one, phase in seconds]
    done = zip(cycles[own:], a_cycle[own:], strict=False)
    return Ahead(config.name, a_cycle, sum(count * one for count, one in done))


def _tell(sinks: Sequence[Sink], events: Iterable[Event]) -> None:
    for event in events:
        for sink in sinks:
            sink.write(event)


def _timed(run: Run) -> Iterator[Event]:
    """The run's events, and at last how long they took."""
    yield from run.events()
    seconds = run.seconds()
    speed = run.own_steps() / seconds
    yield End(wall_seconds=seconds, steps_per_second=speed)


def _start(run: Run) -> Start:
    config, device = run.config, jax.local_devices()[0]
    return Start(
        resumed=run.earlier_seconds > 0,
        branched_from=run.branched_from,
        time=time.strftime("%Y-%m-%d %H:%M:%S"),
        name=config.name,
        variant=config.notes,
        seeds=config.seeds,
        facts=run.subject.facts(),
        engine=run.subject.engine,
        device=f"{jax.local_device_count()} x {device_name(device)}",
        versions={"sleeprun": VERSION}
        | {name: importlib.metadata.version(name) for name in VERSIONS},
    )


def draw(
    folder: RunDirectory, results: Results, by_arm: dict[str, Results] | None = None
) -> list[Path]:
    """The pictures, of a run or of its arms beside each other.

    They can be drawn again from the record, so a failure is only told.
    """
    try:
        from sleeprun.report import arms, figures

        events, drawn = thinned(folder.events()), folder.path / "figures"
        if by_arm:
            return arms.compare_arms(events, by_arm, drawn)
        return figures.draw(events, results, drawn)
    except Exception as error:
        log.warning("no pictures in %s: %s", folder.path, error)
        return []
