"""How a sweep is shared out over machines."""

import json
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from omegaconf import OmegaConf

from sleeprun.config import ConfigError
from sleeprun.sweeps import distributed, sweep
from sleeprun.sweeps.cluster import Ray, Submitit, shared_out
from sleeprun.sweeps.distributed import Distributed
from sleeprun.sweeps.launcher import told_apart

TINY = (
    "tasks/data=digits",
    "tasks.groups=[[0,1],[2,3]]",
    "tasks.count=2",
    "~probes",
    "network.hidden=[16,12]",
    "tasks.samples=40",
    "sleep.length=40",
    "sleep.longer=0",
    "sleep.drive.patch=5",
    "tracking=disabled",
    "runtime.figures=false",
    "runtime.report=false",
)
SWEEP = (
    "-m",
    "+experiment=src2022/mnist",
    "arms=none",
    *TINY,
    "seeds=[0],[1],[2]",
    "hydra.sweep.dir=sweep",
)
JOBS = [[f"seeds=[{seed}]"] for seed in range(7)]


@pytest.mark.parametrize("machines", [1, 2, 3, 7, 20])
def test_every_job_has_one_machine_and_every_machine_a_job(machines: int) -> None:
    shares = shared_out(JOBS, 5, machines)
    assert len(shares) == min(machines, 7)
    assert [job for jobs, _ in shares for job in jobs] == JOBS
    assert [first for _, first in shares] == [5 + JOBS.index(jobs[0]) for jobs, _ in shares]
    sizes = [len(jobs) for jobs, _ in shares]
    assert max(sizes) - min(sizes) <= 1


def test_no_jobs_need_no_machine() -> None:
    assert shared_out([], 0, 4) == []


@pytest.mark.parametrize(("kind", "library"), [(Submitit, "submitit"), (Ray, "ray")])
def test_a_missing_library_is_told(
    kind: type, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    launcher = kind(machines=2, at_once=1, memory_gb=None)
    with pytest.raises(ConfigError, match=rf"needs {library}; pip install 'sleeprun\[cluster\]'"):
        launcher.everywhere(lambda share: [], [])


def test_no_machine_is_refused() -> None:
    launcher = Submitit(machines=0, at_once=1, memory_gb=None)
    launcher.config = None
    with pytest.raises(ConfigError, match=r"^hydra\.launcher\.machines=0: must be at least 1$"):
        launcher.launch(JOBS, 0)


class OtherHosts(NamedTuple):
    """Two hosts, of which the other was called for other jobs."""

    number: int = 2
    own: int = 0

    def exchange(self, value: Any, subject: str) -> list[Any]:
        return [value, [("seeds=[9]",)]]


def test_hosts_exchange_what_they_have(tmp_path: Path) -> None:
    hosts = [distributed._Hosts(3, own, tmp_path) for own in range(3)]
    with ThreadPoolExecutor(3) as pool:
        told = [pool.submit(host.exchange, f"of {host.own}", "0-jobs") for host in hosts]
        assert [each.result() for each in told] == [["of 0", "of 1", "of 2"]] * 3


def test_hosts_that_were_not_called_for_the_same_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(distributed, "_hosts", lambda *_: OtherHosts())
    monkeypatch.setattr(sweep, "_calls", [sweep._Call(tmp_path, OmegaConf.create(), [])])
    launcher = Distributed(at_once=1, memory_gb=None)
    launcher.config = OmegaConf.create({"runtime": {"cores": 1}})
    with pytest.raises(ConfigError, match="not called for the same jobs; a search needs a seed"):
        launcher.launch(JOBS, 0)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[float]]:
    """What the jobs of the sweep score in one process."""
    folder = tmp_path_factory.mktemp("alone")
    ended = begin(folder)
    _, said = ended.communicate()
    assert ended.returncode == 0, said
    return scores(folder)


