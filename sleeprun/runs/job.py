"""From a typed config to a finished run directory, with all its arms."""

import errno
import logging
from pathlib import Path

from jax.errors import JaxRuntimeError
from rich.console import Console, RenderableType
from rich.text import Text

from sleeprun.config import ConfigError, Role, Shortage
from sleeprun.config.kinds import by_key
from sleeprun.config.messages import argument
from sleeprun.directory.lock import held
from sleeprun.directory.mismatch import refuse_another
from sleeprun.directory.results import account
from sleeprun.directory.store import RunDirectory
from sleeprun.measures import statistics
from sleeprun.measures.statistics import Measure
from sleeprun.protocol.describe import duration, plural
from sleeprun.protocol.results import Metrics, Results
from sleeprun.reading import analysed, reported
from sleeprun.report.findings import PICTURES, findings
from sleeprun.report.tables import arms_tables, observed_table, probes_table, score_table
from sleeprun.runs import bounds, ending, memory, one
from sleeprun.runs.devices import prepare_jax
from sleeprun.runs.host import Alone, Host
from sleeprun.runs.one import Call
from sleeprun.subjects.expected import expected_seconds, largest, refuse_too_large
from sleeprun.subjects.experiment import Experiment
from sleeprun.subjects.plans import arms_of, behind, carried_out, trunk
from sleeprun.tracking import label, tables
from sleeprun.tracking.watch import Trouble, Warnings

log = logging.getLogger("sleeprun")
UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}


def carry_out(config: Experiment, path: Path, host: Host | None = None) -> Results:
    """Run, or go on with, an experiment in the directory `path`; returns its results.

    With arms, the phases that they share are run once; each arm then goes on from there in a
    run directory of its own, `arms/NAME`. Without a host the run has all devices to itself.
    """
    try:
        with held(path), by_key(config):
            return _with_arms(config, path, host)
    except KeyboardInterrupt:
        if host is None:
            log.warning("interrupted; go on with: sleeprun %s", argument("resume", path))
        raise
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        raise Shortage(
            f"{error.filename}: {error.strerror}; nothing is half written. Make room for it, then "
            f"go on with: sleeprun {argument('resume', path)}"
        ) from None
    except (MemoryError, JaxRuntimeError) as error:
        if not memory.shortage(error):
            raise
        raise Shortage(
            f"there is not enough memory ({memory.shortage(error)}); free some or raise its "
            f"limit, then go on with: sleeprun {argument('resume', path)}; or take fewer seeds"
        ) from error


def _with_arms(config: Experiment, path: Path, host: Host | None) -> Results:
    if config.resume is None and (path / "events.jsonl").exists():
        raise ConfigError(f"{path} has a run in it; go on with it by {argument('resume', path)}")
    # A host's devices are for the seeds of all its jobs.
    devices = prepare_jax(config.cores if host else config.devices)
    refuse_another(config, path)
    found = bounds.given(config)
    if host is None:  # which else sees to it that all its jobs fit
        free, whole = memory.of_devices(), memory.whole_of_devices()
        refuse_too_large(largest(config), len(config.seeds), free, whole)
    host = host or Alone(devices)
    warn, seconds = Warnings(), _announce(config)
    for key, what in config.cautions():
        warn(Trouble(key, what))
    with host.shown(config, seconds) as shown:
        call = Call(host, shown, found, warn)
        results, by_arm = _phases_and_arms(config, path, call)
    warn.end()
    if by_arm:
        _compare(config, path, results, by_arm, found)
    host.tell(*_page(results, by_arm), *map(Text, analysed.found(config, path)), *_where(path))
    return results


def _announce(config: Experiment) -> float:
    """Say what is going to be run, and about how many seconds that takes, which it returns."""
    parts = carried_out(config).items()
    seconds = sum(sum(expected_seconds(config.arm(name), protocol)) for name, protocol in parts)
    arms = f", arms {', '.join(config.arms)}" if config.arms else ""
    seeds, cores = plural(len(config.seeds), "seed"), plural(config.devices, "core")
    took = f"{'about' if config.timed else 'at least'} {duration(seconds)}"
    log.info("%s%s; %s on %s, once compiled", seeds, arms, took, cores)
    return seconds


def _phases_and_arms(
    config: Experiment, path: Path, call: Call
) -> tuple[Results, dict[str, Results]]:
    """What is run once for all arms, and each of them; the upper bound is the first to be known."""
    protocols = arms_of(config)
    shared = trunk(config, list(protocols.values()))
    keep = config.runtime.keep_boundaries
    told = None if config.arms else label.of_run(config, path)
    folder = RunDirectory(path, keep)
    alone = not config.arms
    results = one.carry_out(config, shared, folder, call, told, config.origin, whole=alone)
    if not config.arms:
        return results, {}
    own = behind(config, shared)
    done = {}
    for name in sorted(protocols, key=lambda name: config.arm(name).bound is not Role.JOINT):
        folder, arm = RunDirectory(path / "arms" / name, keep), config.arm(name)
        told, beginning = label.of_arm(config, path, name), str(path) if own else None
        done[name] = one.carry_out(arm, protocols[name], folder, call, told, beginning, own)
        if arm.bound:
            call.bounds.setdefault(arm.bound, done[name])
    return results, {name: done[name] for name in protocols}


def _compare(
    config: Experiment,
    path: Path,
    results: Results,
    by_arm: dict[str, Results],
    found: dict[str, Results],
) -> None:
    """Finish the whole run's directory, which says what each arm came to beside the others."""
    results["bounds"] = bounds.summary(found)
    results["arms"] = {name: arm["metrics"] for name, arm in by_arm.items()}
    results["roles"] = {name: config.arm(name).role for name in by_arm}
    results["accounts"] = {name: account(arm) for name, arm in by_arm.items()}
    results["differences"] = differences(by_arm)
    folder = RunDirectory(path, config.runtime.keep_boundaries)
    folder.report(results)
    figures = one.draw(folder, results, by_arm) if config.runtime.figures else []
    page = ending.made(config, path)
    with one.tracked(config, folder, label.of_run(config, path)) as wandb:
        shown = tables.of_arms(results) | analysed.tables_of(path)
        wandb.publish(shown, tables.ends_of_arms(results), figures, page)
        folder.finish()


def _page(results: Results, by_arm: dict[str, Results]) -> list[RenderableType | None]:
    """What a run ends with."""
    found = [Text(sentence) for sentence in ("", *findings(results, by_arm))]
    if by_arm:
        return [*arms_tables(results, Console()), observed_table(results, by_arm), *found]
    tables = [score_table(results), probes_table(results), observed_table(results)]
    return [*tables, *found]


def _where(path: Path) -> list[str]:
    """The report, the picture that tells most, and the run's directory."""
    drawn = (path / "figures" / f"{name}.png" for name in PICTURES)
    best = next((str(picture) for picture in drawn if picture.exists()), None)
    page = path / reported.NAME
    told = {"report": page if page.exists() else None, "picture": best}
    return [*(f"{what}: {each}" for what, each in told.items() if each), str(path)]


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
