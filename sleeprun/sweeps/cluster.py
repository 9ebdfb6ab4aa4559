"""`hydra/launcher=slurm|submitted|on_ray|distributed`: a sweep on several machines, on each as one
batch.

Each machine is given a share of the jobs and does what `hydra/launcher=batched` does with them, in
the same directories, which all machines must see.
"""

import logging
import os
import pickle
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus, configure_log
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from sleeprun.config import ConfigError
from sleeprun.config.common import available_cores
from sleeprun.sweeps import sweep
from sleeprun.sweeps.launcher import Batched

log = logging.getLogger("sleeprun")
LONGEST_PATH = 4096  # bytes
POLL = 0.5  # seconds
Share = tuple[list[Sequence[str]], int]  # jobs' overrides, and the number of the first


class Machines(Launcher):
    def __init__(self, machines: int, at_once: int, memory_gb: float | None, **asked: Any):
        self.machines, self.batch = machines, (at_once, memory_gb)
        self.asked = {name: _plain(value) for name, value in asked.items()}

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        if self.machines < 1:
            raise ConfigError(f"hydra.launcher.machines={self.machines}: must be at least 1")
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        jobs = [*dict.fromkeys(map(tuple, job_overrides))]  # one that comes twice has one machine
        shares = shared_out(jobs, initial_job_idx, self.machines)
        log.info("%d jobs, on %d machines", len(jobs), len(shares))
        state = Singleton.get_state()

        def on_one(share: Share) -> Sequence[JobReturn]:
            Singleton.set_state(state)
            batched = Batched(*self.batch)
            batched.setup(
                hydra_context=self.hydra_context,
                task_function=self.task_function,
                config=self.config,
            )
            return batched.launch(*share)

        ends = [end for ends in self.everywhere(on_one, shares) for end in ends]
        of = dict(zip(jobs, ends, strict=True))
        return [of[tuple(overrides)] for overrides in job_overrides]

    @abstractmethod
    def everywhere(
        self, on_one: Callable[[Share], Sequence[JobReturn]], shares: list[Share]
    ) -> list[Sequence[JobReturn]]:
        """What `on_one` gives for each share, each computed on a machine of its own."""


class Submitit(Machines):
    """`asked`: `cluster` (slurm, local), `folder` of its logs, and what submitit asks SLURM for."""

    def everywhere(
        self, on_one: Callable[[Share], Sequence[JobReturn]], shares: list[Share]
    ) -> list[Sequence[JobReturn]]:
        submitit = _needed("submitit")
        asked = dict(self.asked)
        folder, cluster = asked.pop("folder"), asked.pop("cluster")
        try:
            executor = submitit.AutoExecutor(folder=folder, cluster=cluster)
        except RuntimeError as error:  # no such cluster here
            raise ConfigError(f"hydra.launcher.cluster={cluster}: {error}") from None
        executor.update_parameters(**asked)
        jobs = executor.map_array(on_one, shares)
        try:
            for job in jobs:  # one that fails ends nobody else's
                job.wait()
        except KeyboardInterrupt:
            for job in jobs:
                job.cancel()
            raise
        return [job.result() for job in jobs]


class Ray(Machines):
    """`asked`: the cluster's `address` (null: this machine alone), and what a machine must have."""

    def everywhere(
        self, on_one: Callable[[Share], Sequence[JobReturn]], shares: list[Share]
    ) -> list[Sequence[JobReturn]]:
        ray = _needed("ray")
        asked = dict(self.asked)
        ray.init(address=asked.pop("address"), include_dashboard=False)
        try:
            remote = ray.remote(**asked)(on_one)
            runs = [remote.remote(share) for share in shares]
            ray.wait(runs, num_returns=len(runs))  # one that fails ends nobody else's
            return ray.get(runs)
        finally:
            ray.shutdown()


