"""W&B: what it is told of a run, once and in order, whatever becomes of either."""

import json
import logging
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from classifiers import TINY, tiny
from fake_wandb import Server

import sleeprun
from sleeprun.config import TrackingConfig
from sleeprun.protocol.events import Curve, End, Event, Progress, Scored, Start
from sleeprun.protocol.phases import Boundary
from sleeprun.runs import job
from sleeprun.subjects.classifier.record import Answered, ImageFacts, Trained
from sleeprun.tracking.history import History
from sleeprun.tracking.label import Label
from sleeprun.tracking.wandb_run import WandB

WAKE, SLEEP = "wake", "sleep"
BOUNDARIES = (
    Boundary(0, "untrained", "start"),
    Boundary(1, "a", WAKE, ("a",)),
    Boundary(2, "a, slept", SLEEP, ("a",)),
    Boundary(3, "b", WAKE, ("b",)),
    Boundary(4, "b, slept", SLEEP, ("b",)),
)
SCORES = {  # of both seeds, by boundary
    "a": ([0.5, 0.5], [0.9, 0.8], [0.8, 0.8], [0.4, 0.6], [0.7, 0.7]),
    "b": ([0.5, 0.5], [0.5, 0.5], [0.5, 0.3], [0.9, 0.9], [0.8, 0.8]),
}
# a was best after its sleep; nothing is learned before a
FORGETTING = {"b": [0.4, 0.2], "b, slept": [0.1, 0.1]}
QUICK = (
    "training.epochs=1",
    "tasks.samples=20",
    "sleep.length=10",
    "sleep.longer=0",
    "~probes",
    "tracking.mode=offline",
    "runtime.figures=false",
    "runtime.report=false",
)


def stage(index: int, chunk: int) -> list[Event]:
    """What leads to a boundary, told so many cycles at a time, and the boundary."""
    boundary = BOUNDARIES[index]
    kind = "sleep" if boundary.phase == "sleep" else "wake"
    found: list[Event] = []
    for begin in range(10 * (index - 1), 10 * index, chunk) if index else ():
        end = begin + chunk
        told = Trained(loss=[1.0, 3.0], spikes={})
        found += [
            Curve(phase=0, kind=kind, name="", cycle=end, task="a", score=[0.1, 0.3]),
            Progress(phase=0, kind=kind, name="", begin=begin, end=end, summary=told),
        ]
    marks = Answered(right=[0, 0], wrong=[0, 0])
    scores = [
        Scored(boundary=boundary, task=task, score=list(per_boundary[index]), marks=marks)
        for task, per_boundary in SCORES.items()
    ]
    return [*found, *scores]


def run(chunk: int = 5) -> list[Event]:
    facts = ImageFacts(
        data="", tasks=["a", "b"], chance=0.5, scale=1.0, shortened=False, scenario="", classes=[]
    )
    start = Start(
        resumed=False, time="", name="", variant=None, seeds=[0, 7], facts=facts, device="",
        versions={},
    )  # fmt: skip
    stages = [event for index in range(len(BOUNDARIES)) for event in stage(index, chunk)]
    return [start, *stages, End(wall_seconds=1.0, steps_per_second=1.0)]


def history(events: list[Event]) -> list[tuple[int, dict[str, Any]]]:
    told = History()
    return [row for event in events for row in told.write(event)]


def test_forgetting_is_told_at_every_boundary_with_mean_sd_and_each_seed() -> None:
    rows = {row["boundary_name"]: row for _, row in history(run()) if "boundary" in row}
    assert list(rows) == [boundary.name for boundary in BOUNDARIES]
    assert {name for name, row in rows.items() if "measure/forgetting" in row} == set(FORGETTING)
    for name, (first, second) in FORGETTING.items():
        row = rows[name]
        assert row["measure/forgetting"] == pytest.approx((first + second) / 2)
        assert row["measure/forgetting/sd"] == pytest.approx(abs(first - second) / 2**0.5)
        assert row["measure/forgetting/seed_0"] == pytest.approx(first)
        assert row["measure/forgetting/seed_7"] == pytest.approx(second)
    last = rows["b, slept"]
    assert last["measure/accuracy"] == pytest.approx(0.75)
    assert last["measure/backward_transfer"] == pytest.approx(-0.1)
    assert last["measure/sleep_gain_old"] == pytest.approx(0.2)
    assert rows["a, slept"]["score/b/seed_7"] == 0.3


