"""Analyses of whole runs: at their end and afterwards, what they leave, and what is refused."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sleeprun
from sleeprun.cli import analyse
from sleeprun.config.analysis import ANALYSES

SHORT = (
    "tracking.mode=disabled", "runtime.progress=false", "runtime.figures=false",
    "runtime.report=false", "seeds=[3,5,8]",
    "network.populations.hidden.size=[12,12]", "tasks.stages=[task1,task2]", "arms=foraging",
    "tasks.unsupervised=1", "tasks.train=2", "tasks.test=0.1", "tasks.alternate=20",
    "sleep.schedule=interleaved", "sleep.stages=later", "sleep.length=20",
    "runtime.weights_every=20", "runtime.spikes=10",
)  # fmt: skip
OF_AGENTS = ["distributions", "fields", "relevant", "changes"]


def refused(*given: str, experiment: str = "foraging_quick") -> list[str]:
    with pytest.raises(sleeprun.ConfigError) as raised:
        sleeprun.compose(experiment, *given)
    return str(raised.value).splitlines()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("analysis=relevnt", "analysis='relevnt': no such analysis; did you mean 'relevant'?"),
        ("analysis=[{kind: relevant, share: 2.0}]", "analysis.0.share=2.0: must be less than or"),
        ("analysis=[{kind: relevant, shear: 0.1}]", "analysis.0.shear: unknown key; did you mean"),
        ("analysis=[fields,separation]",
         "analysis.1='separation': needs runtime.weights_every=N: the weights each N cycles"),
        ("analysis=replay", "analysis.0='replay': needs runtime.spikes=N: the spikes of all seeds"),
        ("analysis=up_states",
         "analysis.0='up_states': is for networks that learn sequences, these are spiking agents"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_before_the_run(given: str, told: str) -> None:
    (line,) = refused(given)
    assert line.startswith(told)


def test_a_name_alone_and_a_list_are_sections() -> None:
    config = sleeprun.compose("foraging_quick", "analysis=relevant")
    (section,) = config.analysis
    assert (section.kind, section.share) == ("relevant", 0.1)
    assert sleeprun.compose("foraging_quick").analysis == []


@pytest.fixture(scope="module")
def agents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("analysed") / "run"
    given = (*SHORT, "analysis=[relevant,{kind: changes, bins: 5}]")
    sleeprun.run(sleeprun.compose("foraging_quick", *given), folder)
    return folder


def index_of(folder: Path) -> dict[str, dict]:
    told = json.loads((folder / "analyses" / "index.json").read_text())["analyses"]
    return {entry["analysis"]: entry for entry in told}


def table(folder: Path, entry: dict, name: str) -> pd.DataFrame:
    (file,) = (each["file"] for each in entry["tables"] if each["name"] == name)
    return pd.read_csv(folder / "analyses" / file)


@pytest.fixture
def called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, list[str], str]]:
    def call(*words: object) -> tuple[int, list[str], str]:
        monkeypatch.setattr(sys, "argv", ["sleeprun-analyse", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            analyse.main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out.splitlines(), told.err

    return call


@pytest.mark.slow
def test_a_run_is_followed_by_those_it_asks_for(agents: Path) -> None:
    told = index_of(agents)
    assert list(told) == ["relevant", "changes"]
    assert told["changes"]["keys"] == {"bins": 5, "times": None}
    assert told["relevant"]["runs"] == ["sequential", "sleep", "control"]
    assert told["relevant"]["seeds"] == [3, 5, 8]
    for entry in told.values():
        assert entry["sentences"]
        for each in entry["tables"]:
            columns = set(table(agents, entry, each["name"]).columns)
            for chart in each["charts"]:
                assert {chart["x"], chart["y"]} <= columns
                apart = chart["facet"] or []
                apart = [apart] if isinstance(apart, str) else apart
                assert {chart["color"], *apart} - {None} <= columns


@pytest.mark.slow
def test_what_is_strongest_is_followed_from_its_task_on(agents: Path) -> None:
    found = table(agents, index_of(agents)["relevant"], "followed")
    first = found[(found["task"] == "task1") & (found["boundary"] == "task1")]
    assert (first["still"] == 1).all()
    assert (first["mean"] > first["others"]).all()
    one = found[(found["run"] == "sleep") & (found["seed"] == 5) & (found["task"] == "task1")]
    assert one["boundary"].tolist() == ["task1", "task2"]
    weights = [
        sleeprun.load(agents).arms["sleep"].weights(name)["hidden_output"][1].ravel()
        for name in ("task1", "task2")
    ]
    chosen = np.argsort(-weights[0], kind="stable")[: round(0.1 * weights[0].size)]
    assert one["mean"].to_numpy() == pytest.approx([each[chosen].mean() for each in weights], 1e-5)


@pytest.mark.slow
def test_a_synapse_is_counted_once(agents: Path) -> None:
    found = table(agents, index_of(agents)["changes"], "counts")
    assert (found.groupby("run")["synapses"].sum() == 3 * 144 * 8).all()


@pytest.mark.slow
def test_the_command_makes_all_that_fit_and_says_why_not_of_others(agents: Path, called) -> None:
    code, lines, _ = called(agents)
    assert code == 0
    left = [line for line in lines if "not made" in line]
    assert len(left) == 3
    assert left[0].startswith("pruning: not made: needs interventions of {after: STAGE, lesion: ")
    assert left[1].startswith("up_states: not made: is for networks that learn sequences")
    assert lines[-1] == str(agents / "analyses")
    assert set(index_of(agents)) == set(ANALYSES.built_in) - {"pruning", "up_states", "directions"}
    seen = table(agents, index_of(agents)["fields"], "fields")
    assert len(seen) == 3 * 2 * 8 * 49  # of each arm 8 of both populations


@pytest.mark.slow
def test_solutions_are_those_of_others_and_own_ones_only_when_asked_for(
    agents: Path, called
) -> None:
    assert called(agents, "--only", "solutions", "--out", agents / "honest")[0] == 0
    code, lines, _ = called(agents, "--only", "solutions", "solutions.own=true")
    assert code == 0
    assert "solutions of itself" in lines[0]
    found = {
        name: table(folder, index_of(folder)["solutions"], "course")
        for name, folder in {"own": agents, "others": agents / "honest"}.items()
    }
    for name, frame in found.items():
        solved = frame[(frame["name"] == "task1") & frame["late"] & (frame["solves"] == "task1")]
        assert bool((solved["distance"] == 0).all()) is (name == "own")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--only", "relevnt"], "--only relevnt: no such analysis; did you mean 'relevant'?"),
        (["relevant.share=3", "--only", "relevant"], "relevant.share=3: must be less than or eq"),
        (["fields.neurons=3", "--only", "relevant"], "fields.neurons=3: must be NAME.KEY=VALUE, o"),
    ],
)
def test_a_mistake_in_the_command_is_a_line(
    words: list[str], told: str, agents: Path, called
) -> None:
    code, lines, error = called(agents, *words)
    assert (code, lines) == (2, [])
    assert error.startswith(f"sleeprun-analyse: {told}")


@pytest.mark.slow
def test_scores_are_followed_while_cells_are_cut(tmp_path: Path) -> None:
    cuts = (
        "{after: task1, lesion: hidden, percent: 25}, {after: task1, lesion: hidden, percent: 50}"
    )
    given = (
        *(key for key in SHORT if not key.startswith(("arms", "tasks.stages", "sleep", "seeds"))),
        "arms=none", "seeds=[3,5,8]", "tasks.stages=[task1]", "sleep=never",
        f"interventions=[{cuts}]", "runtime.keep_boundaries=true", "analysis=pruning",
    )  # fmt: skip
    sleeprun.run(sleeprun.compose("foraging_quick", *given), tmp_path)
    entry, run = index_of(tmp_path)["pruning"], sleeprun.load(tmp_path)
    curve = table(tmp_path, entry, "curve")
    names = ["task1", "task1, hidden lesioned", "task1, hidden lesioned 2"]
    for task, of_one in curve.groupby("task"):
        assert of_one["boundary"].tolist() == names
        assert of_one["cut"].tolist() == [0.0, 0.25, 0.5]
        scores = run.R[:, -3:, run.results["tasks"].index(task)]
        assert of_one["n"].tolist() == np.isfinite(scores).sum(axis=0).tolist()
        assert of_one["score"].to_numpy() == pytest.approx(np.nanmean(scores, axis=0), 1e-5)
    assert len(table(tmp_path, entry, "seeds")) == 3 * 3 * len(run.results["tasks"])
    assert len(entry["sentences"]) == len(run.results["tasks"])


def test_cuts_of_others_or_behind_several_stages_are_none() -> None:
    of_hidden = "{after: %s, lesion: hidden, percent: %d}"
    twice = f"{of_hidden % ('task1', 20)}, {of_hidden % ('task2', 40)}"
    for cuts in ("{after: task1, lesion: input, percent: 20}", twice):
        given = "analysis=pruning", "runtime.keep_boundaries=true", f"interventions=[{cuts}]"
        (line,) = refused(*given)
        assert line.startswith("analysis.0='pruning': needs interventions of {after: STAGE, ")


@pytest.mark.slow
def test_analyses_of_a_run_that_was_not_done_are_made_anew(agents: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(agents, run)
    (run / "DONE").unlink()
    index = run / "analyses" / "index.json"
    index.write_text(index.read_text().replace('"relevant"', '"fields"').replace("r = ", "r = 7"))
    sleeprun.run(sleeprun.load(run).config, run, resume=True)
    assert list(index_of(run)) == ["relevant", "changes"]
    assert not any("r = 7" in each for each in index_of(run)["changes"]["sentences"])


def test_a_folder_without_a_run_is_a_line(tmp_path: Path, called) -> None:
    code, _, error = called(tmp_path)
    assert code == 2
    assert error.startswith(f"sleeprun-analyse: {tmp_path}: no run directory")
