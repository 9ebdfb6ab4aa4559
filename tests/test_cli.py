"""The `sleeprun` command as a user calls it: exit codes, messages, and what a run leaves behind.

All runs are of one tiny experiment in a user's own folder. The first one fills JAX's cache of
compiled programs; the others wait for it and then share two workers.
"""

import json
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command import (
    BIN,
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
from recordings import KEPT, assert_as_recorded, skip_where_they_say_nothing

from sleeprun.cli.folder import conf_dir
from sleeprun.directory.lock import held
from sleeprun.reading.again import again
from sleeprun.tracking.history import AXES

pytestmark = pytest.mark.slow

SCORES, WAKING, ASLEEP = 3, 3, 6  # boundaries; places of two phases in the tiny protocol
CONTRACT = {
    "experiment",
    "tasks",
    "seeds",
    "boundaries",
    "R",
    "metrics",
    "device",
    "versions",
    "wall_seconds",
    "steps_per_second",
}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The arguments that every run begins with."""
    return own_tiny(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="session")
def whole(tiny: list[str], tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A run from start to end, with pictures and W&B."""
    cwd = tmp_path_factory.mktemp("whole")
    ended = sleeprun(*tiny, "runtime.figures=true", "tracking.mode=offline", cwd=cwd)
    assert ended.code == 0, ended.out + ended.err
    return ended


@pytest.fixture(scope="session")
def later(
    whole: Ended, tiny: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Any]]]:
    """Everything else that takes long, two at a time."""
    futures: dict[str, Future[Any]] = {}
    work: dict[str, Callable[[Path], Any]] = {
        "broken": lambda cwd: broken_off_twice(tiny, cwd),
        "swept": lambda cwd: sleeprun(
            *["--multirun", *tiny, "tasks.stages=[task1,task2]", "runtime.chunk_cycles=370"],
            *["network.projections.input_hidden.wiring.fan_in=9,8,99", "tracking.mode=offline"],
            cwd=cwd,
        ),
        "damaged": lambda cwd: resumed_from_damaged(futures["broken"].result().copy, cwd),
        "arms": lambda cwd: sleeprun(
            *[*tiny, "tasks.train=0.5", "runtime.figures=true"],
            *["+arms.awake.sleep.schedule=never", "+arms.asleep={}"],
            cwd=cwd,
        ),
        "smoke": lambda cwd: sleeprun(
            *["+experiment=smoke", *KEPT, "+runtime.require={final/task1: 1.01}"],
            cwd=cwd,
        ),
    }
    with ThreadPoolExecutor(2) as pool:
        for name, do in work.items():
            futures[name] = pool.submit(do, tmp_path_factory.mktemp(name))
        yield futures


@dataclass(frozen=True)
class Broken:
    """A run that was interrupted while awake, resumed, killed while asleep, and resumed again."""

    interrupted: Ended
    killed: Ended
    copy: Path  # of its run directory, from when it was killed
    resumed: Ended


def broken_off_twice(tiny: list[str], cwd: Path) -> Broken:
    begun = begin(*tiny, "tracking.mode=offline", cwd=cwd)
    interrupted = broken_off(begun, cwd, signal.SIGINT, WAKING)
    resume = f"resume={interrupted.run.relative_to(cwd)}"
    killed = broken_off(begin(resume, cwd=cwd), cwd, signal.SIGKILL, ASLEEP)
    shutil.copytree(killed.run, cwd / "copy")
    resumed = sleeprun(resume, "runtime.progress=false", cwd=cwd)
    return Broken(interrupted, killed, cwd / "copy", resumed)


