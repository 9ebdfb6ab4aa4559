"""`hydra/launcher=distributed`: multi-host JAX, each host of which does its share of a sweep."""

import json
import os
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from hydra.core.utils import JobStatus

from sleeprun.config import ConfigError
from sleeprun.config.runtime import available_cores
from sleeprun.sweeps import sweep
from sleeprun.sweeps.cluster import shared_out
from sleeprun.sweeps.jobs import Returned
from sleeprun.sweeps.launcher import Batched

LONGEST_PATH = 4096  # bytes
POLL, PATIENCE = 0.5, 300  # seconds; the latter for a cluster to tell its first host


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
    ) -> Sequence[Returned]:
        hosts = _hosts(self.config.runtime.cores, self.asked, sweep.folder())
        jobs = [*dict.fromkeys(map(tuple, job_overrides))]
        first, *others = hosts.exchange([list(job) for job in jobs], f"{initial_job_idx}-jobs")
        if any(other != first for other in others):
            raise ConfigError(
                "hydra/launcher=distributed: the hosts were not called for the same jobs; a search "
                "needs a seed (hydra.sweeper.sampler.seed), and all hosts the same command"
            )
        sweep.told_in(hosts.folder, tells=hosts.own == 0)
        shares = shared_out(jobs, initial_job_idx, hosts.number)
        own = super().launch(*shares[hosts.own]) if hosts.own < len(shares) else []
        ends = hosts.exchange([_told(end) for end in own], f"{initial_job_idx}-ends")
        of = dict(
            zip(jobs, (_returned(_Told(*told)) for each in ends for told in each), strict=True)
        )
        return [of[tuple(overrides)] for overrides in job_overrides]


class _Hosts(NamedTuple):
    number: int
    own: int
    folder: Path  # the first host's, of this call

    def exchange(self, value: Sequence[Sequence[Any]], subject: str) -> list[Any]:
        """Every host's value, as JSON has it; waits for the slowest, which may be days."""
        from sleeprun.directory.files import write_whole

        paths = [self.folder / "hosts" / f"{subject}-{host}" for host in range(self.number)]
        write_whole(paths[self.own], json.dumps(value).encode())
        return [json.loads(_awaited(path)) for path in paths]


def _awaited(path: Path) -> bytes:
    while not path.exists():
        time.sleep(POLL)
    return path.read_bytes()


def _hosts(cores: int, asked: dict[str, Any], folder: Path) -> _Hosts:
    """All of them, once JAX has made them known to each other."""
    import jax
    from jax.experimental import multihost_utils

    from sleeprun.runs.devices import prepare_jax

    if not jax.distributed.is_initialized():
        try:
            jax.distributed.initialize(**asked | _coordinator(asked))
        except (ValueError, RuntimeError) as error:
            raise ConfigError(f"hydra/launcher=distributed: {error}") from None
    prepare_jax(cores or available_cores())
    told = np.zeros(LONGEST_PATH, np.uint8)
    path = os.fsencode(folder)
    told[: len(path)] = list(path)
    told = np.asarray(multihost_utils.broadcast_one_to_all(told), np.uint8)
    shared = Path(os.fsdecode(told.tobytes().rstrip(b"\0")))
    return _Hosts(jax.process_count(), jax.process_index(), shared)


def _coordinator(asked: dict[str, Any]) -> dict[str, str]:
    """Where the first host is, as asked or else as JAX would find it, and where that listens.

    Without the latter it listens on all of its addresses, to anybody. Raises ValueError.
    """
    from jax._src.clusters import ClusterEnv  # the only one that asks the cluster

    address = asked["coordinator_address"] or os.environ.get("JAX_COORDINATOR_ADDRESS")
    if address is None:
        by = asked.get("cluster_detection_method")
        address, *_ = ClusterEnv.auto_detect_unset_distributed_params(None, 0, 0, [], by, PATIENCE)
    if address is None:
        raise ValueError(
            "coordinator_address=null: must be HOST:PORT of the first host, which no cluster tells "
            "here"
        )
    if not re.fullmatch(r".+:\d+", str(address)):
        raise ValueError(f"coordinator_address={address}: must be HOST:PORT of the first host")
    bind = os.environ.get("JAX_COORDINATOR_BIND_ADDRESS", address)
    return {"coordinator_address": address, "coordinator_bind_address": bind}


class _Told(NamedTuple):
    """What other hosts hear of a job: its objective, or why it failed."""

    result: float | None
    failure: str | None
    mistake: bool  # whether the config is to blame


def _told(end: Returned) -> _Told:
    if end.failure is None:
        return _Told(end.return_value, None, mistake=False)
    return _Told(None, str(end.failure), isinstance(end.failure, ConfigError))


def _returned(told: _Told) -> Returned:
    end = Returned()
    if told.failure is None:
        end.return_value, end.status = told.result, JobStatus.COMPLETED
        return end
    failure = (ConfigError if told.mistake else RuntimeError)(told.failure)
    failure.told = True  # type: ignore[union-attr]
    end.fail(failure)
    return end
