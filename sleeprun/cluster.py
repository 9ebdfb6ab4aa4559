"""`hydra/launcher=slurm|submitted|on_ray|distributed`: a sweep on several machines, on each as one
batch.

Each machine is given a share of the jobs and does what `hydra/launcher=batched` does with them, in
the same directories, which all machines must see.
"""

import logging
import pickle
from abc import abstractmethod
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from hydra.core.plugins import Plugins
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus, configure_log
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from sleeprun import sweep
from sleeprun.config import ConfigError
from sleeprun.config.schema import available_cores
from sleeprun.launcher import Batched

log = logging.getLogger("sleeprun")
Share = tuple[list[Sequence[str]], int]  # jobs' overrides, and the number of the first


def register() -> None:
    Plugins.instance().class_name_to_class |= {
        "hydra_plugins.sleeprun.Submitit": Submitit,
        "hydra_plugins.sleeprun.Ray": Ray,
        "hydra_plugins.sleeprun.Distributed": Distributed,
    }


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
        for job in jobs:  # one that fails ends nobody else's
            job.wait()
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


class Distributed(Machines):
    """Multi-host JAX: the same command runs on every host, which takes its own share of the jobs.

    `asked` are arguments of jax.distributed.initialize, null where the cluster tells them (SLURM,
    Open MPI, a TPU pod). Networks never speak to each other, so each host's devices run a program
    of their own; only what the jobs returned goes to all hosts, whose sweepers must agree.
    """

    def __init__(self, at_once: int, memory_gb: float | None, **asked: Any):
        super().__init__(1, at_once, memory_gb, **asked)

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        self.machines = _hosts(self.config.runtime.cores, self.asked)
        return super().launch(job_overrides, initial_job_idx)

    def everywhere(
        self, on_one: Callable[[Share], Sequence[JobReturn]], shares: list[Share]
    ) -> list[Sequence[JobReturn]]:
        import jax

        host = jax.process_index()
        own = on_one(shares[host]) if host < len(shares) else []
        ends = _from_all_hosts(list(map(_told, own)))
        sweep.told_by_one(host == 0, [one.job for each in ends for one in each])
        return [list(map(_returned, each)) for each in ends[: len(shares)]]


class _Told(NamedTuple):
    """What other hosts hear of a job."""

    job: tuple[int, str]  # its number and its directory
    done: bool
    result: float | str | None  # its objective, or why it failed


def _told(end: JobReturn) -> _Told:
    config = end.hydra_cfg
    assert config is not None
    job = config.hydra.job.num, str(config.hydra.runtime.output_dir)
    done = end.status == JobStatus.COMPLETED
    return _Told(job, done, end.return_value if done else str(end._return_value))


def _returned(told: _Told) -> JobReturn:
    end = JobReturn(status=JobStatus.COMPLETED if told.done else JobStatus.FAILED)
    end.return_value = told.result if told.done else RuntimeError(told.result)
    return end


def _hosts(cores: int, asked: dict[str, Any]) -> int:
    """How many there are, once JAX knows of them all."""
    import jax

    from sleeprun.job import prepare_jax

    if not jax.distributed.is_initialized():
        try:
            jax.distributed.initialize(**asked)
        except (ValueError, RuntimeError) as error:
            raise ConfigError(f"hydra/launcher=distributed: {error}") from None
    prepare_jax(cores or available_cores())
    return jax.process_count()


def _from_all_hosts(ends: list[_Told]) -> list[list[_Told]]:
    """What the jobs of each host came to; waits for the slowest."""
    import numpy as np
    from jax.experimental.multihost_utils import process_allgather

    content = np.frombuffer(pickle.dumps(ends), np.uint8)
    sizes = process_allgather(np.array([len(content)]), tiled=True)
    padded = np.zeros(sizes.max(), np.uint8)
    padded[: len(content)] = content
    rows = process_allgather(padded, tiled=True).reshape(len(sizes), -1)
    return [pickle.loads(row[:size].tobytes()) for row, size in zip(rows, sizes, strict=True)]


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