def broken_off(process: subprocess.Popen[str], cwd: Path, blow: signal.Signals, at: int) -> Ended:
    """End a run in the middle of the phase `at`."""
    deadline = time.monotonic() + PATIENCE
    while not any(cwd.glob(f"runs/tiny/*/checkpoints/cycle-{at:04d}-*.ckpt")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(blow)
    return end(process, cwd)


@dataclass(frozen=True)
class Damaged:
    """A run that was resumed after its furthest checkpoint was damaged."""

    checkpoint: str
    resumed: Ended


def resumed_from_damaged(run: Path, cwd: Path) -> Damaged:
    copy = cwd / "runs" / "tiny" / "copy"
    shutil.copytree(run, copy)
    checkpoint = max((copy / "checkpoints").iterdir(), key=position)
    content = bytearray(checkpoint.read_bytes())
    for place in range(1, 64):
        content[-place] ^= 0xFF
    checkpoint.write_bytes(content)
    return Damaged(checkpoint.name, sleeprun(f"resume={copy}", cwd=cwd))


def position(checkpoint: Path) -> tuple[int, int]:
    """How far a run had come when the checkpoint was saved."""
    found = header(checkpoint)
    return found["phase"], found["done"]


def payload(run: Path) -> str:
    """The fingerprint of the state after the last boundary."""
    return header(run / "checkpoints" / f"boundary-{SCORES - 1:02d}.ckpt")["sha256"]


def assert_same_end(run: Path, whole: Ended) -> None:
    assert (run / "DONE").exists()
    assert results(run)["R"] == results(whole.run)["R"]
    assert results(run)["metrics"] == results(whole.run)["metrics"]
    assert payload(run) == payload(whole.run)


def assert_same_record(run: Path, whole: Ended) -> None:
    """Nothing is missing from the record and nothing is in it twice."""
    told = "progress", "score", "weights", "fields", "raster", "end"
    ours, theirs = events(run, *told), events(whole.run, *told)
    assert ours.pop()["event"] == theirs.pop()["event"] == "end"
    assert ours == theirs


def test_help_comes_at_once_and_lists_all_experiments(tmp_path: Path) -> None:
    seconds = []
    for _ in range(3):
        began = time.monotonic()
        ended = sleeprun("--help", cwd=tmp_path)
        seconds.append(time.monotonic() - began)
    assert min(seconds) < 1.0
    assert ended.code == 0
    folder = conf_dir() / "experiment"
    for path in folder.rglob("*.yaml"):
        assert f"  {path.relative_to(folder).with_suffix('')}  " in ended.out


def test_help_lists_a_users_own_experiments(tiny: list[str], tmp_path: Path) -> None:
    ended = sleeprun("--help", *tiny[:2], cwd=tmp_path)
    assert re.search(r"^  tiny +two tasks and interleaved sleep", ended.out, re.MULTILINE)


@pytest.mark.parametrize("to", ["", "hydra.run.dir=a/b", "-m hydra.sweep.dir=a/b"])
def test_dry_run_prints_the_protocol_and_leaves_nothing_behind(to: str, tmp_path: Path) -> None:
    cwd, scratch = tmp_path / "cwd", tmp_path / "scratch"
    cwd.mkdir()
    scratch.mkdir()
    asked = ("+experiment=smoke", "dry_run=true", *to.split())
    ended = forked(*asked, cwd=cwd, TMPDIR=str(scratch))
    assert (ended.code, ended.err) == (0, "")
    for word in ("unsupervised", "interleave", "sleep", "freeze", "lesion", "score", "arm after"):
        assert word in ended.out
    assert list(cwd.iterdir()) == list(scratch.iterdir()) == []


@pytest.mark.parametrize("swept", ["", "-m seeds=1,2"])
def test_a_dry_run_leaves_a_folder_of_temporary_files_where_it_is_called(
    swept: str, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    asked = ("+experiment=smoke", "dry_run=true", *swept.split())
    assert forked(*asked, cwd=tmp_path, TMPDIR=str(tmp_path / "mine")).code == 0
    assert [*tmp_path.rglob("*")] == [tmp_path / "mine"]


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("sed=3", ["sed", "did you mean 'seeds'?"]),
        (
            "+network.populations.hidden.sizes=3",
            ["network.populations.hidden.sizes", "did you mean 'size'?"],
        ),
        ("+experiment=smokey", ["smokey", "did you mean 'smoke'?"]),
        ("tasks.test=-1", ["tasks.test=-1", "greater than 0"]),
        ("resume=nowhere", ["resume='nowhere'"]),
        ("joint=nowhere", ["joint='nowhere'", "results.json"]),
        ("from=nowhere", ["from='nowhere'", "no such file"]),
        ("form=nowhere", ["form", "did you mean 'from'?"]),
    ],
)
def test_a_mistake_is_told_in_three_lines(override: str, told: list[str], tmp_path: Path) -> None:
    ended = forked(override, "tracking.mode=disabled", cwd=tmp_path)
    assert ended.code == 2
    assert len(ended.err.splitlines()) <= 3
    assert "Traceback" not in ended.out + ended.err
    assert all(words in ended.err for words in told)
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_in_the_name_of_a_users_own_experiment(tiny: list[str], tmp_path: Path) -> None:
    ended = forked(*tiny[:2], "+experiment=tinny", cwd=tmp_path)
    assert ended.code == 2
    assert "did you mean 'tiny'?" in ended.err
    assert "smoke" in ended.err


