"""A search over sleeps, and the config that it leaves."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import optuna
import pytest
from conftest import configured
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from omegaconf import OmegaConf

from sleeprun.config import ConfigError
from sleeprun.config.messages import checked
from sleeprun.sweeps.found import write_found
from sleeprun.sweeps.search import Search
from sleeprun.sweeps.study import Searched

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
    "tasks.groups=[[0,1],[2,3]]",
    "tasks.count=2",
    "tasks.validation=10",
    "hydra.sweep.dir=searched",
)


def test_what_was_found_is_written_over_what_the_search_began_with(tmp_path: Path) -> None:
    began = {"schedule": "after", "inc": 0.1, "dec": 0.2, "threshold": [1.0, 2.0, 3.0]}
    best = {"sleep.inc": 0.5, "sleep.threshold.1": 7.5, "training.rate": 9.0}
    path = write_found(tmp_path, began, best, 0.25)
    assert path == tmp_path / "sleep" / "found.yaml"
    first, second, *_ = path.read_text().splitlines()
    assert "0.2500" in first
    assert second == "# and is so with training.rate=9.0"
    assert OmegaConf.to_container(OmegaConf.load(path)) == {
        "schedule": "after",
        "inc": 0.5,
        "dec": 0.2,
        "threshold": [1.0, 7.5, 3.0],
    }


def test_a_search_is_scored_on_images_and_seeds_of_its_own() -> None:
    search = configured("+experiment=src2022/search", "tasks/data=digits", "tasks.validation=10")
    reported = configured("+experiment=src2022/mnist", "tasks/data=digits")
    assert not set(search.seeds) & set(reported.seeds)
    assert search.tasks.validation
    assert not search.arms


def sleeprun(*arguments: str, cwd: Path, **env: str) -> str:
    command = [sys.executable, "-m", "sleeprun", *arguments]
    ended = subprocess.run(command, cwd=cwd, env=os.environ | env, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


class Found(NamedTuple):
    folder: Path
    told: str


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """A search of six trials, four at a time."""
    folder = tmp_path_factory.mktemp("six")
    trials = ("hydra.sweeper.n_trials=6", "hydra.sweeper.n_jobs=4")
    return Found(folder, sleeprun("-m", *SEARCH, *trials, cwd=folder, JAX_LOG_COMPILES="1"))


@pytest.mark.slow
def test_trials_are_asked_for_run_and_told_in_batches(six: Found) -> None:
    """The last one, which is smaller, takes the programs of those before it."""
    first, last = six.told.split("4 jobs, together")[1].split("2 jobs, together")
    assert "Compiling" in first
    assert "Compiling" not in last
    found = [json.loads(path.read_text()) for path in six.folder.glob("searched/*/results.json")]
    scores = [each["metrics"]["accuracy"]["mean"] for each in found]
    assert len(scores) == 6
    best = OmegaConf.load(six.folder / "searched" / "optimization_results.yaml")
    assert best.best_value == pytest.approx(max(scores))
    (winner,) = [
        path.parent
        for path in six.folder.glob("searched/*/.hydra/config.yaml")
        if OmegaConf.load(path).sleep.inc == best.best_params["sleep.inc"]
    ]
    results = json.loads((winner.parent / "results.json").read_text())
    assert results["metrics"]["accuracy"]["mean"] == max(scores)


GOOD_AND_BAD = (
    "+experiment=src_quick",
    *TINY[:2],
    "tasks.samples=40",
    "sleep.schedule=never",
    "arms=none",
    "tracking=disabled",
    "runtime.figures=false",
    "runtime.report=false",
    "hydra.sweep.dir=searched",
    "training.rate=choice(0.2,0.000001)",
    "hydra.sweeper.sampler={kind: random, seed: 6}",  # asks for good, good, bad
    "hydra.sweeper.pruner={kind: median, n_startup_trials: 1}",
)


def runs(cwd: Path) -> dict[float, Path]:
    """The run directories by their rate."""
    configs = cwd.glob("searched/*/.hydra/config.yaml")
    return {OmegaConf.load(path).training.rate: path.parents[1] for path in configs}


def boundaries(run: Path) -> int:
    lines = map(json.loads, (run / "events.jsonl").read_text().splitlines())
    return len({each["boundary"]["index"] for each in lines if each["event"] == "score"})


@pytest.mark.long
@pytest.mark.slow
def test_a_bad_trial_is_stopped_and_can_be_gone_on_with(tmp_path: Path) -> None:
    command = ("-m", *GOOD_AND_BAD, "hydra.sweeper.n_trials=3")
    told = sleeprun(*command, cwd=tmp_path)
    assert "pruned" in told
    assert "not done" not in told
    good, bad = (runs(tmp_path)[rate] for rate in (0.2, 0.000001))
    assert (good / "DONE").exists()
    assert not (bad / "DONE").exists()
    assert "pruned, with a mean score of 0.1" in (bad / "PRUNED").read_text()
    assert "interrupted" not in (bad / "sleeprun.log").read_text()
    assert boundaries(bad) < boundaries(good)
    best = OmegaConf.load(tmp_path / "searched" / "optimization_results.yaml")
    assert best.best_params == {"training.rate": 0.2}
    before = (bad / "events.jsonl").read_text()
    assert "pruned" in sleeprun(*command, cwd=tmp_path)  # judged alike by its record alone
    assert (bad / "events.jsonl").read_text() == before
    sleeprun(f"resume={bad}", cwd=tmp_path)
    assert (bad / "DONE").exists()
    assert boundaries(bad) == boundaries(good)


@pytest.mark.long
@pytest.mark.slow
def test_a_study_in_a_storage_goes_on(tmp_path: Path) -> None:
    keys = (
        *GOOD_AND_BAD,
        "hydra.sweeper.storage=sqlite:///search.db",
        "hydra.sweeper.study_name=x",
    )

    def trials(many: int) -> list[optuna.trial.FrozenTrial]:
        sleeprun("-m", *keys, f"hydra.sweeper.n_trials={many}", cwd=tmp_path)
        return optuna.load_study(study_name="x", storage=f"sqlite:///{tmp_path}/search.db").trials

    first = trials(3)
    assert [trial.state.name for trial in first] == ["COMPLETE", "COMPLETE", "PRUNED"]
    assert trials(3) == first
    more = trials(5)
    assert more[:3] == first
    assert len(more) == 5


@pytest.mark.slow
def test_a_search_leaves_a_sleep_that_an_experiment_can_use(six: Found) -> None:
    best = OmegaConf.load(six.folder / "searched" / "optimization_results.yaml").best_params
    own = ("--config-dir", "searched/conf", "+experiment=src_quick", "sleep=found")
    told = sleeprun(*own, "--cfg", "job", cwd=six.folder)
    used = OmegaConf.create(told).sleep
    assert used.inc == pytest.approx(best["sleep.inc"])
    assert used.threshold[2] == pytest.approx(best["sleep.threshold.2"])
    assert used.alpha_scale == 55.882454


def searched(**keys: Any) -> Searched:
    told = {"storage": None, "direction": "maximize", "max_failure_rate": 0.0, "study_name": None}
    sampler = {"kind": "random", "seed": 0}
    whole = {"n_trials": 4, "n_jobs": 1, "sampler": sampler, "pruner": None} | told | keys
    return checked(Searched, "hydra.sweeper", whole)


def given(*overrides: str) -> dict[str, Override]:
    parser = OverridesParser.create()
    return {one.get_key_element(): one for one in parser.parse_overrides(list(overrides))}


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (
            {"direction": "up"},
            r"^hydra.sweeper.direction='up': not one of these; .* maximize",
        ),
        ({"n_jobs": 0}, r"^hydra.sweeper.n_jobs=0: must be greater than or equal to 1$"),
        ({"n_jobs": "two"}, r"^hydra.sweeper.n_jobs='two': must be a valid integer$"),
        ({"n_trials": 1.5}, r"^hydra.sweeper.n_trials=1.5: must be a valid integer$"),
        ({"max_failure_rate": "x"}, r"^hydra.sweeper.max_failure_rate='x': must be a valid number"),
        ({"n_trails": 4}, r"^hydra.sweeper.n_trails: unknown key; did you mean 'n_trials'\?"),
        ({"sampler": "tpe"}, r"^hydra.sweeper.sampler='tpe': must be a mapping, {key: value}$"),
        ({"sampler": None}, r"^hydra.sweeper.sampler=null: must be a mapping, {key: value}$"),
        ({"pruner": "median"}, r"^hydra.sweeper.pruner='median': must be a mapping, {key: value}$"),
        ({"storage": "banana"}, r"^hydra.sweeper.storage=banana: Could not parse"),
        ({"storage": "sqlite:////none/x.db"}, r"^hydra.sweeper.storage=sqlite:////none/x.db: "),
        ({"sampler": {"kind": "best"}}, r"^hydra.sweeper.sampler.kind=best: must be one of tpe, "),
        ({"sampler": {"kind": "tpe", "sed": 1}}, r"^hydra.sweeper.sampler: .*'sed'"),
        ({"pruner": {"kind": "mean"}}, r"^hydra.sweeper.pruner.kind=mean: must be one of median, "),
    ],
)
def test_a_wrong_key_of_a_search_is_told(keys: dict[str, Any], told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=told):
        Search(searched(**keys), {}, tmp_path)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ("interval(0.1,0.01)", "`low <= high` must hold"),
        ("interval(nan,1)", "both ends must be finite numbers"),
        ("interval(0,inf)", "both ends must be finite numbers"),
        ("tag(log,interval(0,1))", "`low > 0` must hold"),
    ],
)
def test_values_between_which_nothing_is(values: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"^a={re.escape(values)}: {told}"):
        Search(searched(), given(f"a={values}"), tmp_path)


class Scored(Launcher):
    """Scores a job by its `a`; those with a negative one fail."""

    def __init__(self) -> None:
        self.batches: list[list[list[str]]] = []

    def setup(self, **_: Any) -> None:
        """A search is handed a launcher that has been set up."""

    def launch(self, job_overrides: Any, initial_job_idx: int) -> list[JobReturn]:
        assert initial_job_idx == sum(map(len, self.batches))
        self.batches.append(job_overrides)
        values = [float(job[0].removeprefix("a=")) for job in job_overrides]
        return [
            JobReturn(status=JobStatus.COMPLETED, _return_value=value)
            if value >= 0
            else JobReturn(status=JobStatus.FAILED, _return_value=ValueError("below zero"))
            for value in values
        ]


def drawn(launcher: Scored) -> list[float]:
    return [float(job[0].removeprefix("a=")) for batch in launcher.batches for job in batch]


def test_trials_come_in_batches_and_the_best_is_written(tmp_path: Path) -> None:
    launcher = Scored()
    keys = given("a=interval(0,1)", "+b=x", "c=true")
    Search(searched(n_trials=5, n_jobs=2), keys, tmp_path).carry_out(launcher)
    assert [len(batch) for batch in launcher.batches] == [2, 2, 1]
    assert all(job[1:] == ["+b=x", "c=True"] for batch in launcher.batches for job in batch)
    best = OmegaConf.load(tmp_path / "optimization_results.yaml")
    assert best.best_value == best.best_params.a == max(drawn(launcher))
    again = Scored()
    Search(searched(n_trials=5, n_jobs=2), keys, tmp_path).carry_out(again)
    assert again.batches == launcher.batches


@pytest.mark.parametrize(
    ("values", "some"),
    [
        ("range(20,400,step=20)", range(20, 401, 20)),
        ("range(0,1,step=0.25)", [0, 0.25, 0.5, 0.75, 1]),
        ("3,4.5", [3, 4.5]),
    ],
)
def test_what_is_drawn_from_a_range_or_choice(values: str, some: Any, tmp_path: Path) -> None:
    """Every value, and both ends."""
    launcher = Scored()
    Search(searched(n_trials=150), given(f"a={values}"), tmp_path).carry_out(launcher)
    assert set(drawn(launcher)) == set(some)


def test_a_logarithmic_interval_has_as_much_of_every_size(tmp_path: Path) -> None:
    launcher = Scored()
    keys = given("a=tag(log, interval(0.0001,1))")
    Search(searched(n_trials=100), keys, tmp_path).carry_out(launcher)
    assert 35 < sum(value < 0.01 for value in drawn(launcher)) < 65  # half of it


def test_what_was_chosen_is_written_as_it_is_meant(tmp_path: Path) -> None:
    class Fixed(Scored):
        def launch(self, job_overrides: Any, initial_job_idx: int) -> list[JobReturn]:
            (job,) = (given(*overrides) for overrides in job_overrides)
            found = {key: one.value() for key, one in job.items()}
            assert found == {"a": [1, 2], "b": None, "c": "x, y", "d": True}
            return [JobReturn(status=JobStatus.COMPLETED, _return_value=1.0)]

    keys = given("a=choice([1,2])", "b=null,null", "c=choice('x, y')", "d=choice(true)")
    Search(searched(n_trials=1), keys, tmp_path).carry_out(Fixed())
    best = OmegaConf.load(tmp_path / "optimization_results.yaml")
    assert best.best_params == {"a": [1, 2], "b": None, "c": "x, y", "d": True}


def test_too_many_failures_end_a_search(tmp_path: Path) -> None:
    keys = given("a=interval(-1,1)")
    some = Search(searched(n_trials=8, n_jobs=8, max_failure_rate=0.9), keys, tmp_path)
    launcher = Scored()
    some.carry_out(launcher)
    assert min(drawn(launcher)) < 0 < max(drawn(launcher))
    with pytest.raises(ValueError, match="below zero"):
        Search(searched(n_trials=8, n_jobs=8), keys, tmp_path).carry_out(Scored())


def test_trials_that_were_broken_off_are_run_again(tmp_path: Path) -> None:
    class Interrupted(Scored):
        def launch(self, job_overrides: Any, initial_job_idx: int) -> list[JobReturn]:
            super().launch(job_overrides, initial_job_idx)
            raise KeyboardInterrupt

    storage = {"storage": f"sqlite:///{tmp_path}/search.db", "study_name": "x", "n_trials": 3}
    broken_off, again = Interrupted(), Scored()
    keys = given("a=interval(0,1)")
    with pytest.raises(KeyboardInterrupt):
        Search(searched(**storage), keys, tmp_path).carry_out(broken_off)
    Search(searched(**storage), keys, tmp_path).carry_out(again)
    assert drawn(again)[0] == drawn(broken_off)[0]
    assert len(set(drawn(again))) == 3


def test_only_a_batch_can_stop_a_trial(tmp_path: Path) -> None:
    search = Search(searched(pruner={"kind": "median"}), given("a=interval(0,1)"), tmp_path)
    with pytest.raises(ConfigError, match=r"^hydra\.sweeper\.pruner: only hydra/launcher=batched"):
        search.carry_out(Scored())