def begin(cwd: Path, *launcher: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sleeprun", *SWEEP, *launcher]
    return subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def scores(folder: Path) -> dict[str, list[float]]:
    found = {
        path.parent.name: json.loads(path.read_text())["metrics"]["accuracy"]["per_seed"]
        for path in folder.glob("sweep/*/results.json")
    }
    assert len(found) == 3
    return found


@pytest.mark.slow
def test_a_sweep_on_the_workers_of_a_ray_cluster(
    alone: dict[str, list[float]], tmp_path: Path
) -> None:
    pytest.importorskip("ray", reason="ray is not among the tests' own packages")
    keys = {"machines": "2", "address": "null", "num_cpus": "1"}
    asked = [f"hydra.launcher.{key}={value}" for key, value in keys.items()]
    ended = begin(tmp_path, "hydra/launcher=on_ray", *asked)
    _, said = ended.communicate()
    assert ended.returncode == 0, said
    assert scores(tmp_path) == alone


@pytest.mark.slow
def test_a_sweep_called_for_on_two_hosts(alone: dict[str, list[float]], tmp_path: Path) -> None:
    """Two processes that know of each other by jax.distributed: the first tells of all jobs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{free.getsockname()[1]}"
    hosts = []
    for host in range(2):
        keys = {"coordinator_address": coordinator, "num_processes": "2", "process_id": f"{host}"}
        asked = [f"hydra.launcher.{key}={value}" for key, value in keys.items()]
        hosts.append(begin(tmp_path, "hydra/launcher=distributed", *asked))
    (first, said), (second, also) = [host.communicate() for host in hosts]
    assert [host.returncode for host in hosts] == [0, 0], said + also
    assert scores(tmp_path) == alone
    assert "sweep.csv" in first
    assert "sweep.csv" not in second
    (csv,) = tmp_path.glob("sweep/*/sweep.csv")
    assert len(csv.read_text().splitlines()) == 1 + 3
    ours = [len(told.split("jobs, together")) - 1 for told in (said + first, also + second)]
    assert ours == [1, 1]


NO_ADDRESS = {"coordinator_address": None}


def test_the_first_host_listens_where_it_is_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without an address of its own JAX would listen on [::]."""
    for name in ("ADDRESS", "BIND_ADDRESS", "PORT"):
        monkeypatch.delenv(f"JAX_COORDINATOR_{name}", raising=False)
    told = {"coordinator_address": "10.0.0.1:99", "coordinator_bind_address": "10.0.0.1:99"}
    assert distributed._coordinator({"coordinator_address": "10.0.0.1:99"}) == told
    slurm = ("JOB_ID", "7"), ("STEP_NODELIST", "node[3-5]"), ("NTASKS", "3"), ("PROCID", "1")
    for name, value in (*slurm, ("LOCALID", "0")):
        monkeypatch.setenv(f"SLURM_{name}", value)
    assert {*distributed._coordinator(NO_ADDRESS).values()} == {"node3:61447"}  # 65536 - 4096 + 7
    monkeypatch.setenv("JAX_COORDINATOR_BIND_ADDRESS", "10.0.0.1:99")
    assert distributed._coordinator(NO_ADDRESS)["coordinator_bind_address"] == "10.0.0.1:99"


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({}, "coordinator_address=null: must be HOST:PORT of the first host, which no cluster"),
        ({"coordinator_address": "node3"}, "coordinator_address=node3: must be HOST:PORT"),
    ],
)
def test_hosts_that_nobody_tells_of_are_refused(keys: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match=f"^hydra/launcher=distributed: {told}"):
        distributed._hosts(1, NO_ADDRESS | keys, Path())


def test_jobs_are_named_by_what_tells_them_apart() -> None:
    jobs = [["+experiment=x", f"sleep.reward={reward}", "seeds=2"] for reward in (0, 1)]
    assert told_apart(jobs, 4) == ["#4 sleep.reward=0", "#5 sleep.reward=1"]
    assert told_apart(jobs[:1], 0) == ["#0 +experiment=x sleep.reward=0 seeds=2"]
    assert told_apart([], 0) == []
