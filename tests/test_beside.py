"""Runs and sweeps beside each other: what is one, what is left out, and what is said of each."""

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import pytest
from sweep_folders import job, listing
from told_run import run_of

import sleeprun
from sleeprun.analyses.study import Lived, Weights
from sleeprun.config import ConfigError, Role
from sleeprun.directory.results import results_of
from sleeprun.directory.store import RunDirectory
from sleeprun.protocol.events import Event, Start
from sleeprun.protocol.results import Results
from sleeprun.reading.gathered import story_of
from sleeprun.reading.sample import Sample
from sleeprun.subjects.experiment import Experiment
from sleeprun.sweeps.beside import beside


def scored(folder: Path, name: str, seeds: list[int], *given: str) -> Path:
    """A run that is done, of a config that can be read."""
    start = next(event for event in run_of() if isinstance(event, Start))
    directory = RunDirectory(folder / name)
    directory.begin()
    versions = {"sleeprun": sleeprun.__version__}
    told: list[Event] = [
        replace(start, seeds=seeds, name="small", versions=versions),
        *run_of()[1:],
    ]
    for event in told:
        directory.write(event)
    directory.report({**results_of(directory.events()), "role": Role.NAIVE})
    directory.finish()
    config = sleeprun.compose("foraging_quick", f"seeds={seeds}", "arms=none", *given)
    (folder / name / ".hydra").mkdir()
    for file, content in {"config": config.model_dump(mode="json"), "overrides": []}.items():
        (folder / name / ".hydra" / f"{file}.yaml").write_text(json.dumps(content))
    return folder / name


def seeds_of(*folders: Path) -> dict[str, list[int]]:
    return {name: group.whole.results["seeds"] for name, group in beside(folders).items()}


def test_runs_that_differ_in_seeds_alone_are_one_sample(tmp_path: Path) -> None:
    one = scored(tmp_path, "one", [0, 1])
    more = scored(tmp_path, "more", [2, 3])
    other = scored(tmp_path, "other", [4, 5], "sleep.reward=0.25")
    again = scored(tmp_path, "again", [1, 2])
    assert seeds_of(one, more, other, again) == {
        "small": [0, 1, 2, 3],
        "small (other)": [4, 5],  # sleeps otherwise
        "small (again)": [1, 2],  # has seeds of both, to be compared with them
    }


def test_of_several_what_is_not_done_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    there, broken = scored(tmp_path, "there", [0, 1]), scored(tmp_path, "broken", [0, 1])
    (broken / "DONE").unlink()
    with pytest.raises(ConfigError, match="is not done; go on with it by resume="):
        beside([broken])
    with caplog.at_level(logging.WARNING, "sleeprun"):
        assert seeds_of(there, broken) == {"small": [0, 1]}
    (line,) = caplog.messages
    assert line.startswith(f"{broken}: is not done; ")
    assert line.endswith("; it is left out")
    with pytest.raises(ConfigError, match="nothing in them is done"):
        beside([broken, broken / ".hydra"])
    with pytest.raises(ConfigError, match="lost: no run directory"):  # a name that is wrong
        beside([there, tmp_path / "lost"])


def test_a_job_that_several_sweeps_list_counts_once(tmp_path: Path) -> None:
    jobs = [
        job(tmp_path / reward, [f"sleep.reward={reward}"], [0, 1], [0.1, 0.2])
        for reward in ("0", "1", "2")
    ]
    short = listing(tmp_path / "short", jobs[:2], [0, 1])
    longer = listing(tmp_path / "longer", jobs, [0, 1, 2])
    names = [f"sleep.reward={reward}" for reward in ("0", "1", "2")]
    assert list(beside([short, longer])) == names
    assert list(beside([jobs[0], short, longer, jobs[2]])) == names  # a glob has all of them
    (jobs[2] / "DONE").unlink()
    assert list(beside([longer, short])) == names[:2]


def test_each_of_several_runs_with_arms_has_findings_of_its_own(tmp_path: Path) -> None:
    for name, seeds in (("a", [0, 1]), ("b", [5, 6])):
        whole = scored(tmp_path, name, seeds, f"sleep.reward={len(name) + seeds[0]}")
        for arm, role in (("awake", Role.NAIVE), ("asleep", Role.SLEEP)):
            scored(whole / "arms", arm, seeds)
            directory = RunDirectory(whole / "arms" / arm)
            directory.report({**results_of(directory.events()), "role": role})
        results = RunDirectory(whole).reported()
        assert results
        metrics = results["metrics"]
        RunDirectory(whole).report({**results, "arms": {"awake": metrics, "asleep": metrics}})
    story = story_of(beside([tmp_path / "a", tmp_path / "b"]))
    for name in ("a", "b"):
        told = [line for line in story.sentences if line.startswith(f"[{tmp_path / name}] ")]
        assert told
    assert len(story.arms) == 4
    assert not any("No seed is in all" in line for line in story.sentences)


class Kept(Lived):
    """A run that kept weights of some cycles."""

    folder = Path("run")

    def __init__(self, seeds: list[int], cycles: list[int]):
        self.seeds, self.cycles = seeds, cycles

    @property
    def results(self) -> Results:
        scores = [[[float(seed)]] for seed in self.seeds]
        told = {"seeds": self.seeds, "R": scores, "metrics": {}, "wall_seconds": 1.0}
        return cast(Results, told)

    @property
    def config(self) -> Experiment:
        raise NotImplementedError

    def record(self) -> list[Event]:
        raise NotImplementedError

    @property
    def snapshots(self) -> pd.DataFrame:
        return pd.DataFrame({"cycle": self.cycles, "name": "task1"})

    def weights(self, boundary: int | str | None = None, *, cycle: int | None = None) -> Weights:
        return {"w": np.array([np.full((1, 2), 10.0 * seed + (cycle or 0)) for seed in self.seeds])}


def test_a_sample_has_the_weights_of_all_its_seeds() -> None:
    """Of a seed that two of them have the later one's; at times that all of them kept."""
    sample = Sample([Kept([3, 1], [2, 4, 6]), Kept([1, 2], [4, 6, 8])])
    assert sample.results["seeds"] == [3, 1, 2]
    assert sample.snapshots["cycle"].tolist() == [4, 6]
    assert sample.weights(cycle=4)["w"][:, 0, 0].tolist() == [34, 14, 24]
    with pytest.raises(ConfigError, match="records of runs are not put together"):
        sample.record()
