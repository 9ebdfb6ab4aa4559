"""A search over sleeps, and the config that it leaves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import configured
from omegaconf import OmegaConf

from sleeprun.config import ImagesConfig
from sleeprun.sweeps.search import write_found

TINY = (
    "tasks/data=digits",
    "network.hidden=[16,12]",
    "network.weight_spread=0.3",
    "tasks.samples=40",
    "sleep.length=40",
    "sleep.longer=0",
    "sleep.drive.patch=5",
    "tracking=disabled",
)
SEARCH = (
    "+experiment=src2022/search",
    *TINY,
    "tasks.validation=10",
    "hydra.sweep.dir=searched",
)


def test_what_was_found_is_written_over_what_the_search_began_with(tmp_path: Path) -> None:
    began = {"schedule": "after", "inc": 0.1, "dec": 0.2, "threshold": [1.0, 2.0, 3.0]}
    best = {"sleep.inc": 0.5, "sleep.threshold.1": 7.5, "training.rate": 9.0}
    path = write_found(tmp_path, began, best, 0.25)
    assert path == tmp_path / "sleep" / "found.yaml"
    assert "0.2500" in path.read_text().splitlines()[0]
    assert OmegaConf.to_container(OmegaConf.load(path)) == {
        "schedule": "after",
        "inc": 0.5,
        "dec": 0.2,
        "threshold": [1.0, 7.5, 3.0],
    }


def test_a_search_is_scored_on_images_and_seeds_of_its_own() -> None:
    search = configured("+experiment=src2022/search", "tasks/data=digits", "tasks.validation=10")
    reported = configured("+experiment=src2022/mnist", "tasks/data=digits")
    assert isinstance(search, ImagesConfig)
    assert not set(search.seeds) & set(reported.seeds)
    assert search.sequence.validation
    assert not search.arms


def sleeprun(*arguments: str, cwd: Path, **env: str) -> str:
    command = [sys.executable, "-m", "sleeprun", *arguments]
    ended = subprocess.run(command, cwd=cwd, env=os.environ | env, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.slow
def test_trials_are_asked_for_run_and_told_in_batches(tmp_path: Path) -> None:
    """The last one, which is smaller, takes the programs of those before it."""
    trials = ("hydra.sweeper.n_trials=6", "hydra.sweeper.n_jobs=4")
    told = sleeprun("-m", *SEARCH, *trials, cwd=tmp_path, JAX_LOG_COMPILES="1")
    first, last = told.split("4 jobs, together")[1].split("2 jobs, together")
    assert "Compiling" in first
    assert "Compiling" not in last
    found = [json.loads(path.read_text()) for path in tmp_path.glob("searched/*/results.json")]
    scores = [each["metrics"]["accuracy"]["mean"] for each in found]
    assert len(scores) == 6
    best = OmegaConf.load(tmp_path / "searched" / "optimization_results.yaml")
    assert best.best_value == pytest.approx(max(scores))
    (winner,) = [
        path.parent
        for path in tmp_path.glob("searched/*/.hydra/config.yaml")
        if OmegaConf.load(path).sleep.inc == best.best_params["sleep.inc"]
    ]
    results = json.loads((winner.parent / "results.json").read_text())
    assert results["metrics"]["accuracy"]["mean"] == max(scores)


@pytest.mark.slow
def test_a_search_leaves_a_sleep_that_an_experiment_can_use(tmp_path: Path) -> None:
    sleeprun("-m", *SEARCH, "hydra.sweeper.n_trials=2", cwd=tmp_path)
    best = OmegaConf.load(tmp_path / "searched" / "optimization_results.yaml").best_params
    own = ("--config-dir", "searched/conf", "+experiment=src_quick", "sleep=found")
    told = sleeprun(*own, "--cfg", "job", cwd=tmp_path)
    used = OmegaConf.create(told).sleep
    assert used.inc == pytest.approx(best["sleep.inc"])
    assert used.threshold[2] == pytest.approx(best["sleep.threshold.2"])
    assert used.alpha_scale == 55.882454
