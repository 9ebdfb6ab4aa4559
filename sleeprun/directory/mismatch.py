"""Why the state of one run does not fit another, in a line that names what differs."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from omegaconf.errors import OmegaConfBaseException

from sleeprun.config import ConfigError, ExperimentConfig
from sleeprun.config.identity import ASIDE
from sleeprun.config.messages import as_yaml
from sleeprun.config.plain import plain
from sleeprun.config.runtime import Engine
from sleeprun.directory import version
from sleeprun.directory.files import DamagedFile, read_config
from sleeprun.directory.home import whole_of
from sleeprun.directory.store import RunDirectory
from sleeprun.protocol.events import Start
from sleeprun.protocol.phases import Phase, Protocol
from sleeprun.subjects.experiment import Experiment
from sleeprun.subjects.parse import parse
from sleeprun.subjects.plans import arms_of, trunk

UNKNOWN = "was made with another network, other tasks or another protocol"


def lived(config: ExperimentConfig) -> dict[str, Any]:
    """What a state depends on, by key, beside its phases, seeds, engine and data."""
    return config.lived() | _computed(config)


def _computed(config: ExperimentConfig) -> dict[str, Any]:
    return {"runtime": {"skip_quiet": config.runtime.skip_quiet}}


def mismatch(
    config: Experiment,
    protocol: Protocol,
    engine: Engine,
    phases: int,
    source: Path,
    start: Start,
) -> str:
    """What differs from the run in `source`, that began with `start`, up to its first `phases`."""
    if strangers := [seed for seed in config.seeds if seed not in start.seeds]:
        return f"seeds={strangers}: not among the seeds of that run, {start.seeds}"
    try:
        other, theirs = life_of(source)
    except (OmegaConfBaseException, ConfigError, KeyError):
        return UNKNOWN
    if found := list(differences(lived(config), lived(other))):
        more = f" (and {len(found) - 1} more)" if found[1:] else ""
        return f"{found[0]}{more}"
    if reason := _begun_otherwise(config, engine, start):
        return reason
    return _first_difference(config, protocol[:phases], theirs[:phases]) or UNKNOWN


def refuse_another(config: Experiment, run: Path) -> None:
    """Raises ConfigError unless it is the run of this very config that is in the directory."""
    if not (run / ".hydra" / "config.yaml").exists():
        if RunDirectory(run).record():
            raise ConfigError(f"{run} has a run in it without its config; choose another folder")
        return
    there, _ = _stored(run)
    ours, theirs = (
        each.model_dump(by_alias=True, exclude=ASIDE) | _computed(each) for each in (config, there)
    )
    reason = next(differences(ours, theirs), None)
    start = next((e for e in RunDirectory(run).events() if isinstance(e, Start)), None)
    if start and not reason:
        # What is done may have been asked for alike, and be simulated otherwise on this machine.
        alike = config.runtime.simulate == there.runtime.simulate
        engine = start.engine if alike else config.engine()
        reason = _begun_otherwise(config, engine, start)
    if reason:
        raise ConfigError(f"{run} has another run in it: {reason}; choose another folder")


def _begun_otherwise(config: Experiment, engine: str | None, start: Start) -> str | None:
    """What differs from what a run recorded at its start, which its config does not say."""
    if start.engine not in (None, engine):
        return f"runtime.simulate: '{engine}' here and '{start.engine}' there"
    if not config.learns(start.facts.contents):
        return "its data are not those that tasks.data loads now"
    return None


def life_of(run: Path) -> tuple[Experiment, Protocol]:
    """The config and the protocol of a run, or of an arm, whose config is the whole run's."""
    config, arm = _stored(run)
    protocols = arms_of(config)
    return config, protocols[arm] if arm else trunk(config, list(protocols.values()))


def config_of(run: Path) -> Experiment:
    """What a run, or an arm, was begun with. Raises ConfigError in a line."""
    try:
        config, arm = _stored(run)
        return config.arm(arm) if arm else config
    except DamagedFile:
        raise
    except ConfigError as error:
        told = f"{run}: not a config of this version of sleeprun: {str(error).splitlines()[0]}"
        raise ConfigError(told) from None
    except (OmegaConfBaseException, KeyError) as error:
        raise ConfigError(f"{run}: its config cannot be read ({error})") from None


def _stored(run: Path) -> tuple[Experiment, str | None]:
    """The config of a whole run, and which of its arms `run` is."""
    version.refuse_other(run)
    run = run.absolute()
    whole = whole_of(run)
    return parse(plain(read_config(whole))), run.name if whole != run else None


def differences(here: object, there: object, key: str = "") -> Iterator[str]:
    """Every key that has another value there, or none."""
    if isinstance(here, Mapping) and isinstance(there, Mapping):
        for name in dict.fromkeys([*here, *there]):
            yield from differences(here.get(name), there.get(name), f"{key}.{name}".lstrip("."))
    elif here != there:
        values = ("given" if isinstance(v, Mapping) else as_yaml(v) for v in (here, there))
        yield "{}: {} here and {} there".format(key, *values)


def _first_difference(config: Experiment, ours: Protocol, theirs: Protocol) -> str | None:
    end = "no longer shared by the arms" if config.arms else "missing"
    for index, phases in enumerate(zip_longest(ours, theirs)):
        if phases[0] != phases[1]:
            here, there = (_told(phase) if phase else end for phase in phases)
            if here == there:
                here, there = map(repr, phases)
            return f"phase {index} is {here} here and {there} there"
    return None


def _told(phase: Phase) -> str:
    return f"'{phase.kind} {phase.title}, {phase.cycles:,d} cycles'"
