"""A sweep: which of its jobs is which, and at its end one table of them all."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn, JobStatus
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, ListConfig, OmegaConf

from sleeprun.config import ConfigError
from sleeprun.config.identity import ASIDE, content_hash
from sleeprun.sweeps import jobs
from sleeprun.sweeps.jobs import JOBS, Job, Unmet

if TYPE_CHECKING:
    from sleeprun.sweeps.outcomes import Outcome

log = logging.getLogger("sleeprun")
_calls: list["_Call"] = []


def identity(*, _root_: DictConfig) -> str:
    """A short hash of all that a job is asked to do: its directory's name."""
    defining = jobs.resolved(_root_, without={"hydra", *ASIDE})
    defining["runtime"] = [_root_.runtime.simulate, _root_.runtime.skip_quiet]
    return content_hash(defining)[:10]


def swept(overrides: ListConfig, sweeper: object) -> list[str]:
    """The keys of which a multirun has several values."""
    params = mapping("hydra.sweeper", sweeper).get("params")
    params = mapping("hydra.sweeper.params", {} if params is None else params)
    told = [f"{key!s}={values}" for key, values in params.items()]
    given = OverridesParser.create().parse_overrides([*told, *jobs.as_given(overrides)])
    stands = {one.get_key_element(): one.is_sweep_override() for one in given}
    return [key for key, several in stands.items() if several]


def mapping(key: str, found: object) -> Mapping[str, Any]:
    """What Hydra has at a key. Raises ConfigError where it is something else."""
    if not isinstance(found, DictConfig | dict):
        from sleeprun.config.messages import as_yaml  # loads JAX, which help need not

        raise ConfigError(f"{key}={as_yaml(found)}: must be a mapping, {{key: value}}")
    return cast(Mapping[str, Any], found)


@dataclass
class _Call:
    """A multirun that this process was called for."""

    folder: Path
    config: DictConfig  # without what is swept,
    swept: list[str]  # these keys
    tells: bool = True  # of several processes that were called for the same one, one does


class Sweep(Callback):
    """Hydra tells it where the sweep goes and of every job; `conclude` is called at the end.

    `folder` is this call's own.
    """

    def __init__(self, folder: str, swept: list[str]):
        self.folder, self.swept = Path(folder).absolute(), swept

    def on_multirun_start(self, config: DictConfig, **_: object) -> None:
        if not config.dry_run:
            _calls.append(_Call(self.folder, config, self.swept))

    def on_job_start(self, config: DictConfig, **_: object) -> None:
        """In whichever process the job is."""
        self._list(config, own=False)

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **_: object) -> None:
        """Only a job that was not refused can say that what lies in its folder is its own."""
        failed = job_return.status is JobStatus.FAILED
        if not failed or isinstance(job_return._return_value, Unmet):
            self._list(config, own=True)

    def _list(self, config: DictConfig, *, own: bool) -> None:
        job = Job.of(config.hydra)
        if config.dry_run or job.sweep is None:
            return
        folder = _calls[-1].folder if _calls else self.folder
        folder.mkdir(parents=True, exist_ok=True)
        told = {
            "number": config.hydra.job.num,
            "path": str(job.folder),
            "overrides": job.overrides,
            "own": own,
        }
        with (folder / JOBS).open("a") as file:
            file.write(json.dumps(told) + "\n")


def begun() -> bool:
    """Whether a job of a multirun that this process was called for has begun."""
    return any((call.folder / JOBS).exists() for call in _calls)


def folder() -> Path:
    """Of the multirun that is being run."""
    return _calls[-1].folder


def told_in(folder: Path, *, tells: bool) -> None:
    """The multirun that is being run is told of in another folder, and perhaps by another."""
    _calls[-1] = replace(_calls[-1], folder=folder, tells=tells)


def conclude() -> None:
    """The jobs of the multirun that has just ended, failed ones included: a table, and files."""
    for call in _calls:
        if not call.tells:
            continue
        from rich.console import Console

        from sleeprun.reading.again import OF_SWEEP
        from sleeprun.sweeps import outcomes, table

        folder = _short(call.folder)
        try:
            found = outcomes.read(folder)
        except ConfigError as error:
            log.error("%s", error)
            continue
        if not found:
            continue
        OmegaConf.save(call.config, folder / OF_SWEEP)
        Console().print(table.table(folder, found))
        for path in dict.fromkeys(one.path for one in found if not one.done and not one.pruned):
            print(f"not done, see {_short(path)}")
        written, figures = table.write(folder, found), _drawn(found, folder)
        for path in [*written, *figures]:
            print(path)
        if any(one.done for one in found):
            _track(call, found, figures)
    _calls.clear()


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _drawn(found: Sequence["Outcome"], folder: Path) -> list[Path]:
    """The picture; a failure is only told, since all that it shows is in the files."""
    try:
        from sleeprun.sweeps import picture

        return picture.draw(found, folder)
    except Exception as error:
        log.warning("no picture in %s: %s", folder, error)
        return []


def _track(call: _Call, found: Sequence["Outcome"], figures: Sequence[Path]) -> None:
    """On W&B; a failure is only told."""
    try:
        from sleeprun.sweeps import tracked

        tracked.track(call.folder, call.config, call.swept, found, figures)
    except Exception as error:
        log.warning("no W&B run of %s: %s", call.folder, error)
