"""`hydra/launcher=slurm|submitted|on_ray`: a sweep on several machines, on each as one batch.

Each machine is given a share of the jobs and does what `hydra/launcher=batched` does with them, in
the same directories, which all machines must see.
"""

import logging
from abc import abstractmethod
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import pairwise
from types import ModuleType

from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, configure_log

from sleeprun.config import ConfigError
from sleeprun.sweeps.launcher import Batched, Prepared

log = logging.getLogger("sleeprun")
Share = tuple[list[Sequence[str]], int]  # jobs' overrides, and the number of the first


class Machines(Prepared):
    def __init__(self, machines: int, at_once: int, memory_gb: float | None, **asked: object):
        self.machines, self.batch, self.asked = machines, (at_once, memory_gb), asked

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


def shared_out(jobs: Sequence[Sequence[str]], first: int, machines: int) -> list[Share]:
    """Neighbours together, whose numbers alone may differ; no machine without a job."""
    parts = min(machines, len(jobs))
    cuts = [len(jobs) * part // parts for part in range(parts + 1)] if parts else []
    return [([*jobs[begin:end]], first + begin) for begin, end in pairwise(cuts)]


def _needed(library: str) -> ModuleType:
    try:
        return import_module(library)
    except ModuleNotFoundError:
        raise ConfigError(
            f"hydra/launcher: needs {library}; pip install 'sleeprun[cluster]'"
        ) from None
