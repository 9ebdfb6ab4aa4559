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
from sleeprun.protocol.events import Begun, Event, Progress, Start
from sleeprun.protocol.results import Results
from sleeprun.protocol.seen import Raster, Spiked
from sleeprun.reading.gathered import story_of
from sleeprun.reading.sample import Sample
from sleeprun.subjects.experiment import Experiment
from sleeprun.subjects.forager.record import Foraged
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
        "small (again)": [1, 2],  # whose seed 1 has come to other scores
    }


def test_the_same_networks_again_count_once_which_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one, again = scored(tmp_path, "one", [0, 1]), scored(tmp_path, "again", [0, 1])
    assert seeds_of(one, again) == {"small": [0, 1]}
    assert caplog.messages == [f"{again}: has networks of 'small' again, which count once"]
    directory = RunDirectory(again)
    directory.report({**results_of(directory.events()), "data": "other images"})
    assert list(beside([one, again])) == ["small", "small (again)"]


def test_sweeps_whose_jobs_have_the_same_overrides_are_not_pooled_for_that(tmp_path: Path) -> None:
    """What else was composed into them is not known here: their configs are not there."""
    sweeps = []
    for name, score in (("a", 0.9), ("b", 0.1)):
        path = tmp_path / name
        jobs = [job(path / "0", ["sleep.reward=0"], [0, 1], [score, score])]
        sweeps.append(listing(path / "call", jobs, [0]))
    means = {
        name: group.whole.results["metrics"]["accuracy"]["mean"]
        for name, group in beside(sweeps).items()
    }
    assert sorted(means.values()) == [0.1, 0.9]


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
        start = next(event for event in run_of() if isinstance(event, Start))
        spikes = {"hidden": [[[0, seed]] for seed in self.seeds]}
        sparse = Foraged(awake=1, asleep=0, rewarded=[], punished=[], neutral=[], spikes={})
        told = {"phase": 1, "kind": "wake", "name": "task1", "summary": sparse}
        return [
            replace(start, seeds=self.seeds),
            Begun(index=1, kind="wake", name="task1", cycle=0),
            *(Progress(**told, begin=cycle, end=cycle) for cycle in self.cycles),
            replace(start, seeds=self.seeds, resumed=True),
            Spiked(kind="wake", name="task1", spikes=spikes),
            Raster(kind="wake", name="task1", spikes={"hidden": [[0, 0]]}),
        ]

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


def test_a_sample_tells_what_all_its_seeds_did() -> None:
    """What runs told at unlike times is left out, and so is what is of one seed alone."""
    start, begun, spiked = Sample([Kept([3, 1], [2, 4]), Kept([1, 2], [4, 6, 8])]).record()
    assert isinstance(start, Start)
    assert start.seeds == [3, 1, 2]
    assert isinstance(begun, Begun)
    assert isinstance(spiked, Spiked)
    assert spiked.spikes == {"hidden": [[[0, 3]], [[0, 1]], [[0, 2]]]}
