"""How a sweep is shared out over machines."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sleeprun.cluster import Ray, Submitit, shared_out
from sleeprun.config import ConfigError

TINY = (
    "data=digits",
    "network.hidden=[16,12]",
    "sequence.samples=40",
    "sleep.first=40",
    "sleep.more=0",
    "sleep.patch=5",
    "tracking=disabled",
    "runtime.figures=false",
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


@pytest.mark.slow
def test_a_sweep_on_the_workers_of_a_ray_cluster(tmp_path: Path) -> None:
    """Two workers of one machine: each leaves its jobs where one process would have."""
    pytest.importorskip("ray", reason="ray is not among the tests' own packages")
    sweep = ("-m", "+experiment=src2022/mnist", "arms=none", *TINY, "seeds=[0],[1],[2]")
    ray = ("hydra/launcher=on_ray", "hydra.launcher.address=null", "hydra.launcher.num_cpus=1")
    scores = {}
    for name, launcher in {"alone": (), "ray": (*ray, "hydra.launcher.machines=2")}.items():
        command = [sys.executable, "-m", "sleeprun", *sweep, *launcher, f"hydra.sweep.dir={name}"]
        ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        scores[name] = {
            path.parent.name: json.loads(path.read_text())["metrics"]["accuracy"]["per_seed"]
            for path in tmp_path.glob(f"{name}/*/results.json")
        }
    assert len(scores["ray"]) == 3
    assert scores["ray"] == scores["alone"]