def test_what_is_awake_asleep_and_after_sleep_are_series_of_their_own() -> None:
    rows = [row for _, row in history(run())]
    series = [{key.split("/")[0] for key in row if "/" in key} for row in rows]
    boundary = {"score", "measure"}
    assert series[0] == {"score", "after_start"}
    awake, asleep = [{"awake"}, {"awake"}], [{"asleep"}, {"asleep"}]
    woke, slept = [boundary | {"after_wake"}], [boundary | {"after_sleep"}]
    assert series[1:] == 2 * [*awake, *woke, *asleep, *slept]
    assert rows[1] == {
        "cycle": 5,
        "awake/loss": 2.0,
        "awake/score/a": 0.2,
        "awake/score/a/sd": pytest.approx(0.1 * 2**0.5),
        "awake/score/a/seed_0": 0.1,
        "awake/score/a/seed_7": 0.3,
    }
    after_sleep = [row["after_sleep/a"] for row in rows if "after_sleep/a" in row]
    assert after_sleep == pytest.approx([0.8, 0.7])


def test_steps_grow_and_do_not_depend_on_how_a_run_is_cut() -> None:
    whole, finer = history(run(chunk=10)), history(run(chunk=2))
    steps = [step for step, _ in finer]
    assert steps == sorted(set(steps))
    at = dict(finer)
    assert all(at[step] == row for step, row in whole if "boundary" in row)
    assert {step for step, _ in whole} < set(steps)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    for key in ("WANDB_MODE", "WANDB_PROJECT"):
        monkeypatch.delenv(key, raising=False)
    return replaced(monkeypatch, Server())


def replaced(monkeypatch: pytest.MonkeyPatch, server: Server) -> Server:
    monkeypatch.setitem(sys.modules, "wandb", server)  # type: ignore[arg-type]
    return server


def opened(folder: Path, mode: str | None = None) -> WandB:
    tracking = TrackingConfig(mode=mode, project=None, entity=None, group=None, tags=[])  # type: ignore[arg-type]
    return WandB(folder, Label("it", "run", None, ()), tracking, {}, History())


def interrupted(wandb: WandB, events: list[Event]) -> None:
    with suppress(KeyboardInterrupt), wandb:
        for event in events:
            wandb.write(event)
        raise KeyboardInterrupt


@pytest.mark.parametrize("mode", ["online", "offline"])
def test_a_run_that_is_interrupted_twice_is_one_without_doubles(
    mode: str, server: Server, tmp_path: Path
) -> None:
    """It goes on from an earlier checkpoint, which takes events back, in smaller chunks."""
    interrupted(opened(tmp_path, mode), run()[:12])
    interrupted(opened(tmp_path, mode), run(chunk=2)[:30])
    with opened(tmp_path, mode) as wandb:
        for event in run():
            wandb.write(event)
        wandb.publish({"R": [{"seed": 0}]}, {"forgetting": 0.1}, [])
    ((own, logged),) = server.logged.items()
    assert {given["id"] for given in server.opened} == {own}
    steps = [step for step, _ in logged]
    assert steps == sorted(set(steps))
    boundaries = [(step, row) for step, row in history(run()) if "boundary" in row]
    assert [(step, row) for step, row in logged if "boundary" in row] == boundaries
    assert logged[-1][1]["R"].data == [[0]]
    assert server.summary == {"forgetting": 0.1}
    assert server.ends == [(130, True), (130, True), (0, False)]
    assert len([*tmp_path.glob("wandb/offline-run-*")]) == (mode == "offline")


