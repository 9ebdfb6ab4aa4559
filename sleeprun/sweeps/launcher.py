"""`hydra/launcher=batched`: all jobs of a batch in one process, as few compiled programs.

What surrounds each job is what Hydra's `run_job` does: its directory, `.hydra`, log, callbacks and
return value. JAX is imported when a batch is launched, not before.
"""

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hydra.core.utils import JobStatus, configure_log, filter_overrides
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from sleeprun.config import ConfigError
from sleeprun.config.values import Count, Positive, Section
from sleeprun.sweeps import jobs, logs
from sleeprun.sweeps.jobs import Job, Returned
from sleeprun.sweeps.pruning import Judge

if TYPE_CHECKING:
    from sleeprun.sweeps.batch import Member
    from sleeprun.sweeps.programs import Programs

log = logging.getLogger("sleeprun")
ENDS = {JobStatus.COMPLETED: "done", JobStatus.FAILED: "failed", JobStatus.UNKNOWN: "pruned"}


class _Planned(NamedTuple):
    """A job that is going to be run."""

    config: DictConfig
    name: str
    judge: Judge | None


class Prepared(Launcher):
    """A launcher that knows what Hydra tells it."""

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config


class Asked(Section):
    """The keys of `hydra.launcher`."""

    at_once: Count  # jobs that are alive
    memory_gb: Positive | None  # for what they compute together


class Batched(Prepared):
    """Composes all jobs before it begins the first."""

    judges = True  # whether it has `launch_judged`

    def __init__(self, at_once: int, memory_gb: float | None):
        from sleeprun.config.messages import checked  # loads JAX, which help need not

        given = {"at_once": at_once, "memory_gb": memory_gb}
        self.settings = checked(Asked, "hydra.launcher", given)
        self.programs: Programs | None = None  # those of one batch serve the next

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[Returned]:
        return self.launch_judged(job_overrides, initial_job_idx, [None] * len(job_overrides))

    def launch_judged(
        self,
        job_overrides: Sequence[Sequence[str]],
        initial_job_idx: int,
        judges: Sequence[Judge | None],
    ) -> Sequence[Returned]:
        """A job that its judge finds bad returns without a result, its status UNKNOWN."""
        for key in ("chdir", "env_set"):
            if value := self.config.hydra.job[key]:
                raise ConfigError(
                    f"hydra.job.{key}={value}: the jobs of a batch are one process, which has one "
                    "folder and one environment; use hydra/launcher=basic or joblib"
                )
        with jobs.with_own_hydra():
            return self._launch(job_overrides, initial_job_idx, judges)

    def _launch(
        self,
        job_overrides: Sequence[Sequence[str]],
        initial_job_idx: int,
        judges: Sequence[Judge | None],
    ) -> Sequence[Returned]:
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        Path(str(self.config.hydra.sweep.dir)).mkdir(parents=True, exist_ok=True)
        load = self.hydra_context.config_loader.load_sweep_config
        configs = [load(self.config, list(overrides)) for overrides in job_overrides]
        folders = [jobs.place(config, n) for n, config in enumerate(configs, initial_job_idx)]
        names = told_apart(job_overrides, initial_job_idx)
        planned = dict(enumerate(map(_Planned, configs, names, judges)))
        log.info("%d jobs, together", len(planned))
        returns: dict[int, Returned] = {}
        # A job that is in the batch twice finds, the second time, that it is done.
        while left := [place for place in planned if place not in returns]:
            once = {folders[place]: place for place in reversed(left)}
            places = sorted(once.values())
            returns |= dict(zip(places, self._together([planned[p] for p in places]), strict=True))
        return [returns[place] for place in planned]

    def _together(self, planned: list[_Planned]) -> list[Returned]:
        from sleeprun.sweeps.batch import Batch
        from sleeprun.sweeps.programs import Programs
        from sleeprun.sweeps.progress import BatchProgress

        self.programs = self.programs or Programs(self.settings.memory_gb)
        progress = BatchProgress([one.name for one in planned], _how)
        with logs.kept_apart():
            batch = Batch(self.programs, progress, self.settings.at_once)
            ends = batch.carry_out([partial(self._carry_out, one) for one in planned])
        return [_returned(end) for end in ends]

    def _carry_out(self, planned: _Planned, member: "Member") -> Returned:
        config = planned.config
        # A score of one arm says nothing of the others.
        judge = member.judge = None if config.get("arms") else planned.judge
        callbacks = self.hydra_context.callbacks
        end, job = jobs.begin(config), Job.of(config.hydra)
        with logs.of_job(config.hydra.job_logging, planned.name):
            callbacks.on_job_start(config=config, task_function=self.task_function)
            try:
                if judge:
                    judge.read(job.folder)
                given = OmegaConf.create(jobs.resolved(config, without={"hydra"}))
                end.return_value = self.task_function(given, job, member)  # type: ignore[call-arg]
                end.status = JobStatus.COMPLETED
            except Exception as error:
                end.fail(error)
            except KeyboardInterrupt:
                if judge is None or not judge.bad:
                    log.warning("interrupted; go on with: the same command")
                    raise
                judge.mark(job.folder)  # it has no result, and can be gone on with
            callbacks.on_job_end(config=config, job_return=end)
        return end


def told_apart(job_overrides: Sequence[Sequence[str]], first: int) -> list[str]:
    """`#3 sleep.reward=0.5`: a job's number, and those of its overrides that not all jobs have."""
    given = [filter_overrides(overrides) for overrides in job_overrides]
    common = set.intersection(*map(set, given)) if len(given) > 1 else set()
    return [
        " ".join([f"#{number}", *(one for one in job if one not in common)])
        for number, job in enumerate(given, first)
    ]


def _returned(end: Returned | BaseException) -> Returned:
    if isinstance(end, BaseException):
        raise end
    return end


def _how(result: Returned | BaseException) -> str:
    if isinstance(result, BaseException):
        return "interrupted"
    return ENDS[result.status]
