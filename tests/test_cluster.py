"""How a sweep is shared out over machines."""

import sys

import pytest

from sleeprun.cluster import Ray, Submitit, shared_out
from sleeprun.config import ConfigError

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