def test_a_mistake_removes_nothing_that_was_there_before(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    forked("+sed=3", f"hydra.run.dir={tmp_path}", cwd=tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_mistake_in_resuming_removes_nothing(tmp_path: Path) -> None:
    record = tmp_path / "run" / ".hydra"
    record.mkdir(parents=True)
    (record / "config.yaml").write_text("name: tiny\n")
    (record / "overrides.yaml").write_text("[]\n")
    assert forked("resume=run", "seeds=3", cwd=tmp_path).code == 2
    assert (record / "config.yaml").exists()


def test_a_run_leaves_what_was_promised(whole: Ended) -> None:
    run = whole.run
    names = {path.name for path in run.iterdir()}
    assert names >= {".hydra", "checkpoints", "figures", "wandb"}
    assert names >= {"events.jsonl", "results.json", "protocol.txt", "DONE"}
    assert (run / ".hydra" / "overrides.yaml").exists()
    boundaries = {f"boundary-{index:02d}.ckpt" for index in range(SCORES)}
    assert {path.name for path in (run / "checkpoints").iterdir()} >= boundaries
    assert {path.name for path in run.rglob(".*")} == {".hydra", ".lock"}


def test_the_pictures_of_a_run(whole: Ended) -> None:
    pictures = list((whole.run / "figures").glob("*.png"))
    assert {"performance.png", "r_matrix.png"} <= {path.name for path in pictures}
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in pictures)


def test_the_results_of_a_run(whole: Ended) -> None:
    found = results(whole.run)
    assert found.keys() >= CONTRACT
    assert (found["experiment"], found["tasks"]) == ("tiny", ["task1", "task2"])
    assert found["seeds"] == [0, 1]
    rows = [(row["index"], row["name"], row["task"]) for row in found["boundaries"]]
    assert rows == [(0, "untrained", None), (1, "task1", "task1"), (2, "task2", "task2")]
    assert [[len(row) for row in seed] for seed in found["R"]] == [[2] * SCORES] * 2
    known = [score for seed in found["R"] for row in seed for score in row if score is not None]
    assert known
    assert all(0 <= score <= 1 for score in known)
    for measure in found["metrics"].values():
        assert measure.keys() >= {"per_seed", "mean", "sd", "ci95"}
        assert len(measure["per_seed"]) == 2
    assert found["wall_seconds"] > 0
    assert found["steps_per_second"] > 0


def test_the_record_of_a_run(whole: Ended) -> None:
    lines = (whole.run / "events.jsonl").read_text().splitlines()
    kinds = [json.loads(line)["event"] for line in lines]
    assert (kinds[0], kinds[-1]) == ("start", "end")
    clock = [(event["from"], event["to"]) for event in events(whole.run, "progress")]
    assert [end for _, end in clock[:-1]] == [begin for begin, _ in clock[1:]]
    assert (clock[0][0], clock[-1][1]) == (0, 800)
    assert len(events(whole.run, "score")) == 2 * SCORES


def test_the_protocol_of_a_run(whole: Ended) -> None:
    lines = (whole.run / "protocol.txt").read_text().splitlines()
    kinds = [line.split()[1] for line in lines]
    tests = ["score", "score"]
    assert kinds == [*tests, "freeze", "wake", *tests, "interleave", *tests]


def test_a_run_prints_its_scores_and_where_it_is(whole: Ended) -> None:
    assert str(whole.run) in whole.out
    for row in ("untrained", "task1", "task2"):
        assert re.search(rf"{row}\b.*\d\.\d\d", whole.out)


def test_a_run_writes_nothing_beside_its_directory(whole: Ended) -> None:
    assert [path.name for path in whole.cwd.iterdir()] == ["runs"]
    assert [path.name for path in (whole.cwd / "runs").iterdir()] == ["tiny"]


@pytest.fixture(scope="session")
def tracked(whole: Ended) -> list[dict[str, Any]]:
    return tracked_in(whole.run)


def tracked_in(run: Path) -> list[dict[str, Any]]:
    """The records of the one W&B run file, as W&B itself reads them."""
    folders = [path for path in (run / "wandb").glob("*run*") if not path.is_symlink()]
    (file,) = (file for folder in folders for file in folder.glob("*.wandb"))
    command = [BIN / "wandb", "leet", "inspect", "--json", str(file)]
    read = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return [json.loads(line) for line in read.stdout.splitlines()]


def test_wandb_has_the_scores_over_boundaries(whole: Ended, tracked: list[dict[str, Any]]) -> None:
    axes = [record["metric"] for record in tracked if record["type"] == "metric"]
    along = {axis["glob_name"]: axis["step_metric"] for axis in axes if "glob_name" in axis}
    assert along == {name: axis for axis, names in AXES.items() for name in names}
    logged = {}
    for row in rows_of(tracked):
        for key in row.keys() & {"score/task1", "score/task2"}:
            logged[row["boundary"], key.removeprefix("score/")] = row[key]
    assert logged == pytest.approx(mean_scores(results(whole.run)))


def rows_of(tracked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record["history"]["item"] for record in tracked if record["type"] == "history"]


def mean_scores(found: dict[str, Any]) -> dict[tuple[int, str], float]:
    means = {}
    for row in range(len(found["boundaries"])):
        for column, task in enumerate(found["tasks"]):
            known = [R[row][column] for R in found["R"] if R[row][column] is not None]
            if known:
                means[row, task] = sum(known) / len(known)
    return means


def test_wandb_has_the_config_the_measures_and_the_pictures(
    whole: Ended, tracked: list[dict[str, Any]]
) -> None:
    (run,) = (record["run"] for record in tracked if record["type"] == "run")
    assert run["config"]["update"]["network"]["populations"]["hidden"]["size"] == [6, 6]
    summary: dict[str, Any] = {}
    for record in tracked:
        summary |= record["summary"]["update"] if record["type"] == "summary" else {}
    for name, measure in results(whole.run)["metrics"].items():
        assert summary.get(name) == pytest.approx(measure["mean"])
    files = " ".join(
        file["path"]
        for record in tracked
        if record["type"] == "files"
        for file in record["files"]["files"]
    )
    assert "media/table/R_" in files
    for picture in (whole.run / "figures").glob("*.png"):
        assert f"media/images/figures/{picture.stem}_" in files
    assert tracked[-1]["exit"]["exit_code"] == 0


def test_a_measure_that_is_required_and_not_reached(whole: Ended, tmp_path: Path) -> None:
    """Asked of a run that is done, which is only read."""
    run = tmp_path / "run"
    shutil.copytree(whole.run, run)
    ended = forked(f"resume={run}", "+runtime.require.accuracy=1.01", cwd=tmp_path)
    assert ended.code == 3
    assert "runtime.require.accuracy=1.01" in ended.err
    assert str(results(run)["metrics"]["accuracy"]["mean"]) in ended.err
    assert "Traceback" not in ended.out + ended.err
    assert (run / "events.jsonl").read_text() == (whole.run / "events.jsonl").read_text()


def test_the_smoke_experiment_goes_through_every_phase(later: dict[str, Future[Ended]]) -> None:
    ended = later["smoke"].result()
    assert ended.code == 3, ended.out + ended.err
    assert "runtime.require.final/task1=1.01" in ended.err
    (run,) = ended.cwd.glob("runs/smoke/*")
    arms = sorted((run / "arms").iterdir())
    assert [arm.name for arm in arms] == ["after", "control", "interleaved"]
    assert all((folder / "DONE").exists() for folder in (run, *arms))
    phases = {event["kind"] for arm in arms for event in events(arm, "phase")}
    every = {"unsupervised", "freeze", "wake", "interleave", "sleep", "lesion", "score"}
    assert phases == every


def test_the_smoke_experiment_gives_the_recorded_numbers(
    later: dict[str, Future[Ended]],
) -> None:
    skip_where_they_say_nothing()
    (run,) = later["smoke"].result().cwd.glob("runs/smoke/*")
    assert_as_recorded("smoke", run)


def test_a_directory_with_a_run_in_it_is_not_written_over(whole: Ended, tmp_path: Path) -> None:
    shutil.copytree(whole.run, tmp_path / "run")
    overrides = ["+experiment=smoke", f"hydra.run.dir={tmp_path / 'run'}"]
    ended = forked(*overrides, cwd=tmp_path)
    assert ended.code == 2
    assert f"resume={tmp_path / 'run'}" in ended.err
    for name in ("events.jsonl", "results.json"):
        assert (tmp_path / "run" / name).read_bytes() == (whole.run / name).read_bytes()


@pytest.mark.parametrize("command", ["resume=run", "+experiment=smoke hydra.run.dir=run"])
@pytest.mark.parametrize("begun", [True, False])
def test_a_directory_that_another_process_runs_is_left_alone(
    command: str, begun: bool, whole: Ended, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole.run, run)
    for name in ["DONE"] if begun else ["DONE", "events.jsonl"]:
        (run / name).unlink()
    before = {path.name: path.read_bytes() for path in (run / ".hydra").iterdir()}
    with held(run):
        ended = forked(*command.split(), cwd=tmp_path)
    assert ended.code == 2
    if begun == command.startswith("resume"):
        assert "run: another process is running it" in ended.err
    assert {path.name: path.read_bytes() for path in (run / ".hydra").iterdir()} == before
    assert (run / "sleeprun.log").exists()
    assert not (run / "DONE").exists()


def test_chunks_have_no_effect_on_the_results(
    whole: Ended, later: dict[str, Future[Ended]]
) -> None:
    run = later["swept"].result().jobs[0]
    assert_same_end(run, whole)
    assert len(events(run, "progress")) < len(events(whole.run, "progress")) / 5


def test_an_interrupted_run_tells_how_to_go_on(later: dict[str, Future[Broken]]) -> None:
    interrupted = later["broken"].result().interrupted
    assert interrupted.code == 130
    said = interrupted.out + interrupted.err
    assert "Traceback" not in said
    (folder,) = re.findall(r"sleeprun resume=(\S+)", said)
    assert interrupted.cwd / folder == interrupted.run


def test_a_run_goes_on_after_ctrl_c_and_kill_as_if_nothing_had_happened(
    whole: Ended, later: dict[str, Future[Broken]]
) -> None:
    broken = later["broken"].result()
    assert broken.killed.code == -signal.SIGKILL
    assert not (broken.copy / "results.json").exists()
    assert broken.resumed.code == 0, broken.resumed.err
    assert_same_end(broken.resumed.run, whole)
    assert_same_record(broken.resumed.run, whole)  # so the chunks have kept their size, too
    starts = events(broken.resumed.run, "start")
    assert [start["resumed"] for start in starts] == [False, True, True]


def test_a_run_that_was_broken_off_twice_is_one_on_wandb(
    tracked: list[dict[str, Any]], later: dict[str, Future[Broken]]
) -> None:
    def told(tracked: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """But for the clock, and the tables, whose paths differ."""
        rows = [row for row in rows_of(tracked) if "cycle" in row]
        return [{key: row[key] for key in row if key[0] != "_" or key == "_step"} for row in rows]

    broken = later["broken"].result()
    again = tracked_in(broken.resumed.run)
    assert told(again) == told(tracked)
    boundaries = [row["boundary_name"] for row in told(again) if "boundary" in row]
    assert boundaries == ["untrained", "task1", "task2"]
    metric = results(broken.resumed.run)["metrics"]["forgetting"]
    last = told(again)[-1]
    assert last["measure/forgetting"] == pytest.approx(metric["mean"])
    seeds = [last[f"measure/forgetting/seed_{seed}"] for seed in (0, 1)]
    assert seeds == pytest.approx(metric["per_seed"])
    (run,) = (record["run"] for record in again if record["type"] == "run")
    assert run["run_id"] == (broken.copy / "wandb" / "id").read_text()
    assert run["host"]


def test_a_resumed_run_keeps_the_config_that_it_was_begun_with(
    whole: Ended, later: dict[str, Future[Broken]]
) -> None:
    stored = later["broken"].result().resumed.run / ".hydra"
    assert {path.name for path in stored.iterdir()} == {
        path.name for path in (whole.run / ".hydra").iterdir()
    }
    assert "+experiment=tiny" in (stored / "overrides.yaml").read_text()
    assert "name: tiny" in (stored / "config.yaml").read_text()


def test_a_run_and_a_sweep_are_begun_again_by_what_is_told_of_them(
    whole: Ended, later: dict[str, Future[Ended]], tiny: list[str]
) -> None:
    given = [*tiny[2:], "runtime.figures=true", "tracking.mode=offline"]
    (command,) = again([whole.run])
    assert shlex.split(command) == ["sleeprun", *tiny[:2], *given]
    swept = later["swept"].result()
    (command,) = again(swept.jobs)
    assert shlex.split(command)[:4] == ["sleeprun", "-m", *tiny[:2]]
    assert "network.projections.input_hidden.wiring.fan_in=9,8,99" in shlex.split(command)
    for told in (command, *again([whole.run])):
        ended = forked(*shlex.split(told)[1:], "dry_run=true", cwd=whole.cwd)
        assert "tiny: 2 seeds" in ended.out, ended.err


def test_a_damaged_checkpoint_is_told_and_an_older_one_taken(
    whole: Ended, later: dict[str, Future[Damaged]]
) -> None:
    damaged = later["damaged"].result()
    ended = damaged.resumed
    assert ended.code == 0, ended.err
    assert f"{damaged.checkpoint} is damaged" in ended.out + ended.err
    (warning,) = events(ended.run, "warning")
    assert damaged.checkpoint in warning["message"]
    assert_same_end(ended.run, whole)
    assert_same_record(ended.run, whole)


@pytest.mark.parametrize("override", ["seeds=3", "network.populations.hidden.size=50", "+sed=3"])
def test_a_run_is_not_resumed_as_another(
    override: str, later: dict[str, Future[Broken]], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(later["broken"].result().copy, run)
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    ended = forked(f"resume={run}", override, cwd=tmp_path)
    assert ended.code == 2
    assert override in ended.err
    assert len(ended.err.splitlines()) <= 3
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before


def test_one_failing_job_does_not_stop_a_sweep(later: dict[str, Future[Ended]]) -> None:
    ended = later["swept"].result()
    good, _, bad = ended.jobs
    assert ended.code == 1
    assert (good / "DONE").exists()
    assert not (bad / "DONE").exists()
    (log,) = bad.glob("*.log")
    assert "network.projections.input_hidden.wiring.fan_in=99" in log.read_text()


def test_a_sweep_ends_with_a_table_of_all_its_jobs(later: dict[str, Future[Ended]]) -> None:
    ended = later["swept"].result()
    done, failed = (line for line in ended.out.splitlines() if re.match(r"│ 9+ ", line))
    assert "fan_in" in ended.out
    assert "done" in done
    accuracy = results(ended.jobs[0])["metrics"]["accuracy"]["mean"]
    assert f"{accuracy:.3f}" in done
    assert "not done" in failed
    assert str(ended.jobs[2].relative_to(ended.cwd)) in ended.out


def test_a_sweep_is_on_wandb_beside_its_jobs(later: dict[str, Future[Ended]]) -> None:
    ended = later["swept"].result()
    (listed,) = ended.cwd.glob("multirun/tiny/*/jobs.jsonl")
    of_job, of_sweep = tracked_in(ended.jobs[0]), tracked_in(listed.parent)
    (job,), (sweep,) = (
        [record["run"] for record in tracked if record["type"] == "run"]
        for tracked in (of_job, of_sweep)
    )
    key = "network.projections.input_hidden.wiring.fan_in"
    assert (job["display_name"], sweep["display_name"]) == (f"{key}=9", f"tiny: {key}")
    assert (job["job_type"], sweep["job_type"]) == ("job", "sweep")
    assert job["run_group"] == sweep["run_group"] == "multirun/tiny"
    (row,) = rows_of(of_sweep)
    assert (row["sweep.nrows"], row["seeds.nrows"]) == (3, 4)
    assert "figures/sweep.path" in row


def test_a_mistake_in_all_jobs_of_a_sweep_is_told_and_logged(
    tiny: list[str], tmp_path: Path
) -> None:
    ended = forked("--multirun", *tiny, "tasks.test=-1,-2", cwd=tmp_path)
    assert ended.code == 1
    assert "Traceback" not in ended.out + ended.err
    assert "tasks.test=-1: must be greater than 0" in ended.out + ended.err
    for job, value in zip(ended.jobs, (-1, -2), strict=True):
        (log,) = job.glob("*.log")
        assert f"tasks.test={value}: must be greater than 0" in log.read_text()


def test_arms_go_on_from_the_same_state(later: dict[str, Future[Ended]]) -> None:
    ended = later["arms"].result()
    assert ended.code == 0, ended.out + ended.err
    found = results(ended.run)
    assert list(found["arms"]) == ["awake", "asleep"]
    assert found["roles"] == {"awake": "naive", "asleep": "sleep"}
    arms = [results(ended.run / "arms" / name) for name in found["arms"]]
    awake, asleep = (arm["R"] for arm in arms)
    assert [seed[:2] for seed in awake] == [seed[:2] for seed in asleep]
    assert [arm["experiment"] for arm in arms] == ["tiny:awake", "tiny:asleep"]
    for folder in (ended.run, *(ended.run / "arms").iterdir()):
        assert (folder / "DONE").exists()
        assert list((folder / "figures").glob("*.png"))


def test_a_run_with_arms_is_resumed(later: dict[str, Future[Ended]], tmp_path: Path) -> None:
    """The finished arm is read, the broken off one goes on from its last boundary."""
    whole = later["arms"].result().run
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    for name in ("DONE", "results.json"):
        (run / name).unlink()
        (run / "arms" / "asleep" / name).unlink()
    (run / "arms" / "asleep" / "checkpoints" / f"boundary-{SCORES - 1:02d}.ckpt").unlink()
    before = (run / "arms" / "awake" / "events.jsonl").read_bytes()
    ended = forked(f"resume={run}", cwd=tmp_path)
    assert ended.code == 0, ended.out + ended.err
    assert results(run)["arms"] == results(whole)["arms"]
    assert results(run)["differences"] == results(whole)["differences"]
    assert (run / "arms" / "awake" / "events.jsonl").read_bytes() == before