def test_every_directory_has_an_id_of_its_own(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WANDB_RUN_ID", "theirs")
    for folder in ("first", "second", "first"):
        with opened(tmp_path / folder):
            pass
    first, second, again = (given["id"] for given in server.opened)
    assert first == again
    assert len({first, second, "theirs"}) == 3


def test_the_environment_is_obeyed_where_the_config_says_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with opened(tmp_path):
        pass
    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.setenv("WANDB_PROJECT", "theirs")
    for mode in (None, "offline"):
        with opened(tmp_path, mode):
            pass
    monkeypatch.setenv("WANDB_MODE", "disabled")
    with opened(tmp_path):
        pass
    told = [(given["mode"], given["project"], given["entity"]) for given in server.opened]
    assert told == [
        ("offline", "sleeprun", None), ("online", "theirs", None), ("offline", "theirs", None),
    ]  # fmt: skip


def test_without_a_network_a_run_is_offline(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is asked for once: each try takes long."""
    server = replaced(monkeypatch, Server(online=False))
    monkeypatch.setattr(WandB, "reaches", True)
    for job_folder in ("first", "second"):
        with opened(tmp_path / job_folder, "online") as wandb:
            for event in run():
                wandb.write(event)
    assert [given["mode"] for given in server.opened] == ["offline", "offline"]
    assert [*server.logged.values()] == [history(run())] * 2
    assert len(server.refused) == 1
    assert ["W&B" in record.message for record in caplog.records] == [True]


@pytest.mark.parametrize("fails", ["import", "folder", "init", "log", "finish"])
def test_no_failure_of_wandb_ends_a_run(
    fails: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    replaced(monkeypatch, Server(fails))
    if fails == "import":
        monkeypatch.setitem(sys.modules, "wandb", None)  # type: ignore[arg-type]
    if fails == "folder":
        (tmp_path / "wandb").write_text("in the way")
    with caplog.at_level(logging.WARNING, logger="sleeprun"):
        results = job.carry_out(tiny(*QUICK), tmp_path)
    assert [record.message[:9] for record in caplog.records if "W&B" in record.message] == [
        "W&B could"
    ]
    assert json.loads((tmp_path / "results.json").read_text())["R"] == results["R"]
    assert (tmp_path / "DONE").exists()


def test_arms_are_grouped_with_what_compares_them(server: Server, tmp_path: Path) -> None:
    arms = ("+arms.awake.sleep.schedule=never", "+arms.asleep={}", "tracking.tags=[mine]")
    results = job.carry_out(tiny(*QUICK, *arms), tmp_path)
    told = [(given["job_type"], given["name"], given["tags"]) for given in server.opened]
    name = results["experiment"]
    assert told == [
        ("arm", f"{name}: awake", ("mine", name, "awake")),
        ("arm", f"{name}: asleep", ("mine", name, "asleep")),
        ("arms", name, ("mine", name)),
    ]
    assert {given["group"] for given in server.opened} == {f"{name}/{tmp_path.name}"}
    ((_, row),) = server.logged[server.opened[-1]["id"]]
    assert row.keys() == {"arms", "seeds", "differences"}
    differences = {line[0]: line[1] for line in row["differences"].data}
    for told_of, measure in results["differences"].items():
        assert differences[told_of] == server.summary[told_of] == measure["mean"]


@pytest.mark.slow
@pytest.mark.parametrize("arms", [(), ("+arms.awake.sleep.schedule=never", "+arms.asleep={}")])
def test_analyses_and_the_report_are_shown_there_too(
    arms: tuple[str, ...], server: Server, tmp_path: Path
) -> None:
    asked = ("analysis=changes", "runtime.keep_boundaries=true", "runtime.report=true")
    keys = [key for key in QUICK if key != "runtime.report=false"]
    sleeprun.run(sleeprun.compose("src_quick", *TINY, *keys, *asked, *arms), tmp_path)
    (*_, (_, row)) = server.logged[server.opened[-1]["id"]]
    assert row["report"] == str(tmp_path / "report.html")
    table = pd.read_csv(tmp_path / "analyses" / "changes.counts.csv")
    assert row["changes.counts"].columns == [*table.columns]
    assert len(row["changes.counts"].data) == len(table) > 0
