"""From a typed config to a finished run directory."""

import errno
import importlib.metadata
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

import jax
from rich.console import Console

from sleeprun.config import Common, ConfigError
from sleeprun.config.messages import argument
from sleeprun.measures import statistics
from sleeprun.measures.statistics import Measure
from sleeprun.protocol.describe import describe
from sleeprun.protocol.events import End, Event, Start
from sleeprun.protocol.phases import Protocol
from sleeprun.protocol.results import Metrics, Results
from sleeprun.report.tables import arms_tables, probes_table, score_table
from sleeprun.runs import bounds, branch
from sleeprun.runs.devices import device_name, prepare_jax
from sleeprun.runs.files import write_whole
from sleeprun.runs.host import Alone, Host
from sleeprun.runs.lock import held
from sleeprun.runs.mismatch import refuse_another
from sleeprun.runs.results import account, results_of
from sleeprun.runs.run import Run
from sleeprun.runs.store import RunDirectory
from sleeprun.runs.thinning import thinned
from sleeprun.subjects.plans import arms_of, trunk
from sleeprun.tracking import label, tables
from sleeprun.tracking.history import History
from sleeprun.tracking.label import Label
from sleeprun.tracking.sink import Sink
from sleeprun.tracking.wandb_run import WandB
from sleeprun.version import VERSION

log = logging.getLogger("sleeprun")
UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}
VERSIONS = ("jax", "jaxlib", "equinox", "numpy", "hydra-core", "wandb")


def carry_out(config: Common, path: Path, host: Host | None = None) -> Results:
    """Run, or go on with, an experiment in the directory `path`; returns its results.

    With arms, the phases that they share are run once; each arm then goes on from there in a
    run directory of its own, `arms/NAME`. Without a host the run has all devices to itself.
    """
    try:
        with held(path):
            return _with_arms(config, path, host)
    except KeyboardInterrupt:
        if host is None:
            log.warning("interrupted; go on with: sleeprun %s", argument("resume", path))
        raise
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        raise ConfigError(
            f"{error.filename}: {error.strerror}; nothing is half written. Make room for it, then "
            f"go on with: sleeprun {argument('resume', path)}"
        ) from None


def _with_arms(config: Common, path: Path, host: Host | None) -> Results:
    if config.resume is None and (path / "events.jsonl").exists():
        raise ConfigError(f"{path} has a run in it; go on with it by {argument('resume', path)}")
    refuse_another(config, path)
    found = bounds.given(config)
    # A host's devices are for the seeds of all its jobs.
    devices = prepare_jax(config.cores if host else config.devices)
    host = host or Alone(devices)
    protocols = arms_of(config)
    shared = trunk(config, list(protocols.values()))
    keep = config.runtime.keep_boundaries
    folder = RunDirectory(path, keep)
    told = label.of_run(config, path)
    alone = None if config.arms else told
    results = _run(config, shared, folder, host, found, config.origin, alone)
    if not config.arms:
        return results
    beginning = str(path) if config.arms_share_training else None
    done = {}
    for name in sorted(protocols, key=lambda name: config.arm(name).bound != "joint"):
        own, arm = RunDirectory(path / "arms" / name, keep), config.arm(name)
        told_arm = label.of_arm(config, path, name)
        done[name] = _run(arm, protocols[name], own, host, found, beginning, told_arm)
        if arm.bound:
            found = {arm.bound: done[name]} | found
    by_arm = {name: done[name] for name in protocols}
    results["bounds"] = bounds.summary(found)
    results["arms"] = {name: arm["metrics"] for name, arm in by_arm.items()}
    results["accounts"] = {name: account(arm) for name, arm in by_arm.items()}
    results["differences"] = differences(by_arm)
    folder.report(results)
    figures = _draw(folder, results, by_arm) if config.runtime.figures else []
    with _wandb(config, folder, told) as wandb:
        wandb.publish(tables.of_arms(results), tables.ends_of_arms(results), figures)
        folder.finish()
    host.tell(*arms_tables(results, Console()))
    return results


def differences(by_arm: dict[str, Results]) -> Metrics:
    """The final score on every task and on all, paired over seeds: each arm minus the first."""
    first, *others = by_arm
    tasks = by_arm[first]["tasks"]
    measures = {task: f"final/{task}" for task in tasks} | {"all tasks": "accuracy"}
    found: dict[str, Measure] = {}
    for name in others:
        for told, measure in measures.items():
            ours, theirs = (by_arm[arm]["metrics"][measure] for arm in (name, first))
            difference = statistics.paired_difference(ours["per_seed"], theirs["per_seed"])
            found[f"{name} - {first}: {told}"] = difference
    return found


def _run(
    config: Common,
    protocol: Protocol,
    folder: RunDirectory,
    host: Host,
    lying_between: dict[str, Results],
    origin: str | None,
    told: Label | None,
) -> Results:
    """Carry out one protocol in one directory; a finished one is only read.

    What has no label is only what arms begin with.
    """
    if done := folder.results():
        log.info("%s is done already", folder.path)
        return done
    if origin and not any(folder.furthest()):
        branch.off(branch.find(origin, config, protocol), config, folder)
    lines = [*describe(protocol, config.unit), ""]
    write_whole(folder.path / "protocol.txt", "\n".join(lines).encode())
    run = Run(config, config.subject(host.devices, host.over), protocol, folder)
    before, joint = [*run.resume()], lying_between.get("joint")
    with _wandb(config, folder, told, joint) if told else nullcontext() as wandb:
        if wandb:
            _tell([wandb], folder.events())  # what was recorded before this process began
        _live(run, before, [folder, wandb] if wandb else [folder], host)
        results = results_of(folder.events(), joint)
        results["bounds"] = bounds.summary(lying_between)
        if told:
            folder.report(results)
        figures = _draw(folder, results) if config.runtime.figures else []
        if wandb:
            wandb.publish(tables.of_run(results), tables.ends(results["metrics"]), figures)
            folder.finish()
    if told:
        host.tell(score_table(results), probes_table(results), str(folder.path))
    return results


def _wandb(
    config: Common, folder: RunDirectory, told: Label, joint: Results | None = None
) -> WandB:
    described = config.model_dump(by_alias=True)
    return WandB(folder.path, told, config.tracking, described, History(joint))


def _live(run: Run, before: Sequence[Event], sinks: Sequence[Sink], host: Host) -> None:
    """All that is left of a run, told to the sinks and shown by its host."""
    total = sum(phase.cycles for phase in run.protocol)
    with host.shown(run.config, total, run.cycles_done()) as shown, host.stopping(run):
        _tell([*sinks, shown], [*before, _start(run)])
        _tell([*sinks, shown], _timed(run))


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
        variant=config.variant,
        seeds=config.seeds,
        facts=run.subject.facts(),
        engine=run.subject.engine,
        device=f"{jax.local_device_count()} x {device_name(device)}",
        versions={"sleeprun": VERSION}
        | {name: importlib.metadata.version(name) for name in VERSIONS},
    )


def _draw(
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
