"""A run that begins at a boundary of another ends as a run from birth, or is refused in a line."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import composed, of_kind

from sleeprun.cli.dry_run import print_protocol
from sleeprun.config import ConfigError
from sleeprun.directory import checkpoints, store
from sleeprun.protocol.events import Event, Progress, Scored, Start
from sleeprun.protocol.seen import Fields, Raster, Weights
from sleeprun.runs import job
from sleeprun.runs.run import Run
from sleeprun.subjects.parse import parse

pytestmark = pytest.mark.slow

TINY = (
    "name=tiny", "network.populations.hidden.size=[6,6]", "tasks.stages=[task1,task2]", "seeds=2",
    "tasks.unsupervised=0.1", "tasks.train=0.2", "tasks.test=0.1", "tasks.alternate=4",
    "sleep.length=3", "runtime.chunk_cycles=5", "runtime.progress=false",
    "runtime.figures=false", "runtime.report=false", "tracking.mode=disabled",
)  # fmt: skip
ARMS = (
    "+arms={awake: {sleep: {schedule: never}}, "
    "asleep: {sleep: {schedule: interleaved, stages: later}}}"
)
TOLD = (Progress, Scored, Weights, Fields, Raster)


def lived(path: Path, *overrides: str) -> Path:
    """A run directory as the command leaves it."""
    container = composed(*TINY, *overrides)
    config = parse(container)
    (path / ".hydra").mkdir(parents=True, exist_ok=True)
    (path / ".hydra" / "config.yaml").write_text(yaml.safe_dump(container, sort_keys=False))
    job.carry_out(config, path)
    return path


def results(run: Path) -> dict[str, Any]:
    return json.loads((run / "results.json").read_text())


def record(run: Path) -> list[Event]:
    return [event for event in store.RunDirectory(run).events() if isinstance(event, TOLD)]


def last_state(run: Path) -> bytes:
    return checkpoints.read(run / "checkpoints" / "boundary-03.ckpt")[1]


def assert_same_life(run: Path, whole: Path) -> None:
    """Bit for bit, and the record of it as well."""
    assert last_state(run) == last_state(whole)
    assert record(run) == record(whole)
    for part in ("R", "metrics", "boundaries", "seeds"):
        assert results(run)[part] == results(whole)[part]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both tasks in a row, from birth."""
    return lived(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def asleep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The second task interleaved with sleep, from birth."""
    return lived(tmp_path_factory.mktemp("asleep"), "sleep=interleaved")


@pytest.fixture(scope="module")
def task1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lived(tmp_path_factory.mktemp("task1"), "tasks.stages=[task1]")


@pytest.mark.parametrize(
    "place", ["", "checkpoints/boundary-01.ckpt", "checkpoints/boundary-02.ckpt"]
)
def test_a_branch_ends_as_a_run_from_birth(
    whole: Path, task1: Path, tmp_path: Path, place: str
) -> None:
    assert_same_life(lived(tmp_path, f"from={task1 / place}"), whole)


def test_a_branch_counts_its_own_time_and_tells_what_lies_behind(
    task1: Path, tmp_path: Path
) -> None:
    first = lived(tmp_path / "first", f"from={task1}")
    told = results(first)["branched_from"]
    assert told["path"] == str(task1 / "checkpoints" / "boundary-02.ckpt")
    assert (told["boundary"], told["phases"]) == ("task1", 9)
    assert 0 < told["wall_seconds"] <= results(task1)["wall_seconds"]
    second = lived(tmp_path / "second", f"from={first}", "tasks.stages=[task1,task2,task1]")
    behind = results(second)["branched_from"]["wall_seconds"]
    last, _ = checkpoints.read(first / "checkpoints" / "boundary-03.ckpt")
    assert behind == told["wall_seconds"] + last["seconds"]
    assert results(task1)["branched_from"] is None


def test_a_directory_means_its_furthest_boundary_that_fits(
    whole: Path, asleep: Path, tmp_path: Path
) -> None:
    run = lived(tmp_path, f"from={whole}", "sleep=interleaved")
    assert results(run)["branched_from"]["boundary"] == "task1"
    assert_same_life(run, asleep)


def test_some_of_the_seeds(whole: Path, task1: Path, tmp_path: Path) -> None:
    run = lived(tmp_path, f"from={task1}", "seeds=[1]")
    assert last_state(run) == checkpoints.of_seeds(last_state(whole), [1])
    assert results(run)["seeds"] == [1]
    assert results(run)["R"] == results(whole)["R"][1:]
    ours, theirs = (
        [(e.score, e.marks.rewarded) for e in of_kind(record(each), Scored)]
        for each in (run, whole)
    )
    assert ours == [(score[1:], rewarded[1:]) for score, rewarded in theirs]
    ours, theirs = (
        [(e.end, e.summary.rewarded, e.summary.spikes) for e in of_kind(record(each), Progress)]
        for each in (run, whole)
    )
    assert ours == [
        (to, rewarded[1:], {name: counts[1:] for name, counts in spikes.items()})
        for to, rewarded, spikes in theirs
    ]


def test_arms_go_on_from_a_boundary_and_a_run_from_an_arm(
    whole: Path, asleep: Path, task1: Path, tmp_path: Path
) -> None:
    armed = lived(tmp_path / "armed", f"from={task1}", ARMS)
    assert results(armed)["branched_from"]["path"].startswith(str(task1))
    assert_same_life(armed / "arms" / "awake", whole)
    assert_same_life(armed / "arms" / "asleep", asleep)
    arm = armed / "arms" / "asleep" / "checkpoints" / "boundary-03.ckpt"
    longer = "sleep=interleaved", "tasks.stages=[task1,task2,task1]"
    run = lived(tmp_path / "longer", f"from={arm}", *longer)
    assert results(run)["R"][0][:4] == results(asleep)["R"][0]
    with pytest.raises(
        ConfigError, match="phase 9 is 'wake task2, 20 cycles' here and 'interleave"
    ):
        lived(tmp_path / "other", f"from={arm}", "tasks.stages=[task1,task2,task1]")


def test_a_branch_that_was_killed_at_its_very_start(
    whole: Path, task1: Path, tmp_path: Path
) -> None:
    """The record is there, the checkpoint is not yet."""
    shutil.copy(task1 / "events.jsonl", tmp_path)
    assert_same_life(lived(tmp_path, f"from={task1}", f"resume={tmp_path}"), whole)


def test_a_branch_that_was_broken_off_needs_its_source_no_more(
    whole: Path, task1: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, run = tmp_path / "source", tmp_path / "run"
    shutil.copytree(task1, source)
    with monkeypatch.context() as patched:
        patched.setattr(Run, "_refuse_lost", stopping_in_the_second_task)
        with pytest.raises(KeyboardInterrupt):
            lived(run, f"from={source}")
    shutil.rmtree(source)
    assert_same_life(lived(run, f"from={source}", f"resume={run}"), whole)
    origin = results(run)["branched_from"]
    starts = of_kind(store.RunDirectory(run).events(), Start)
    assert [(start.resumed, start.branched_from) for start in starts] == [
        (False, None), (False, origin), (True, origin),
    ]  # fmt: skip


def stopping_in_the_second_task(run: Run, phase: object, state: object) -> None:
    run.stopped = run.protocol[run.phase].title == "task2" and run.done > 0


def test_a_dry_run_prints_what_is_left(task1: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_protocol(parse(composed(*TINY, f"from={task1}")))
    lines = capsys.readouterr().out.splitlines()
    assert f"begins after 'task1' from {task1}/checkpoints/boundary-02.ckpt" in lines[1]
    assert [line.split()[:3] for line in lines if line.startswith(" ")] == [
        ["9", "wake", "task2"], ["10", "score", "task1"], ["11", "score", "task2"],
    ]  # fmt: skip
    assert lines[-1].startswith("40 cycles a seed; about ")


@pytest.mark.parametrize(
    ("place", "overrides", "told"),
    [
        ("nowhere", [], "there is no such file or directory"),
        (".hydra", [], "no boundary is saved in it"),
        ("results.json", [], r"must be a run directory or one of its checkpoints/boundary-\*.ckpt"),
        ("", ["seeds=[1,2]"], r"seeds=\[2\]: not among the seeds of that run, \[0, 1\]"),
        (
            "",
            ["network.populations.output.neuron=lif"],
            "network.populations.output.neuron: 'lif' here and 'rulkov' there",
        ),
        ("", ["tasks.food_kick=1.0"], r"tasks.food_kick: 1.0 here and 0.025 there"),
        ("", ["runtime.simulate=by_step"], "runtime.simulate: 'by_step' here and"),
        ("", ["runtime.skip_quiet=false"], "runtime.skip_quiet: false here and true there"),
        (
            "checkpoints/boundary-02.ckpt",
            ["tasks.train=0.3"],
            "phase 6 is 'wake task1, 30 cycles' here and 'wake task1, 20 cycles' there",
        ),
        ("checkpoints/boundary-02.ckpt", ["tasks.freeze=[]"], "phase 5 is .* here and 'freeze"),
        (
            "checkpoints/boundary-02.ckpt",
            ["+arms={a: {sleep: {schedule: never}}, b: {sleep: {schedule: interleaved}}}"],
            "phase 6 is no longer shared by the arms here and 'wake task1, 20 cycles' there",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    task1: Path, tmp_path: Path, place: str, overrides: list[str], told: str
) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        lived(tmp_path, f"from={task1 / place}", *overrides)
    assert str(caught.value).startswith(f"from='{task1 / place}': ")
    assert len(str(caught.value).splitlines()) == 1
    assert {path.name for path in tmp_path.iterdir()} == {".hydra", ".lock"}


def test_a_damaged_boundary(whole: Path, task1: Path, tmp_path: Path) -> None:
    """Named, it is refused; in a directory, the one before it serves."""
    source = tmp_path / "source"
    shutil.copytree(task1, source)
    last = source / "checkpoints" / "boundary-02.ckpt"
    last.write_bytes(last.read_bytes()[:-100])
    with pytest.raises(ConfigError, match=r"boundary-02.ckpt is damaged"):
        lived(tmp_path / "refused", f"from={last}")
    run = lived(tmp_path / "run", f"from={source}")
    assert results(run)["branched_from"]["boundary"] == "unsupervised"
    assert_same_life(run, whole)


def test_a_record_that_is_too_short_and_a_source_without_its_config(
    task1: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    shutil.copytree(task1, source)
    shutil.rmtree(source / ".hydra")
    last = source / "checkpoints" / "boundary-02.ckpt"
    with pytest.raises(
        ConfigError, match="was made with another network, other tasks or another protocol"
    ):
        lived(tmp_path / "run", f"from={last}", "tasks.train=0.3")
    (source / "events.jsonl").write_bytes((source / "events.jsonl").read_bytes()[:-9000])
    with pytest.raises(ConfigError, match=r"events.jsonl is not what it was at boundary-02.ckpt"):
        lived(tmp_path / "run", f"from={last}")
