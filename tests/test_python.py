"""`import sleeprun`: an experiment composed, run and read in Python, as by the command."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import of_kind

import sleeprun
from sleeprun.protocol.events import Begun, Event, Progress, Scored
from sleeprun.protocol.seen import Raster
from sleeprun.reading.rasters import of_phase
from sleeprun.subjects.parse import parse

QUIET = (
    "tracking.mode=disabled",
    "runtime.progress=false",
    "runtime.figures=false",
    "runtime.report=false",
)
SHORT = (
    *QUIET, "seeds=[3,5]", "network.populations.hidden.size=[6,6]",
    "protocol.scale=0.001", "tasks.test=5",
)  # fmt: skip
DIGITS = (
    *QUIET, "seeds=2", "tasks/data=digits", "arms=none", "sleep.drive.patch=4", "sleep.length=40",
    "sleep.longer=0", "training.epochs=1", "runtime.keep_boundaries=true",
)  # fmt: skip


def test_importing_it_is_cheap() -> None:
    code = "import sys, sleeprun; print(*sys.modules)"
    loaded = set(subprocess.check_output([sys.executable, "-c", code], text=True).split())
    assert not {"jax", "numpy", "pandas", "hydra", "pydantic", "sleeprun.config"} & loaded
    assert set(sleeprun.__all__) <= set(dir(sleeprun))
    with pytest.raises(AttributeError, match="has no 'lode'; it has ConfigError, LoadedRun"):
        sleeprun.lode  # noqa: B018


def test_composed_as_on_the_command_line(tmp_path: Path) -> None:
    config = sleeprun.compose("foraging_quick", "seeds=[3,5]", "sleep.length=7")
    assert (config.name, config.seeds, config.sleep.length) == ("foraging_quick", [3, 5], 7)
    (tmp_path / "experiment").mkdir()
    mine = "# @package _global_\ndefaults: [/experiment/foraging_quick, _self_]\nname: mine\n"
    (tmp_path / "experiment" / "mine.yaml").write_text(mine)
    assert sleeprun.compose("mine", config_dir=tmp_path).name == "mine"


@pytest.mark.parametrize(
    ("experiment", "override", "told"),
    [
        ("foraging_quik", "seeds=2", "experiment=foraging_quik: no such experiment; did you mean"),
        ("foraging_quick", "sleep.lenth=3", "sleep.lenth: unknown key; did you mean 'length'?"),
        ("foraging_quick", "seeds=0", "seeds=0"),
        ("src_quick", "runtime.spikes=2", "runtime.spikes=2: is for spiking agents; must be 0"),
    ],
)
def test_a_mistake_in_a_config_is_a_line(experiment: str, override: str, told: str) -> None:
    with pytest.raises(sleeprun.ConfigError) as raised:
        sleeprun.compose(experiment, override)
    assert str(raised.value).startswith(told)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize("experiment", ["foraging_quick", "src_quick", "golden2022/sequential"])
def test_what_is_recorded_of_a_config_is_read_as_the_same(experiment: str) -> None:
    config = sleeprun.compose(experiment)
    assert parse(config.model_dump(mode="json", by_alias=True)) == config


@pytest.fixture(scope="module")
def agents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("agents") / "run"
    results = sleeprun.run(sleeprun.compose("foraging_quick", *SHORT), folder)
    told = json.loads((folder / "results.json").read_text())
    assert told == results  # what is not known is null there, and None here
    return folder


@pytest.fixture(scope="module")
def perceptrons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("perceptrons") / "run"
    sleeprun.run(sleeprun.compose("src_quick", *DIGITS), folder)
    return folder


def test_scores_are_an_array_and_a_tidy_table(agents: Path) -> None:
    run = sleeprun.load(agents).arms["sleep"]
    assert run.R.shape == (2, len(run.results["boundaries"]), 2)
    told = run.scores
    assert list(told) == ["seed", "boundary", "name", "kind", "task", "score"]
    assert len(told) == run.R.size
    row = told[(told.seed == 5) & (told.boundary == 2) & (told.task == "task2")]
    np.testing.assert_array_equal(row.score, run.R[1:, 2, 1])
    assert row.name.item() == run.results["boundaries"][2]["name"]
    assert set(told.kind) == {row["phase"] for row in run.results["boundaries"]}


def test_progress_is_a_tidy_table_and_the_record_is_typed(agents: Path) -> None:
    run = sleeprun.load(agents).arms["sleep"]
    progress, events = run.record(), run.events
    told = of_kind(progress, Progress)
    assert len(events) == 2 * len(told)
    last = events[events.seed == 5].iloc[-1]
    assert last.rewarded == told[-1].summary.rewarded[1]
    assert last["spikes/hidden"] == told[-1].summary.spikes["hidden"][1]
    assert (last.begin, last.end, last.kind) == (told[-1].begin, told[-1].end, told[-1].kind)
    assert len(of_kind(progress, Scored)) == run.R[0].size


def test_weights_by_boundary_are_those_whose_spread_was_told(agents: Path) -> None:
    run = sleeprun.load(agents).arms["sleep"]
    last = run.weights()
    assert {name: each.shape[0] for name, each in last.items()} == dict.fromkeys(last, 2)
    rows = run.results["boundaries"]
    for name, weights in run.weights(rows[-1]["index"]).items():
        np.testing.assert_array_equal(weights, last[name])
    born = run.weights("untrained")  # a boundary that all arms share
    assert born["input_hidden"].shape[2] == 36
    assert not np.array_equal(born["input_hidden"], last["input_hidden"])
    np.testing.assert_array_equal(
        born["input_hidden"], sleeprun.load(agents).weights(0)["input_hidden"]
    )
    with pytest.raises(sleeprun.ConfigError, match=r"no boundary 'task9' is saved; there are: 0"):
        run.weights("task9")
    (damaged,) = run.folder.glob("checkpoints/boundary-03.ckpt")
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:-1])
    with pytest.raises(sleeprun.ConfigError, match=r"boundary-03\.ckpt is damaged"):
        run.weights(3)
    damaged.write_bytes(whole)


def test_spikes_of_a_phase_are_those_of_its_last_cycles(agents: Path) -> None:
    run = sleeprun.load(agents).arms["sleep"]
    events, steps = run.record(), run.config.network.cycle_steps
    *_, begun = (each for each in of_kind(events, Begun) if each.kind == "interleave")
    index, after = begun.index, events[events.index(begun) :]
    cycles = [each for each in of_kind(after, Raster) if each.name == "sleep"]
    told = [
        [step + steps * place, neuron]
        for place, each in enumerate(cycles)
        for step, neuron in each.spikes["hidden"]
    ]
    assert 1 < len(cycles) <= 5
    for phase in (index, "sleep"):
        spikes = run.spikes(phase)
        assert set(spikes) == {"input", "hidden", "output"}
        assert spikes["hidden"].tolist() == told
    with pytest.raises(sleeprun.ConfigError, match="no spikes of phase 'dream'; there are:"):
        run.spikes("dream")
    assert run.spikes("sleep", 3)["hidden"].tolist() == run.spikes("sleep")["hidden"].tolist()
    with pytest.raises(sleeprun.ConfigError, match=r"seed 5; .* \[3\] \(of all with"):
        run.spikes("sleep", 5)


@pytest.mark.parametrize(
    ("phase", "index"),
    [
        ("sleep", 15),  # the last of that name, whose kind a later one has as well
        ("sleep without plasticity", 18),
        ("wake", 12),  # a kind alone
        ("task1", 6),
        (9, 9),
    ],
)
def test_the_last_phase_of_a_name_is_meant_and_then_of_a_kind(phase: int | str, index: int) -> None:
    lived = {6: ("wake", "task1"), 9: ("sleep", "sleep"), 12: ("wake", "task2"),
             15: ("sleep", "sleep"), 18: ("sleep", "sleep without plasticity")}  # fmt: skip
    events: list[Event] = []
    for place, (kind, name) in lived.items():
        events.append(Begun(index=place, kind=kind, name=name, cycle=0))
        events.append(Raster(kind=kind, name=name, spikes={"hidden": [[place, 0]]}))
    (spike,) = of_phase(events, phase)["hidden"]
    assert spike[0] == index
    with pytest.raises(
        sleeprun.ConfigError, match=r"there are: 6 \('task1', wake\), 9 \('sleep', s"
    ):
        of_phase(events, "dream")


def test_spikes_of_several_cycles_and_of_every_seed(tmp_path: Path) -> None:
    awake = (*SHORT, "arms=none", "tasks.stages=[task1]", "runtime.spikes=3")
    sleeprun.run(sleeprun.compose("foraging_quick", *awake), tmp_path)
    run = sleeprun.load(tmp_path)
    steps = run.config.network.cycle_steps
    last = run.events.groupby(["seed", "phase"]).last()  # what was listened to, and that alone
    assert set(last.end - last.begin) == {3}
    for seed in (3, 5):
        spikes = run.spikes("task1", seed)
        step, neuron = spikes["input"].T
        assert set(step // steps) == {0, 1, 2}
        assert (np.diff(step) >= 0).all()
        assert (neuron < 49).all()
        for name, pairs in spikes.items():
            assert len(pairs) == last.loc[seed][f"spikes/{name}"].iloc[-1]
    first = run.spikes("task1")["input"]
    np.testing.assert_array_equal(first, run.spikes("task1", 3)["input"])
    assert not of_kind(run.record(), Raster)
    with pytest.raises(sleeprun.ConfigError, match=r"of seed 4; there are those of \[3, 5\]$"):
        run.spikes("task1", 4)


def test_arms_are_runs_and_a_run_without_arms_has_none(agents: Path, perceptrons: Path) -> None:
    run = sleeprun.load(agents)
    assert list(run.arms) == list(run.config.arms) == list(run.results["arms"])
    assert run.arms["sleep"].config == run.config.arm("sleep")
    assert run.arms["sleep"].results["metrics"] == run.results["arms"]["sleep"]
    assert sleeprun.load(perceptrons).arms == {}
    assert "sleep" in repr(run.arms["sleep"])


def test_perceptrons_are_read_the_same_way(perceptrons: Path) -> None:
    run = sleeprun.load(perceptrons)
    weights = run.weights()
    assert list(weights) == ["hidden 1", "hidden 2", "output"]
    assert weights["output"].shape[::2] == (2, 10)
    assert (run.weights("0-1")["output"] != weights["output"]).any()
    asleep = run.events[run.events.kind == "sleep"]
    assert asleep["spikes/hidden 1"].notna().all()
    assert run.events[run.events.kind == "wake"].loss.notna().all()
    assert run.config == sleeprun.compose("src_quick", *DIGITS)


def test_a_run_that_was_broken_off_is_read_as_far_as_it_came_and_gone_on_with(
    perceptrons: Path, tmp_path: Path
) -> None:
    whole = sleeprun.load(perceptrons)
    config = sleeprun.compose("src_quick", *DIGITS)
    copy_begun(perceptrons, tmp_path / "run", boundary=4)
    begun = sleeprun.load(tmp_path / "run")
    np.testing.assert_array_equal(begun.R, whole.R[:, :5])
    with pytest.raises(sleeprun.ConfigError, match="has a run in it; go on with it"):
        sleeprun.run(config, tmp_path / "run")
    assert sleeprun.run(config, tmp_path / "run", resume=True)["R"] == whole.R.tolist()


def test_perceptrons_record_no_spikes(perceptrons: Path) -> None:
    with pytest.raises(sleeprun.ConfigError, match=r"no spikes of phase 'sleep'; .*: none"):
        sleeprun.load(perceptrons).spikes("sleep")


def test_what_is_not_to_be_run_is_told(agents: Path, tmp_path: Path) -> None:
    run = sleeprun.load(agents)
    with pytest.raises(sleeprun.ConfigError, match=r"run in it; go on with it by resume=True$"):
        sleeprun.run(run.config, agents)
    assert sleeprun.run(run.config, agents, resume=True) == run.results
    (tmp_path / "file").touch()
    with pytest.raises(sleeprun.ConfigError, match=r"file/run.*: Not a directory$"):
        sleeprun.run(run.config, tmp_path / "file" / "run")
    code = "import sleeprun; sleeprun.run({'a': 1}, 'mine')"  # where no types are checked
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.PIPE)
    told = "ConfigError: config={'a': 1}: must be what sleeprun.compose gives"
    assert ended.stderr.decode().splitlines()[-1].endswith(told)


def test_curves_change_nothing_else_and_stand_in_a_table(perceptrons: Path, tmp_path: Path) -> None:
    config = sleeprun.compose("src_quick", *DIGITS, "runtime.curve_every=15")
    sleeprun.run(config, tmp_path / "run")
    run, plain = sleeprun.load(tmp_path / "run"), sleeprun.load(perceptrons)
    assert run.results["R"] == plain.results["R"]
    for name, weights in plain.weights().items():
        np.testing.assert_array_equal(run.weights()[name], weights)
    assert plain.curves.empty
    told = run.curves
    assert list(told) == ["seed", "phase", "kind", "name", "cycle", "task", "score"]
    asleep = told[(told.kind == "sleep") & (told.phase == told.phase.max())]
    last = run.events.begin[run.events.phase == told.phase.max()].min()
    assert sorted(set(asleep.cycle)) == [last + 15, last + 30]
    assert len(asleep) == 2 * 2 * 5


def copy_begun(source: Path, target: Path, boundary: int) -> None:
    """What there was of a run when it had come to a boundary."""
    (target / "checkpoints").mkdir(parents=True)
    kept: Any = None
    for path in sorted(source.glob("checkpoints/boundary-*.ckpt"))[: boundary + 1]:
        (target / "checkpoints" / path.name).write_bytes(path.read_bytes())
        kept = json.loads(path.read_bytes().split(b"\n", 1)[0])
    record = (source / "events.jsonl").read_bytes()[: kept["events_bytes"]]
    (target / "events.jsonl").write_bytes(record)
    (target / ".hydra").mkdir()
    for path in (source / ".hydra").iterdir():
        (target / ".hydra" / path.name).write_bytes(path.read_bytes())


def test_where_there_is_no_run_a_line_says_so(tmp_path: Path) -> None:
    with pytest.raises(sleeprun.ConfigError, match=r"no run directory \(it has no events.jsonl\)$"):
        sleeprun.load(tmp_path)
    (tmp_path / "events.jsonl").write_text("")
    with pytest.raises(sleeprun.ConfigError, match=r"config.yaml cannot be read: No such file"):
        _ = sleeprun.load(tmp_path).config
    (tmp_path / ".hydra").mkdir()
    (tmp_path / ".hydra" / "config.yaml").write_text("tasks: [task1]\n")
    with pytest.raises(sleeprun.ConfigError, match=r"is damaged: it has no name"):
        _ = sleeprun.load(tmp_path).config
    with pytest.raises(sleeprun.ConfigError, match=r"it has not come to a boundary"):
        _ = sleeprun.load(tmp_path).results


def test_relative_data_are_those_of_the_folder_that_it_was_run_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    for folder in (home, elsewhere):
        folder.mkdir()
    drawn = np.random.default_rng(0).random((40, 9))
    np.savez(home / "d.npz", X=drawn, y=np.arange(40) % 4)
    monkeypatch.chdir(home)
    data = ("tasks/data=features", "tasks.data.file=d.npz", "tasks.count=2", "tasks.samples=null")
    short = ("sleep.schedule=never", "~probes", "network.hidden=[4]")
    sleeprun.run(sleeprun.compose("src_quick", *DIGITS, *data, *short), "run")
    here = sleeprun.load("run").weights()
    monkeypatch.chdir(elsewhere)
    there = sleeprun.load(home / "run").weights()
    assert all((there[name] == weights).all() for name, weights in here.items())
    assert Path.cwd() == elsewhere
