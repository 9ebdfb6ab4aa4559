"""What a sweep's jobs add up to, and the comparison of arms."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from classifiers import TINY
from command import forked
from matplotlib.figure import Figure
from matplotlib.text import Text
from rich.console import Console
from sweep_folders import done, job, listing

from sleeprun.cli import compare
from sleeprun.measures import statistics
from sleeprun.report import comparison
from sleeprun.report.style import SEEDS, look_of
from sleeprun.sweeps import outcomes, picture, table
from sleeprun.sweeps.beside import beside


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    """Two rewards x two pairs of seeds, and a third reward that failed."""
    folder = tmp_path / "sweep"
    folder.mkdir()
    scores = {"0": [0.1, 0.3, 0.2, 0.4], "0.5": [0.5, 0.6, 0.7, 0.9]}
    listed = []
    for reward, of_seeds in scores.items():
        for first in (0, 2):
            seeds = [first, first + 1]
            overrides = ["+experiment=x", f"sleep.reward={reward}", f"seeds={seeds}"]
            path = tmp_path / f"{reward}-{first}"
            listed.append(job(path, overrides, seeds, of_seeds[first : first + 2]))
    failed = job(tmp_path / "bad", ["+experiment=x", "sleep.reward=1", "seeds=[0,1]"], [], [])
    (failed / "DONE").unlink()
    return listing(folder, [failed, *listed, failed], [4, 0, 1, 2, 3, 4])


def test_jobs_come_in_order_and_once(sweep: Path) -> None:
    names = [path.name for path in outcomes.jobs_of(sweep)]
    assert names == ["0-0", "0-2", "0.5-0", "0.5-2", "bad"]


def test_jobs_that_differ_in_seeds_only_are_a_group(sweep: Path) -> None:
    found = outcomes.read(sweep)
    assert outcomes.swept(found) == ["sleep.reward", "seeds"]
    groups = outcomes.groups(found)
    assert list(groups) == [("0", ""), ("0.5", ""), ("1", "")]
    assert outcomes.values(groups["0", ""], "accuracy") == [0.1, 0.3, 0.2, 0.4]


def test_the_table_marks_the_best_and_names_what_failed(sweep: Path) -> None:
    console = Console(width=200, record=True, quiet=False, file=None)
    with console.capture() as capture:
        console.print(table.table(sweep, outcomes.read(sweep)))
    lines = {line.split("│")[1].strip(): line for line in capture.get().splitlines() if "│" in line}
    assert "0.675 *" in lines["0.5"]
    assert "0.325 *" in lines["0.5"]
    assert "*" not in lines["0"]
    assert "not done" in lines["1"]


@pytest.mark.parametrize("upper", ["joint", "all at once"])
def test_the_upper_bound_is_not_the_best_whatever_its_name(tmp_path: Path, upper: str) -> None:
    path = job(tmp_path / "job", ["+experiment=x"], [0, 1], [0.1, 0.2])
    told = json.loads((path / "results.json").read_text())
    told["bounds"], told["chance"] = {"joint": {}}, 0.125
    told["accounts"] = {"naive": {}, "src": {"carried_bytes": 3148}, upper: {}}
    if upper != "joint":  # the first versions told no roles
        told["roles"] = {"naive": "naive", "src": "sleep", upper: "joint"}
    told["arms"] = {
        arm: {measure: statistics.describe(scores) for measure in table.SHOWN}
        for arm, scores in {"naive": [0.1, 0.3], "src": [0.5, 0.7], upper: [0.9, 0.9]}.items()
    }
    (path / "results.json").write_text(json.dumps(told))
    drawn = table.write(tmp_path, outcomes.read(listing(tmp_path, [path], [0])))[0].read_text()
    lines = {line.split("│")[1].strip(): line for line in drawn.splitlines() if "│" in line}
    assert "0.600 *" in lines["src"]
    assert "3.1 kB" in lines["src"]
    assert "*" not in lines[upper]
    assert "chance 0.12" in drawn


@pytest.mark.parametrize(("others", "best"), [("joint", "0.950"), ("naive", "0.900")])
def test_upper_bounds_compete_among_themselves(tmp_path: Path, others: str, best: str) -> None:
    jobs = []
    for number, (role, accuracy) in enumerate((("joint", 0.95), (others, 0.9), (others, 0.8))):
        path = job(tmp_path / str(number), [f"training.rate={number}"], [0, 1], [accuracy] * 2)
        told = json.loads((path / "results.json").read_text()) | {"role": role}
        (path / "results.json").write_text(json.dumps(told))
        jobs.append(path)
    found = outcomes.read(listing(tmp_path / "sweep", jobs, [0, 1, 2]))
    drawn = table.write(tmp_path, found)[0].read_text()
    assert f" {best} *" in drawn
    assert ("0.950 *" in drawn) == (others == "joint")


def test_what_is_at_chance_is_not_the_best_at_forgetting_nothing(tmp_path: Path) -> None:
    scores = {"0": [0.10, 0.14], "1": [0.5, 0.7], "2": [0.4, 0.6]}
    jobs = []
    for reward, accuracy in scores.items():
        path = job(tmp_path / reward, [f"sleep.reward={reward}"], [0, 1], accuracy)
        told = json.loads((path / "results.json").read_text())
        told["chance"] = 0.1
        if reward == "0":
            told["metrics"]["forgetting"] = statistics.describe([0.0, 0.0])
        (path / "results.json").write_text(json.dumps(told))
        jobs.append(path)
    found = outcomes.read(listing(tmp_path / "sweep", jobs, [0, 1, 2]))
    drawn = table.write(tmp_path, found)[0].read_text()
    lines = {line.split("│")[1].strip(): line for line in drawn.splitlines() if "│" in line}
    assert "0.000" in lines["0"]
    assert lines["1"].count("*") == 2  # the best, and least forgetful of those that learned
    assert "*" not in lines["0"] + lines["2"]


def test_the_files_have_a_row_a_seed(sweep: Path) -> None:
    found = outcomes.read(sweep)
    paths = table.write(sweep, found)
    assert "0.675" in paths[0].read_text()
    with paths[1].open() as file:
        rows = list(csv.DictReader(file))
    assert [row["seed"] for row in rows] == ["0", "1", "2", "3"] * 2
    assert [float(row["accuracy"]) for row in rows][:4] == [0.1, 0.3, 0.2, 0.4]
    assert {row["sleep.reward"] for row in rows} == {"0", "0.5"}
    columnar = pyarrow.parquet.read_table(sweep / "sweep.parquet").to_pylist()
    assert [str(row["accuracy"]) for row in columnar] == [row["accuracy"] for row in rows]


@pytest.mark.parametrize("key", ["", "sleep.drive.kick=0", "learner=naive"])
def test_the_picture_of_one_key_and_of_two(key: str, tmp_path: Path) -> None:
    paths = []
    for number, reward in enumerate(("0.5", "0", "1")):
        for again, second in enumerate(dict.fromkeys([key, key and f"{key}1"])):
            path = tmp_path / f"{number}{again}"
            overrides = [f"sleep.reward={reward}", *filter(None, [second])]
            paths.append(job(path, overrides, [0, 1], [0.1 * number, 0.2]))
    found = outcomes.read(listing(tmp_path, paths, list(range(len(paths)))))
    (drawn,) = picture.draw(found, tmp_path)
    assert drawn.read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize("values", [("0", "1", "2", "4"), [f"{k / 100}" for k in range(1, 13)]])
def test_every_seed_is_a_dot_around_their_mean(values: list[str], tmp_path: Path) -> None:
    """Few values lie side by side, many where they are."""
    jobs, scores = [], np.random.default_rng(0).uniform(size=(len(values), 3))
    for value, accuracy in zip(values, scores, strict=True):
        jobs.append(job(tmp_path / value, [f"sleep.reward={value}"], [0, 1, 2], accuracy.tolist()))
    found = outcomes.read(listing(tmp_path / "sweep", jobs, list(range(len(jobs)))))
    figure = picture.picture(found, ["sleep.reward"])
    accuracy, forgetting = figure.axes
    for axes, shown in ((accuracy, scores), (forgetting, 1 - scores)):
        dots = [line.get_ydata() for line in axes.lines if line.get_gid() == SEEDS]
        np.testing.assert_allclose(dots, shown)
        line = next(line for line in axes.lines if len(line.get_xdata()) == len(values))
        np.testing.assert_allclose(line.get_ydata(), shown.mean(axis=1))
        assert axes.get_xlabel() == "sleep.reward"
    (title,) = [text for text in figure.findobj(Text) if "made up" in text.get_text()]
    assert title.get_text().startswith("made up, sweep of sleep.reward: mean ± sd, n = 3;")
    few = [label.get_text() for label in accuracy.get_xticklabels()]
    assert few == list(values) if len(values) < 9 else accuracy.get_xscale() == "log"


@pytest.mark.parametrize(("across", "told"), [(2, "mean ± sd, n = 2"), (8, "mean, n = 2")])
def test_a_map_says_sd_where_its_cells_do(across: int, told: str, tmp_path: Path) -> None:
    values = [f"{reward} {kick}" for reward in range(2) for kick in range(across)]
    paths = [tmp_path / value for value in values]
    for path, value in zip(paths, values, strict=True):
        reward, kick = value.split()
        job(path, [f"sleep.reward={reward}", f"sleep.drive.kick={kick}"], [0, 1], [0.1, 0.2])
    found = outcomes.read(listing(tmp_path / "sweep", paths, list(range(len(paths)))))
    figure = picture.picture(found, ["sleep.reward", "sleep.drive.kick"])
    assert figure._suptitle.get_text().replace("\n", " ").endswith(f" sleep.drive.kick: {told}")
    cells = {text.get_text() for text in figure.axes[0].texts}
    assert cells == {"0.15 ± 0.07" if "sd" in told else "0.15"}


def with_arms(path: Path, arms: dict[str, dict[str, list[float | None]]]) -> None:
    """A job's results are those of its arms, by measure."""
    told = json.loads((path / "results.json").read_text())
    told["accounts"] = {arm: {} for arm in arms}
    told["arms"] = {
        arm: {measure: statistics.describe(scores) for measure, scores in metrics.items()}
        for arm, metrics in arms.items()
    }
    (path / "results.json").write_text(json.dumps(told))


