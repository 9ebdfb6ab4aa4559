"""What Hydra finds of sleeprun's, and what each job of a batch keeps to itself."""

import contextvars
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError

from sleeprun.cli.folder import conf_dir
from sleeprun.config import ConfigError
from sleeprun.sweeps import jobs, logs
from sleeprun.sweeps.jobs import Job
from sleeprun.sweeps.sweeper import combinations

log = logging.getLogger("sleeprun")


def test_hydra_finds_the_launchers_and_the_sweeper_by_itself() -> None:
    code = (
        "import sys; from hydra.core.plugins import Plugins; found = Plugins.instance().discover();"
        "print(*[f'{c.__module__}.{c.__name__}' for c in found], *sys.modules)"
    )
    told = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    names = ("Batched", "Submitit", "Ray", "Distributed", "GridOrSearch")
    assert {f"hydra_plugins.sleeprun.{name}" for name in names} <= set(told)
    assert not {"jax", "equinox", "optuna", "matplotlib", "wandb"} & set(told)


def logged_to(folder: Path) -> DictConfig:
    simple = {"format": "%(levelname)s %(message)s"}
    file = {"class": "logging.FileHandler", "formatter": "simple", "filename": f"{folder}/a.log"}
    console = {"class": "logging.StreamHandler", "formatter": "simple"}
    return OmegaConf.create(
        {
            "formatters": {"simple": simple},
            "handlers": {"console": console, "file": file},
            "root": {"handlers": ["console", "file"]},
        }
    )


def test_a_jobs_log_never_has_a_neighbours_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Two jobs take turns, and the batch speaks between them."""
    caplog.set_level(logging.INFO)
    folders = [tmp_path / "one", tmp_path / "two"]
    with logs.kept_apart():
        turns = []
        for folder in folders:
            folder.mkdir()
            context, job = (
                contextvars.copy_context(),
                logs.of_job(logged_to(folder), f"{folder.name}=5%"),
            )
            context.run(job.__enter__)
            turns.append((context, folder.name, job))
        for count in range(3):
            for context, name, _ in turns:
                context.run(log.info, "%s %d", name, count)
            log.info("between")
        turns[0][0].run(log.warning, "one is warned")
        for context, _, job in turns:
            context.run(job.__exit__, None, None, None)
    log.info("after")
    lines = {folder.name: (folder / "a.log").read_text().splitlines() for folder in folders}
    assert lines["one"] == ["INFO one 0", "INFO one 1", "INFO one 2", "WARNING one is warned"]
    assert lines["two"] == ["INFO two 0", "INFO two 1", "INFO two 2"]
    assert caplog.messages == ["between"] * 3 + ["after"]
    assert capsys.readouterr().out == "WARNING one=5%: one is warned\n"


@pytest.mark.parametrize("told", [None, {"version": 1, "root": None}])
def test_a_job_may_have_no_log(told: Any, caplog: pytest.LogCaptureFixture) -> None:
    with logs.kept_apart(), logs.of_job(told and OmegaConf.create(told), "#0"):
        log.warning("nobody hears")
    assert caplog.messages == []


def parsed(*overrides: str) -> dict[str, Any]:
    parser = OverridesParser.create()
    return {one.get_key_element(): one for one in parser.parse_overrides(list(overrides))}


def test_a_sweep_has_every_combination() -> None:
    jobs = combinations(parsed("+experiment=x", "a=1,2", "seeds=[0,1],[2]", "b=range(2)"))
    assert len(jobs) == len({tuple(job) for job in jobs}) == 8
    assert jobs[0] == ["+experiment=x", "a=1", "seeds=[0,1]", "b=0"]
    assert jobs[-1] == ["+experiment=x", "a=2", "seeds=[2]", "b=1"]


def test_an_interval_has_no_combinations() -> None:
    with pytest.raises(ConfigError, match=r"^a=interval.*search with hydra\.sweeper\.n_trials"):
        combinations(parsed("a=interval(0,1)"))


def test_jobs_that_take_turns_each_have_their_own_hydra(tmp_path: Path) -> None:
    """`${hydra:...}` of a job's config, while Hydra's own is that of no job or of another."""
    overrides = ["+experiment=smoke", "variant=job ${hydra:job.num} of ${name}"]
    overrides += [f"hydra.sweep.dir={tmp_path}", "hydra.sweep.subdir=at-${hydra:job.id}"]
    overrides += ["hydra.output_subdir=.hydra"]
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        configs = [compose("config", overrides, return_hydra_config=True) for _ in range(2)]
    with jobs.with_own_hydra():
        folders = [jobs.place(config, number) for number, config in enumerate(configs, 7)]
        told = [jobs.resolved(config, without={"hydra"}) for config in configs]
        for config in configs:
            jobs.begin(config)
        handed = [Job.of(config.hydra) for config in configs]
    outside = OmegaConf.create({"hydra": {"job": {"num": 7}}, "is": "${hydra:job.num}"})
    with pytest.raises(InterpolationResolutionError, match="HydraConfig was not set"):
        _ = outside["is"]  # Hydra's own resolver again, which knows the job that is run alone
    assert folders == [tmp_path / "at-7", tmp_path / "at-8"]
    assert [job.folder for job in handed] == folders
    assert [one["variant"] for one in told] == ["job 7 of smoke", "job 8 of smoke"]
    assert not any("hydra" in one for one in told)
    written = [folder / ".hydra" / "config.yaml" for folder in folders]
    assert all("variant: job ${hydra:job.num} of ${name}\n" in path.read_text() for path in written)
    assert HydraConfig.instance().cfg is None
