"""What Hydra calls for each job, in whichever process that is: a config comes in, a run is made."""

import logging
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

from omegaconf import DictConfig, OmegaConf, open_dict

from sleeprun.cli.compose import typed
from sleeprun.cli.dry_run import print_protocol
from sleeprun.cli.mistakes import mistakes_told
from sleeprun.config import ConfigError
from sleeprun.config.kinds import by_key
from sleeprun.config.runtime import available_cores
from sleeprun.config.values import check_path
from sleeprun.directory import lock
from sleeprun.directory.files import read_config, read_list
from sleeprun.directory.home import home_of
from sleeprun.directory.version import refuse_other
from sleeprun.reading.loaded import load
from sleeprun.runs.devices import set_up_jax
from sleeprun.runs.host import Host
from sleeprun.runs.job import carry_out
from sleeprun.subjects.experiment import Experiment
from sleeprun.sweeps import sweep
from sleeprun.sweeps.jobs import Job, Unmet

log = logging.getLogger("sleeprun")
failures: list[Exception] = []
SCRATCH, PREFIX = "SLEEPRUN_SCRATCH", "sleeprun-"
made: dict[int, Path] = {}  # the scratch folder of a process, by its number


@cache
def scratch() -> Path:
    """A folder that nobody has but a process, which removes it at its end, and those it starts."""
    given = Path(os.environ.get(SCRATCH, ""))
    if _is_private(given):
        return given
    made[os.getpid()] = Path(tempfile.mkdtemp(prefix=PREFIX))
    os.environ[SCRATCH] = str(made[os.getpid()])
    return made[os.getpid()]


def _is_private(folder: Path) -> bool:
    """Whether it can only be one that a process of this user's made by `scratch`."""
    named = folder.parent == Path(tempfile.gettempdir()) and folder.name.startswith(PREFIX)
    if not named or folder.is_symlink() or not folder.is_dir():
        return False
    there = folder.stat()
    return there.st_uid == os.getuid() and there.st_mode & 0o077 == 0


def remove_scratch() -> None:
    """That of this process, if it made one."""
    if own := made.pop(os.getpid(), None):
        shutil.rmtree(own, ignore_errors=True)


def _folder(resume: object, dry_run: bool, name: str, default: str) -> str:
    """The run directory: the resumed one's; nowhere that lasts where nothing is run."""
    if not isinstance(resume, str | None):
        raise ConfigError(f"resume={resume}: must be the path of a run directory")
    try:
        check_path(name)
    except ValueError as error:
        raise ConfigError(f"name='{name}': {error}") from None
    if resume and (Path(resume).expanduser() / ".hydra").is_dir():
        return str(Path(resume).expanduser())
    return str(scratch()) if resume or dry_run else default


def _record(resume: str | None, folder: str) -> str | None:
    """Where Hydra writes the config; a run that has begun keeps the one that it has."""
    begun = (Path(folder) / "events.jsonl").exists() or lock.in_use(Path(folder))
    return None if resume or begun else ".hydra"


# Here and not in a function: a process that unpickles `entry` must know what conf/ refers to.
OmegaConf.register_new_resolver("sleeprun.folder", _folder, replace=True)
OmegaConf.register_new_resolver("sleeprun.record", _record, replace=True)
OmegaConf.register_new_resolver("sleeprun.identity", sweep.identity, replace=True)
# Jobs have the cache of what their sweep resolved, as with Hydra's `now`.
OmegaConf.register_new_resolver("sleeprun.swept", sweep.swept, replace=True, use_cache=True)


def entry(cfg: DictConfig, job: Job | None = None, host: Host | None = None) -> float | None:
    """One run, its failure kept in `failures`, before which Hydra would print a line.

    Without a job it is the one that Hydra says is being run.
    """
    job = job or Job.current()
    _go_to(job.home)
    try:
        return _objective(cfg, job, host)
    except Exception as error:
        if job.sweep:
            raise
        failures.append(error)
        return None


def _go_to(home: Path) -> None:
    """From where a run was first called: there are its relative paths, and a user's own classes."""
    if home.is_dir():
        os.chdir(home)
    if (here := os.getcwd()) not in sys.path:
        sys.path.insert(0, here)


