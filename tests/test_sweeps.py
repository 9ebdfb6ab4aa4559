"""Sweeps as a user calls them: together as if alone, broken off and gone on with."""

import json
import re
import signal
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from classifiers import TINY as IMAGES
from command import (
    PATIENCE,
    Ended,
    begin,
    end,
    events,
    forked,
    header,
    own_tiny,
    results,
    sleeprun,
)

pytestmark = pytest.mark.slow

SHORT = ("tasks.train=0.5", "tasks.test=0.5")
SEEDS = "seeds=[0,1],[2]"
VARIANTS = 'variant="one, two","three four"'


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return ["--multirun", *own_tiny(tmp_path_factory.mktemp("own")), *SHORT]


@pytest.fixture(scope="module")
def swept(tiny: list[str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Ended]:
    """Sweeps, run when first asked for. What is done together, half of its jobs do alone."""
    images = ["--multirun", *IMAGES, "training.epochs=2", "sleep.length=40", "sleep.longer=0"]
    images += [
        "tracking=disabled",
        "runtime.figures=false",
        "runtime.report=false",
        "tasks.order_seed=null,by_seed",
        SEEDS,
    ]
    foraging = [*tiny, "sleep.drive.kind=rate_matched,poisson", SEEDS]
    basic = "hydra/launcher=basic"
    two = [*tiny, "sleep.reward=0.5", "sleep.drive.kind=poisson", SEEDS]  # of those of `foraging`
    work: dict[str, Callable[[Path], Ended]] = {
        "batched foraging": lambda cwd: sleeprun(*foraging, "sleep.reward=0,0.5", cwd=cwd),
        "basic foraging": lambda cwd: sleeprun(*foraging, "sleep.reward=0.5", basic, cwd=cwd),
        "batched images": lambda cwd: sleeprun(*images, "training.rate=0.1,0.2", cwd=cwd),
        "basic images": lambda cwd: sleeprun(*images, "training.rate=0.2", basic, cwd=cwd),
        "submitted foraging": lambda cwd: sleeprun(*two, "hydra/launcher=submitted", cwd=cwd),
        "joblib foraging": lambda cwd: sleeprun(*two, "hydra/launcher=joblib", cwd=cwd),
        "killed": lambda cwd: broken_off_and_called_again(tiny, cwd, signal.SIGKILL),
        "interrupted": lambda cwd: broken_off_and_called_again(tiny, cwd, signal.SIGINT),
        "failing": lambda cwd: sleeprun(
            *tiny,
            *("network.projections.input_hidden.wiring.fan_in=9,99", VARIANTS),
            cwd=cwd,
        ),
    }

    @cache
    def ended(name: str) -> Ended:
        return work[name](tmp_path_factory.mktemp(name.replace(" ", "-")))

    return ended


def broken_off_and_called_again(tiny: list[str], cwd: Path, blow: signal.Signals) -> Ended:
    """A sweep broken off when one of its jobs was done and another begun."""
    arguments = [*tiny, "sleep.reward=0,0.5,1", "hydra.launcher.at_once=1"]
    process = begin(*arguments, cwd=cwd)
    deadline = time.monotonic() + PATIENCE
    while len(jobs(cwd, "checkpoints/*.ckpt")) < 2:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(blow)
    ended = end(process, cwd)
    assert ended.code == (130 if blow == signal.SIGINT else -blow)
    assert "Traceback" not in ended.out + ended.err
    for job in jobs(cwd, "DONE"):
        (job / "seen").write_text((job / "events.jsonl").read_text())
    (cwd / "done before").write_text(str(len(jobs(cwd, "DONE"))))
    return sleeprun(*arguments, cwd=cwd)


def jobs(cwd: Path, holding: str = "DONE") -> set[Path]:
    """The directories of the jobs that have such a file."""
    folders = {path.parent for path in cwd.glob("multirun/*/*/.hydra")}
    folders |= {path.parent for path in cwd.glob("multirun/*/*/*/.hydra")}
    return {folder for folder in folders if any(folder.glob(holding))}


def record(job: Path) -> list[dict[str, Any]]:
    """Everything that is told of what happened, but not of when and on what."""
    lines = map(json.loads, (job / "events.jsonl").read_text().splitlines())
    return [event for event in lines if event["event"] not in ("start", "end", "overlap")]


def overlaps(job: Path) -> np.ndarray:
    """Of the tasks' mean activations, which another program may add up in another order."""
    told = [event["layers"] for event in events(job, "overlap")]
    return np.array([list(layers.values()) for layers in told])


def states(job: Path) -> list[str]:
    found = sorted((job / "checkpoints").glob("boundary-*.ckpt"))
    return [header(checkpoint)["sha256"] for checkpoint in found]


@pytest.mark.long
@pytest.mark.parametrize("experiment", ["foraging", "images"])
def test_together_every_job_is_what_it_is_alone(
    experiment: str, swept: Callable[[str], Ended]
) -> None:
    """Bit for bit, in a sweep of numbers, structure and seeds."""
    together, alone = (swept(f"{how} {experiment}") for how in ("batched", "basic"))
    assert together.code == alone.code == 0, together.out + together.err
    names = {job.relative_to(alone.cwd) for job in jobs(alone.cwd)}
    assert (len(jobs(together.cwd)), len(names)) == (8, 4)
    for name in names:
        ours, theirs = together.cwd / name, alone.cwd / name
        assert record(ours) == record(theirs)
        np.testing.assert_allclose(overlaps(ours), overlaps(theirs), atol=1e-5)
        assert states(ours) == states(theirs) != []
        for measure in ("R", "metrics", "seeds", "boundaries"):
            assert results(ours)[measure] == results(theirs)[measure]
        for file in ("config.yaml", "overrides.yaml"):
            assert (ours / ".hydra" / file).read_text() == (theirs / ".hydra" / file).read_text()
        assert {path.name for path in ours.iterdir()} == {path.name for path in theirs.iterdir()}


@pytest.mark.parametrize("how", ["submitted", pytest.param("joblib", marks=pytest.mark.long)])
def test_a_dry_sweep_in_other_processes_leaves_nothing_behind(how: str, tmp_path: Path) -> None:
    here, scratch = tmp_path / "here", tmp_path / "scratch"
    here.mkdir()
    scratch.mkdir()
    given = ("-m", "+experiment=smoke", "seeds=1,2", f"hydra/launcher={how}", "dry_run=true")
    assert sleeprun(*given, cwd=here, TMPDIR=str(scratch)).code == 0
    assert [path for path in (*here.iterdir(), *scratch.iterdir()) if "sleeprun" in path.name] == []


@pytest.mark.long
@pytest.mark.parametrize("how", ["submitted", "joblib"])
def test_processes_of_their_own_leave_the_same(how: str, swept: Callable[[str], Ended]) -> None:
    apart, alone = swept(f"{how} foraging"), swept("basic foraging")
    assert apart.code == 0, apart.out + apart.err
    names = {job.relative_to(apart.cwd) for job in jobs(apart.cwd)}
    assert len(names) == 2
    for name in names:
        assert record(apart.cwd / name) == record(alone.cwd / name)
        assert states(apart.cwd / name) == states(alone.cwd / name) != []
    assert re.search(r"│ 3 +│", apart.out)  # seeds in the table of the sweep


def test_every_job_has_its_own_log(swept: Callable[[str], Ended]) -> None:
    ended = swept("failing")
    for job in jobs(ended.cwd):
        phases = [event["name"] for event in events(job, "phase")]
        lines = re.findall(r"% +\S+, \w+: (.*); .* left", (job / "sleeprun.log").read_text())
        told = list(dict.fromkeys(lines))
        assert told == [phase for phase in phases if phase in told]
        assert told[-1] == phases[-1]
        assert len(told) > len(phases) / 2


@pytest.mark.long  # in short, a killed sweep is among test_fuzzing's
@pytest.mark.parametrize("how", ["killed", "interrupted"])
def test_a_sweep_called_again_completes_what_is_missing(
    how: str, swept: Callable[[str], Ended]
) -> None:
    ended = swept(how)
    assert ended.code == 0, ended.out + ended.err
    assert len(jobs(ended.cwd)) == 3
    assert 1 <= int((ended.cwd / "done before").read_text()) < 3
    kept = [job for job in jobs(ended.cwd) if (job / "seen").exists()]
    assert all((job / "seen").read_text() == (job / "events.jsonl").read_text() for job in kept)
    again = [event for job in jobs(ended.cwd) for event in events(job, "start")]
    assert any(event["resumed"] for event in again)
    both = jobs(swept("batched foraging").cwd)
    assert not {job.name for job in both} & {job.name for job in jobs(ended.cwd)}


def test_a_job_that_fails_leaves_the_others_alone(swept: Callable[[str], Ended]) -> None:
    ended = swept("failing")
    assert ended.code == 1
    done, failed = jobs(ended.cwd), jobs(ended.cwd, "sleeprun.log") - jobs(ended.cwd)
    assert len(done) == len(failed) == 2
    assert all("wiring.fan_in=99" in (job / "sleeprun.log").read_text() for job in failed)


def test_names_with_commas_and_spaces(swept: Callable[[str], Ended]) -> None:
    ended = swept("failing")
    model = "accelerated constants, not the published model"
    assert {results(job)["variant"] for job in jobs(ended.cwd)} == {
        f"{model}; {own}" for own in ("one, two", "three four")
    }
    assert '"one, two"' in ended.out


@pytest.mark.parametrize(
    ("key", "told", "code"),
    [
        ("hydra.job.chdir=true", "use hydra/launcher=basic", 2),  # before any job began
        ("resume=run", "resumed without -m", 1),
    ],
)
def test_what_a_batch_cannot_do_is_refused(key: str, told: str, code: int, tmp_path: Path) -> None:
    ended = forked("--multirun", "+experiment=smoke", "seeds=1,2", key, cwd=tmp_path)
    assert ended.code == code
    assert told in ended.out + ended.err
    assert "Traceback" not in ended.out + ended.err
    assert not any(tmp_path.glob("multirun/*/*/events.jsonl"))


def test_a_sweep_of_no_jobs(tmp_path: Path) -> None:
    ended = forked("--multirun", "+experiment=glob(nothing*)", cwd=tmp_path)
    assert ended.code == 0, ended.out + ended.err
    assert "Traceback" not in ended.out + ended.err
