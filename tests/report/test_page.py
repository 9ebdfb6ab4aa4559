"""The page: what is in it, as the command writes it, and as a browser shows it."""

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from command import BIN

import sleeprun
from sleeprun.cli import report

SHORT = (
    "tracking.mode=disabled", "runtime.progress=false", "runtime.figures=false", "seeds=[3,5]",
    "network.populations.hidden.size=[12,12]", "tasks.stages=[task1,task2]", "arms=foraging",
    "tasks.unsupervised=1", "tasks.train=2", "tasks.test=0.1", "tasks.alternate=20",
    "sleep.schedule=interleaved", "sleep.stages=later", "sleep.length=20",
    "runtime.curve_every=50", "analysis=[distributions,changes]",
)  # fmt: skip
ARMS = ["sequential", "sleep", "control"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reported") / "run"
    sleeprun.run(sleeprun.compose("foraging_quick", *SHORT), folder)
    return folder


def plots_of(page: str) -> list[dict[str, Any]]:
    (told,) = re.findall(r'<script type="application/json" id="plots">(.*?)</script>', page)
    return json.loads(told)


class Outline(HTMLParser):
    """The headings, ids and links of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.levels += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        self.ids += [told["id"] or ""] if "id" in told else []
        self.links += [told["href"] or ""] if "href" in told else []


@pytest.mark.slow
def test_a_run_writes_it_at_its_end(run: Path) -> None:
    page = (run / "report.html").read_text()
    assert len(page) < 10e6
    assert not list((run / "arms").glob("*/report.html"))
    assert not list(run.glob(".report*"))  # no draft is left
    found = sleeprun.load(run)
    assert all(f">{name}</button>" in page for name in found.arms)
    assert "No interval" not in page


@pytest.mark.slow
def test_differences_between_arms_are_told_by_key(run: Path) -> None:
    page = (run / "report.html").read_text()
    (grid,) = re.findall(r'<section id="differences">.*?</section>', page, re.S)
    rows = {row[0]: row[1:] for row in rows_of(grid)}
    assert rows["key"] == ARMS
    assert rows["sleep.plasticity"] == ["true", "true", "false"]
    assert rows["sleep.schedule"] == ["never", "interleaved", "interleaved"]
    assert not {"seeds", "sleep.length", "runtime.figures"} & set(rows)  # what is alike in all


def rows_of(grid: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", grid, re.S)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


@pytest.mark.slow
def test_every_score_of_the_matrix_is_drawn(run: Path) -> None:
    plots = plots_of((run / "report.html").read_text())
    maps = [trace for plot in plots for trace in plot["data"] if trace["type"] == "heatmap"]
    for name, heat in zip(ARMS, maps, strict=False):
        R = sleeprun.load(run).arms[name].results["R"]
        for row, shown in enumerate(heat["z"]):
            for task, value in enumerate(shown):
                known = [seed[row][task] for seed in R if seed[row][task] is not None]
                mean = sum(known) / len(known) if known else None
                assert value == (None if mean is None else pytest.approx(mean, abs=1e-4))


@pytest.mark.slow
def test_plotly_takes_every_panel(run: Path) -> None:
    """It raises where a key or a value is none of its own."""
    from plotly.graph_objects import Figure

    for plot in plots_of((run / "report.html").read_text()):
        Figure(data=plot["data"], layout=plot["layout"])


@pytest.mark.slow
def test_headings_are_in_order_and_links_lead_somewhere(run: Path) -> None:
    outline = Outline((run / "report.html").read_text())
    assert outline.levels[0] == 1
    assert outline.levels.count(1) == 1
    steps = zip(outline.levels, outline.levels[1:], strict=False)
    assert all(later <= before + 1 for before, later in steps)
    assert len(outline.ids) == len(set(outline.ids))
    assert {link.removeprefix("#") for link in outline.links} <= set(outline.ids)


@pytest.mark.slow
def test_the_command_tells_several_runs_beside_each_other(run: Path, tmp_path: Path) -> None:
    folders, out = [run / "arms" / "sequential", run / "arms" / "sleep"], tmp_path / "both.html"
    command = [BIN / "sleeprun-report", *folders, "--out", out]
    told = subprocess.check_output(command, cwd=tmp_path, env=None, text=True)
    assert told == f"{out}\n"
    page = out.read_text()
    assert "foraging_quick:sequential</button>" in page
    assert "foraging_quick:sleep</button>" in page


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["nowhere"], "nowhere: no run directory (it has no events.jsonl)"),
        (["sweeps"], "sweeps: no run; it has the sweeps first"),
        (["sweeps/first"], "sweeps/first: no job of this sweep is done"),
        (["begun"], "begun: is not done; go on with it by "),
        (["begun", "../here/begun"], "../here/begun: is given twice"),
    ],
)
def test_mistakes_are_a_line(
    given: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    here = tmp_path / "here"
    (here / "sweeps" / "first").mkdir(parents=True)
    (here / "sweeps" / "first" / "jobs.jsonl").touch()
    (here / "begun").mkdir()
    (here / "begun" / "events.jsonl").touch()
    monkeypatch.chdir(here)
    monkeypatch.setattr("sys.argv", ["sleeprun-report", *given])
    with pytest.raises(SystemExit) as ended:
        report.main()
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("sleeprun-report: ")
    assert told in line
