"""`hydra/launcher=batched`: all jobs of a batch in one process, as few compiled programs.

Each job is Hydra's own `run_job`, so its directory, `.hydra`, log, callbacks and return value are
what the basic launcher makes. JAX is imported when a batch is launched, not before.
"""

import logging
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra._internal.config_repository import CachingConfigRepository
from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.core.utils import (
    JobReturn,
    JobStatus,
    configure_log,
    filter_overrides,
    run_job,
    setup_globals,
)
from hydra.plugins.config_source import ConfigResult
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict

from sleeprun.config import ConfigError

if TYPE_CHECKING:
    from sleeprun.sweeps.batch import Seat

log = logging.getLogger("sleeprun")
# Hydra 1.3 takes launchers from this package alone.
NAME = "hydra_plugins.sleeprun.Batched"


def register() -> None:
    Plugins.instance().class_name_to_class[NAME] = Batched


class _ReadOnce(CachingConfigRepository):
    """The files of `conf/`, read for the first job of a sweep; Hydra copies it for each job."""

    def __deepcopy__(self, _: Any) -> "_ReadOnce":
        return self

    def load_config(self, config_path: str) -> ConfigResult | None:
        return deepcopy(super().load_config(config_path))  # Hydra merges into what it loads


class Batched(Launcher):
    def __init__(self, at_once: int, memory_gb: float | None):
        self.at_once, self.memory_gb = at_once, memory_gb
        self.programs: Any = None  # those of one batch serve the next

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config
        loader = hydra_context.config_loader
        loader.repository = _ReadOnce(loader.repository)  # type: ignore[attr-defined]
        self.compose = loader.load_sweep_config
        self.composed: dict[tuple[str, ...], DictConfig] = {}
        loader.load_sweep_config = self._checked  # type: ignore[method-assign]

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        for key in ("chdir", "env_set"):
            if value := self.config.hydra.job[key]:
                raise ConfigError(
                    f"hydra.job.{key}={value}: the jobs of a batch are one process, which has one "
                    "folder and one environment; use hydra/launcher=basic or joblib"
                )
        setup_globals()
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        Path(str(self.config.hydra.sweep.dir)).mkdir(parents=True, exist_ok=True)
        configs = [
            self._composed(overrides, initial_job_idx + place)
            for place, overrides in enumerate(job_overrides)
        ]
        names = told_apart(job_overrides, initial_job_idx)
        folders = [str(config.hydra.sweep.subdir) for config in configs]
        log.info("%d jobs, together", len(configs))
        returns: dict[int, JobReturn] = {}
        # A job that is in the batch twice finds, the second time, that it is done.
        while left := [place for place in range(len(configs)) if place not in returns]:
            once = {folders[place]: place for place in reversed(left)}
            places = sorted(once.values())
            chosen = [configs[place] for place in places], [names[place] for place in places]
            returns |= dict(zip(places, self._together(*chosen), strict=True))
        return [returns[place] for place in range(len(configs))]

    def _checked(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        """A sweeper composes a job's config to see whether it can be; the launcher takes that."""
        config = self.compose(master_config, sweep_overrides)
        self.composed[tuple(sweep_overrides)] = config
        return config

    def _composed(self, overrides: Sequence[str], number: int) -> DictConfig:
        given = tuple(overrides)
        config = self.composed.pop(given, None) or self.compose(self.config, list(given))
        with open_dict(config):
            config.hydra.job.id = config.hydra.job.num = number
        return config

    def _together(self, configs: list[DictConfig], names: list[str]) -> list[JobReturn]:
        from sleeprun.sweeps.batch import Rendezvous
        from sleeprun.sweeps.overview import Overview
        from sleeprun.sweeps.programs import Programs

        self.programs = self.programs or Programs(self.memory_gb)
        overview = Overview(names, _how)
        jobs = [partial(self._job, config) for config in configs]
        ends = Rendezvous(self.programs, overview, _aside, self.at_once).hold(jobs)
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        return ends

    def _job(self, config: DictConfig, seat: "Seat") -> JobReturn:
        def task(config: DictConfig) -> Any:
            _only_warnings_on_the_console()
            return self.task_function(config, host=seat)  # type: ignore[call-arg]

        return run_job(
            hydra_context=self.hydra_context,
            task_function=task,
            config=config,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )


def told_apart(job_overrides: Sequence[Sequence[str]], first: int) -> list[str]:
    """`#3 sleep.reward=0.5`: a job's number, and those of its overrides that not all jobs have."""
    jobs = [filter_overrides(overrides) for overrides in job_overrides]
    common = set.intersection(*map(set, jobs)) if len(jobs) > 1 else set()
    return [
        " ".join([f"#{number}", *(one for one in job if one not in common)])
        for number, job in enumerate(jobs, first)
    ]


def _how(result: JobReturn | BaseException) -> str:
    if isinstance(result, BaseException):
        return "interrupted"
    return "done" if result.status == JobStatus.COMPLETED else "failed"


def _aside() -> Callable[[], None]:
    """What is global in Hydra and logging, kept for one job while others run."""
    root, hydra = logging.getLogger(), HydraConfig.instance()
    config, handlers, level = hydra.cfg, root.handlers[:], root.level

    def put_back() -> None:
        hydra.cfg, root.handlers[:] = config, handlers
        root.setLevel(level)

    return put_back


def _only_warnings_on_the_console() -> None:
    for handler in logging.getLogger().handlers:
        if not isinstance(handler, logging.FileHandler):
            handler.setLevel(logging.WARNING)