def test_what_failed_has_no_arm_and_what_is_unknown_no_panel(tmp_path: Path) -> None:
    """The first of three jobs failed; a seed has no score, and none has forgotten a task."""
    jobs = [job(tmp_path / value, [f"sleep.reward={value}"], [0, 1], []) for value in "012"]
    (jobs[0] / "DONE").unlink()
    scores = {"accuracy": [0.5, None], "forgetting": [None, None]}
    for path in jobs[1:]:
        with_arms(path, {"naive": scores, "src": scores})
    found = outcomes.read(listing(tmp_path / "sweep", jobs, [0, 1, 2]))
    (drawn,) = picture.draw(found, tmp_path)
    assert drawn.exists()
    figure = picture.picture([one for one in found if one.done], ["sleep.reward", "arm"], "one")
    (axes,) = figure.axes
    assert axes.get_title("left") == "Accuracy"
    assert figure._suptitle.get_text().replace("\n", " ") == (
        "made up, sweep of sleep.reward and arm: mean ± sd, n = 1; each dot is a seed"
    )
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["naive", "src"]


def test_jobs_without_results_are_counted_below_the_picture(
    sweep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr(picture, "save", lambda figure, path: drawn.append(figure) or path)
    picture.draw(outcomes.read(sweep), sweep)
    assert "1 of 5 jobs have no results" in [text.get_text() for text in drawn[0].texts]


def test_no_picture_of_jobs_without_any_score(tmp_path: Path) -> None:
    jobs = [job(tmp_path / value, [f"sleep.reward={value}"], [], []) for value in "01"]
    assert picture.draw(outcomes.read(listing(tmp_path, jobs, [0, 1])), tmp_path) == []


def test_an_arm_has_one_colour_along_a_swept_key(tmp_path: Path) -> None:
    jobs = []
    for number, reward in enumerate(("0", "1")):
        path = job(tmp_path / reward, [f"sleep.reward={reward}"], [0, 1], [0.1, 0.2])
        told = json.loads((path / "results.json").read_text())
        told |= {"bounds": {}, "chance": 0.25, "accounts": {"naive": {}, "src": {}}}
        told["arms"] = {
            arm: {name: statistics.describe(scores) for name in table.SHOWN}
            for arm, scores in {"naive": [0.1, 0.3], "src": [0.5, 0.7 + 0.1 * number]}.items()
        }
        (path / "results.json").write_text(json.dumps(told))
        jobs.append(path)
    found = outcomes.read(listing(tmp_path / "sweep", jobs, [0, 1]))
    accuracy, _ = picture.picture(found, ["sleep.reward", "arm"]).axes
    dots = {}
    for line in accuracy.lines:
        if line.get_gid() == SEEDS:
            dots.setdefault(line.get_color(), []).append(line.get_ydata().tolist())
    naive, src = (look_of(index)["color"] for index in (0, 1))
    assert dots == {naive: [[0.1, 0.3]] * 2, src: [[0.5, 0.7], [0.5, 0.7 + 0.1]]}
    (chance,) = [line for line in accuracy.lines if line.get_label() == "chance"]
    assert (chance.get_ls(), set(chance.get_ydata())) == ("--", {0.25})


def test_numbers_are_ordered_by_size() -> None:
    assert picture.ordered(["10", "2", "2", "0"]) == ["0", "2", "10"]
    assert picture.ordered(["naive", "ewc"]) == ["naive", "ewc"]


def test_a_drawn_number_is_told_with_few_digits() -> None:
    told = {"262.59194459393575": "262.6", "0.00037114301": "0.0003711", "12345678": "12345678"}
    told |= {"0.25": "0.25", "data/of.last.week": "data/of.last.week"}
    assert {value: table._short(value) for value in told} == told


def test_holm_by_hand() -> None:
    """0.01 x 3, 0.04 x 1 raised to what comes before it, 0.03 x 2."""
    given: dict[str, Any] = {"a": 0.01, "b": 0.04, "c": 0.03, "d": None}
    assert comparison.holm(given) == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": None})


def test_arms_are_paired_over_the_seeds_they_share() -> None:
    ours, theirs = {0: 0.5, 1: 0.7, 2: 0.9}, {1: 0.6, 2: 0.7, 3: 0.0}
    found = comparison.paired(ours, theirs)
    np.testing.assert_allclose(found.described["per_seed"], [0.1, 0.2])
    assert found.p == 0.5  # of the four ways to sign two gaps, two are as far from zero


def test_the_comparison_of_a_sweep(sweep: Path) -> None:
    groups = beside([sweep])
    assert list(groups) == ["sleep.reward=0", "sleep.reward=0.5"]
    results = {name: group.whole.results for name, group in groups.items()}
    arms = {name: comparison.arm_of(each, "accuracy") for name, each in results.items()}
    head, first, second = comparison.table(arms, "accuracy")
    assert len(head) == len(first) == len(second)
    assert second[2:] == ("0.675 +- 0.171", "+0.425", "4", "0.125")
    assert r"\pm" in compare.latex([head, first, second])
    assert r"sleep.x=\{a: \$1\} \& b\_c" in compare.latex([("sleep.x={a: $1} & b_c",)] * 2)


def test_the_command_writes_its_tables(
    sweep: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "new"
    monkeypatch.setattr("sys.argv", ["sleeprun-compare", str(sweep), "--out", str(out)])
    compare.main()
    assert "| sleep.reward=0.5 |" in (out / "compare.md").read_text()
    assert "tabular" in (out / "compare.tex").read_text()


def recorded(
    folder: Path,
    name: str,
    data: str,
    scores: dict[str, list[float | None]],
    steps: int = 100,
    carried: int | None = 0,
) -> Path:
    """A run that is done, of seeds 0, 1, ..., which says no more than is compared."""
    metrics = {key: {"per_seed": values} for key, values in scores.items()}
    seeds = list(range(len(scores["accuracy"])))
    told = {"experiment": name, "seeds": seeds, "metrics": metrics, "data": data}
    told |= {"training_steps": steps, "carried_bytes": carried}
    (folder / name).mkdir()
    return done(folder / name, told)


def test_what_makes_a_comparison_doubtful_is_said(tmp_path: Path, capsys: Any) -> None:
    known = {"accuracy": [0.5, 0.6], "final/a": [0.5, 0.6]}
    first = recorded(tmp_path, "first", "digits, 1", known)
    same = recorded(tmp_path, "same", "digits, 1", known, steps=110)
    short = recorded(tmp_path, "short", "digits, 1", known, steps=40, carried=None)
    replayed = recorded(tmp_path, "replayed", "digits, 1", known, carried=31440)
    more = recorded(tmp_path, "more", "mnist, 2", {"accuracy": [0.5, None], "final/a": [0.5, None]})
    agent = recorded(tmp_path, "agent", "foraging", {"accuracy": [None], "final/north": [None]})
    compare.compare([first, same], "accuracy", None)
    few = "2 seeds: fewer than 5 have no interval, and find nothing"
    table_of_two, *notes = capsys.readouterr().out.strip().split("\n\n")
    assert table_of_two.endswith("| 1 |")
    least = "2 shared seeds: no p can be below 0.5, whatever the difference"
    assert notes == [comparison.HOW, few, least]
    compare.compare([first, same, more, agent, short, replayed], "accuracy", tmp_path / "out")
    out = capsys.readouterr().out
    doubts = out.split("|\n")[-1].split(str(tmp_path))[0].split("\n")
    assert [line for line in doubts if line] == [
        comparison.HOW,
        few.replace("2 seeds", "1 seed"),
        least.replace("2 shared seeds", "1 shared seed").replace("0.5", "1"),
        "more: no score of the seeds [1]",
        "agent: no score of the seeds [0]",
        "more: another network, other data or other settings of the tasks (mnist, 2) than first "
        "(digits, 1)",
        "agent: other tasks (north) than first (a)",
        "agent: no seed has a score in both it and first, so nothing is paired",
        "short: trained 2.5 times shorter than first",
        "replayed: carries 31.4 kB from task to task, first 0 bytes",
    ]
    assert doubts[-3] in (tmp_path / "out" / "compare.md").read_text()


def test_nothing_is_written_where_none_asks(
    sweep: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    compare.compare([sweep], "accuracy", None)
    assert not [*tmp_path.glob("compare.*")]


WRONG = {
    "cut/results.json": '{"metrics": ',
    "bare/results.json": '{"experiment": "x", "seeds": [0]}',
    **{f"{name}/{file}": "" for name in ("cut", "bare") for file in ("events.jsonl", "DONE")},
    "torn/jobs.jsonl": '{"number": 0, "path": "a", "overrides": []}\n{"number": 1, "pa',
    "nothing/jobs.jsonl": '{"number": 0}\n',
    "file": "",
}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["nowhere"], "nowhere: no run directory (it has no events.jsonl)"),
        (["sweep", "--measure", "luck"], "sleep.reward=0: has no 'luck'; has accuracy, forgetting"),
        (["."], ".: no run; it has the sweeps nothing, sweep, torn"),
        (["cut"], "results.json is damaged: Expecting value"),
        (["bare"], "results.json is damaged: it has no 'metrics'"),
        (["sweep", "cut/../sweep"], "sweep: is given twice"),
        (["torn"], "jobs.jsonl is damaged: Unterminated string"),
        (["nothing"], "jobs.jsonl is damaged: it has no 'path'"),
        (["sweep", "--out", "file/below"], "file/below: Not a directory"),
    ],
)
def test_a_mistake_is_a_line_and_exit_code_2(
    given: list[str], told: str, sweep: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    for name, content in WRONG.items():
        (sweep.parent / name).parent.mkdir(exist_ok=True)
        (sweep.parent / name).write_text(content)
    monkeypatch.chdir(sweep.parent)
    monkeypatch.setattr("sys.argv", ["sleeprun-compare", *given])
    with pytest.raises(SystemExit) as ended:
        compare.main()
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line


QUICK = ("training.epochs=1", "sleep.schedule=never", "~probes", "runtime.progress=false")
QUIET = ("tracking.mode=disabled", "runtime.figures=false", "runtime.report=false")


def test_results_of_another_job_in_its_folder_are_not_a_job_s(tmp_path: Path) -> None:
    """All have the same folder: the others are refused, and the table tells of the first alone."""
    swept = ("runtime.simulate=by_step,by_layer", "seeds=[0],[1]")
    words = (*TINY[:-1], *QUICK, *QUIET, "hydra.sweep.subdir=x", *swept)
    ended = forked("-m", *words, cwd=tmp_path)
    assert ended.code == 1
    assert "has another run in it: seeds: [1] here and [0] there" in ended.err
    assert "runtime.simulate: 'by_layer' here and 'by_step' there; choose another" in ended.out
    (listed,) = tmp_path.rglob("jobs.jsonl")
    ((path, job),) = outcomes.jobs_of(listed.parent).items()
    assert (path.name, job.own) == ("x", True)
    assert {"runtime.simulate=by_step", "seeds=[0]"} < {*job.overrides}
    listed.write_text(listed.read_text().splitlines()[-1] + "\n")  # the others of another call
    (alone,) = outcomes.read(listed.parent)
    assert (alone.overrides["seeds"], alone.done, alone.metrics) == ("[1]", False, {})


def test_a_sweep_whose_data_were_exchanged_has_no_results(tmp_path: Path) -> None:
    """Those of the first call it has, though it stayed below what is required."""
    data = ("tasks/data=features", "tasks.data.file=own.npz", "tasks.samples=null")
    words = (*TINY[:-1], *QUICK, *QUIET, *data, "seeds=[0]", "+runtime.require.accuracy=1")
    ends = []
    for seed in (0, 1):
        images = np.random.default_rng(seed).random((200, 4, 4))
        np.savez(tmp_path / "own.npz", X=images, y=np.arange(200) % 10)
        ends.append(forked("-m", *words, cwd=tmp_path).err)
    assert "runtime.require.accuracy=1.0: the run reached only" in ends[0]
    assert "its data are not those that tasks.data loads now" in ends[1]
    calls = sorted(path.parent for path in tmp_path.rglob("jobs.jsonl"))
    assert [one.done for call in calls for one in outcomes.read(call)] == [True, False]
    assert [(call / "sweep.csv").exists() for call in calls] == [True, False]