class Distributed(Batched):
    """Multi-host JAX: the same command runs on every host, which takes its own share of the jobs.

    `asked` are arguments of jax.distributed.initialize, null where the cluster tells them (SLURM,
    Open MPI, a TPU pod). Networks never speak to each other, so each host's devices run programs
    of their own; what goes between hosts is which jobs there are, and what they returned, in files
    of the sweep's directory.
    """

    judges = False

    def __init__(self, at_once: int, memory_gb: float | None, **asked: Any):
        super().__init__(at_once, memory_gb)
        self.asked = asked

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        hosts = _hosts(self.config.runtime.cores, self.asked, sweep.folder())
        jobs = [*dict.fromkeys(map(tuple, job_overrides))]
        first, *others = hosts.exchange(jobs, f"{initial_job_idx}-jobs")
        if any(other != first for other in others):
            raise ConfigError(
                "hydra/launcher=distributed: the hosts were not called for the same jobs; a search "
                "needs a seed (hydra.sweeper.sampler.seed), and all hosts the same command"
            )
        sweep.told_in(hosts.folder, tells=hosts.own == 0)
        shares = shared_out(jobs, initial_job_idx, hosts.number)
        own = super().launch(*shares[hosts.own]) if hosts.own < len(shares) else []
        ends = hosts.exchange([_told(end) for end in own], f"{initial_job_idx}-ends")
        of = dict(zip(jobs, (_returned(told) for each in ends for told in each), strict=True))
        return [of[tuple(overrides)] for overrides in job_overrides]


class _Hosts(NamedTuple):
    number: int
    own: int
    folder: Path  # the first host's, of this call

    def exchange(self, value: Any, subject: str) -> list[Any]:
        """Every host's value; waits for the slowest, which may be days."""
        from sleeprun.runs.store import write_whole

        paths = [self.folder / "hosts" / f"{subject}-{host}" for host in range(self.number)]
        write_whole(paths[self.own], pickle.dumps(value))
        return [pickle.loads(_awaited(path)) for path in paths]


def _awaited(path: Path) -> bytes:
    while not path.exists():
        time.sleep(POLL)
    return path.read_bytes()


def _hosts(cores: int, asked: dict[str, Any], folder: Path) -> _Hosts:
    """All of them, once JAX has made them known to each other."""
    import jax
    from jax.experimental import multihost_utils

    from sleeprun.runs.job import prepare_jax

    if not jax.distributed.is_initialized():
        try:
            jax.distributed.initialize(**asked)
        except (ValueError, RuntimeError) as error:
            raise ConfigError(f"hydra/launcher=distributed: {error}") from None
    prepare_jax(cores or available_cores())
    told = np.zeros(LONGEST_PATH, np.uint8)
    path = os.fsencode(folder)
    told[: len(path)] = list(path)
    told = np.asarray(multihost_utils.broadcast_one_to_all(told), np.uint8)
    shared = Path(os.fsdecode(told.tobytes().rstrip(b"\0")))
    return _Hosts(jax.process_count(), jax.process_index(), shared)


class _Told(NamedTuple):
    """What other hosts hear of a job: its objective, or why it failed."""

    result: float | None
    failure: str | None
    mistake: bool  # whether the config is to blame


def _told(end: JobReturn) -> _Told:
    if end.status == JobStatus.COMPLETED:
        return _Told(end.return_value, None, mistake=False)
    failure = end._return_value
    return _Told(None, str(failure), isinstance(failure, ConfigError))


def _returned(told: _Told) -> JobReturn:
    if told.failure is None:
        return JobReturn(status=JobStatus.COMPLETED, _return_value=told.result)
    failure = (ConfigError if told.mistake else RuntimeError)(told.failure)
    failure.told = True  # type: ignore[union-attr]
    return JobReturn(status=JobStatus.FAILED, _return_value=failure)


def shared_out(jobs: Sequence[Sequence[str]], first: int, machines: int) -> list[Share]:
    """Neighbours together, whose numbers alone may differ; no machine without a job."""
    parts = min(machines, len(jobs))
    cuts = [len(jobs) * part // parts for part in range(parts + 1)] if parts else []
    return [([*jobs[begin:end]], first + begin) for begin, end in pairwise(cuts)]


def _plain(value: Any) -> Any:
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value


def _needed(library: str) -> Any:
    from importlib import import_module

    try:
        return import_module(library)
    except ModuleNotFoundError:
        raise ConfigError(
            f"hydra/launcher: needs {library}; pip install 'sleeprun[cluster]'"
        ) from None