def _objective(cfg: DictConfig, job: Job, host: Host | None) -> float | None:
    """What a search makes large."""
    try:
        with mistakes_told():
            return _carry_out(cfg, job, host)
    except (ConfigError, Unmet) as error:
        if job.sweep:
            log.error("%s", error)
        elif not isinstance(error, lock.InUse):
            _leave_nothing(cfg, job)
        raise
    except Exception as error:
        log.exception("failed; what was recorded is in %s", job.folder)
        error.told = True  # type: ignore[attr-defined]
        raise


def _leave_nothing(cfg: DictConfig, job: Job) -> None:
    """Take back what Hydra wrote where nothing was begun, and the folders made for it."""
    folder = job.folder
    if cfg.get("resume") or (folder / "events.jsonl").exists():
        return
    if scratch() in (folder, *folder.parents):
        return  # it goes as a whole, and what it lies in is not this program's
    shutil.rmtree(folder / ".hydra", ignore_errors=True)
    for name in ("sleeprun.log", lock.NAME):
        (folder / name).unlink(missing_ok=True)
    for left in (folder, *folder.parents):
        listing = left / "multirun.yaml"  # Hydra's, of a sweep
        others = {*left.iterdir()} - ({listing} if job.sweep else set())
        if Path.cwd() not in left.absolute().parents or others:
            break
        listing.unlink(missing_ok=True)
        left.rmdir()


def _carry_out(cfg: DictConfig, job: Job, host: Host | None) -> float | None:
    if cfg.get("resume") and job.sweep:
        raise ConfigError(
            f"resume={cfg.resume}: a sweep goes on by itself when it is called again; one run is "
            "resumed without -m"
        )
    if cfg.get("resume"):
        cfg = _resumed_config(cfg, job.overrides)
    set_up_jax(available_cores())  # which a network whose cells rest in channels needs to be read
    config = typed(cfg)
    if config.dry_run:
        with by_key(config):
            print_protocol(config)
        _leave_nothing(cfg, job)
        return None
    if job.sweep:
        config = _of_a_sweep(config, job)
    log.info("%s: setting up; all that comes of it goes to %s", config.name, job.folder)
    results = carry_out(config, job.folder, host)
    arms = results.get("arms") or {"": results["metrics"]}
    unmet = [
        f"runtime.require.{name}={least}: {arm or 'the run'} reached only {metrics[name]['mean']}"
        for arm, metrics in arms.items()
        for name, least in config.runtime.require.items()
        if name in metrics  # which the bounds lack
        and ((mean := metrics[name]["mean"]) is None or mean < least)
    ]
    if unmet:
        raise Unmet("\n".join([*unmet, f"see {job.folder}"]))
    if "arms" not in results:
        return config.objective({"": results})
    return config.objective({name: arm.results for name, arm in load(job.folder).arms.items()})


def _of_a_sweep(config: Experiment, job: Job) -> Experiment:
    """W&B groups a sweep's jobs, which are told of in one report; and what an earlier call of the
    sweep left is gone on with.
    """
    told = config.tracking
    named = {
        "group": told.group or str(job.sweep),
        "name": told.name or job.name or None,
        "job_type": told.job_type or "job",
    }
    begun = str(job.folder) if (job.folder / "events.jsonl").exists() else None
    tracking = told.model_copy(update=named)
    runtime = config.runtime.model_copy(update={"report": False})
    changed = {"tracking": tracking, "runtime": runtime, "resume": begun}
    return config.model_copy(update=changed)


def _resumed_config(cfg: DictConfig, given: list[str]) -> DictConfig:
    """The config that the run was begun with; only how it is carried out may be given anew."""
    record = Path(cfg.resume).expanduser().absolute() / ".hydra"
    if not record.is_dir():
        raise ConfigError(f"resume='{cfg.resume}': no run directory (it has no .hydra/)")
    if home := home_of(record.parent):
        _go_to(home)
    refuse_other(record.parent)
    stored, begun_with = read_config(record.parent), read_list(record / "overrides.yaml")
    for override in given:
        section = override.lstrip("+").split(".")[0].split("=")[0]
        if section in ("resume", "dry_run") or override in begun_with:
            continue
        if section not in ("runtime", "tracking", "analysis"):
            raise ConfigError(
                f"resume='{cfg.resume}': {override} was not part of that run; only runtime, "
                "tracking and analysis can be changed"
            )
        key = override.lstrip("+").split("=")[0]
        with open_dict(stored):
            OmegaConf.update(stored, key, OmegaConf.select(cfg, key))
    with open_dict(stored):
        stored.resume, stored.dry_run = str(record.parent), cfg.dry_run
    return stored
