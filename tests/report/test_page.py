"""The page: what is in it, as the command writes it, and as a browser shows it."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
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
    traces = [trace for plot in plots for trace in plot["data"] if trace["type"] == "heatmap"]
    maps = [trace for trace in traces if trace["meta"]["map"] == "scores"]
    for name, heat in zip(ARMS, maps, strict=True):
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real one, of the system's; it is not fetched."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser here ({', '.join(BROWSERS)})")
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright here")
    with sync_api.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


class Opened:
    """The page in a window, and all that it said and asked for meanwhile."""

    def __init__(self, browser: Any, file: Path, **window: Any):
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page = browser.new_context(**window).new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.as_uri())

    def ask(self, code: str) -> Any:
        return self.page.evaluate(code)

    def shown(self) -> list[str]:
        """The names of the visible traces of the first figure of scores."""
        told = "document.querySelector('#scores .plot').data"
        return self.ask(f"{told}.filter(each => each.visible).map(each => each.name)")


@pytest.fixture
def opened(browser: Any, run: Path) -> Iterator[Opened]:
    one = Opened(browser, run / "report.html")
    yield one
    one.page.context.close()


@pytest.mark.slow
def test_a_browser_shows_every_figure_and_has_nothing_to_say(opened: Opened, run: Path) -> None:
    plots = plots_of((run / "report.html").read_text())
    drawn = opened.ask("[...document.querySelectorAll('.plot')].map(e => !!e.querySelector('svg'))")
    assert drawn == [True] * len(plots)
    empty = (
        "[...document.querySelectorAll('.plot svg')].filter(e => !e.getBoundingClientRect().width)"
    )
    assert opened.ask(f"{empty}.length") == 0
    assert opened.said == []
    assert opened.asked == [(run / "report.html").as_uri()]


@pytest.mark.slow
def test_a_button_hides_an_arm_everywhere_and_shows_it_again(opened: Opened) -> None:
    assert set(opened.shown()) == set(ARMS)
    button = opened.page.locator(".toolbar button[data-arm=sleep]")
    button.press("Enter")  # by the keyboard
    assert set(opened.shown()) == {"sequential", "control"}
    pressed = "[...document.querySelectorAll('button[data-arm=sleep]')].map(e => e.ariaPressed)"
    assert set(opened.ask(pressed)) == {"false"}
    assert not opened.page.locator("[data-of=sleep]").first.is_visible()
    button.click()
    assert set(opened.shown()) == set(ARMS)
    assert opened.page.locator("[data-of=sleep]").first.is_visible()
    assert opened.said == []


@pytest.mark.slow
def test_single_networks_can_be_hidden(opened: Opened) -> None:
    with_them = len(opened.shown())
    opened.page.locator("[data-seeds]").click()
    without = len(opened.shown())
    assert without < with_them
    opened.page.locator("[data-seeds]").click()
    assert len(opened.shown()) == with_them


@pytest.mark.slow
def test_a_key_of_a_figure_hides_what_it_names_there_alone(opened: Opened) -> None:
    figure = (
        "document.querySelector('#learning .plot').data.filter(e => e.visible).map(e => e.name)"
    )
    before = opened.shown()
    opened.page.locator("#learning [data-key=task1]").first.click()
    assert "task1" not in opened.ask(figure)
    assert "task2" in opened.ask(figure)
    assert opened.shown() == before


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 390, 820])
def test_nothing_is_wider_than_a_small_screen(browser: Any, run: Path, width: int) -> None:
    one = Opened(browser, run / "report.html", viewport={"width": width, "height": 800})
    assert one.ask("document.documentElement.scrollWidth") == width
    plots = "[...document.querySelectorAll('.plot')].map(e => e.getBoundingClientRect().right)"
    assert max(one.ask(plots)) <= width
    one.page.context.close()


@pytest.mark.slow
def test_it_is_dark_where_the_reader_s_screen_is(browser: Any, run: Path) -> None:
    """And changes with it."""
    one = Opened(browser, run / "report.html", color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)"
    ink = "document.querySelector('#scores .plot').layout.font.color"
    dark, pale = one.ask(ground), one.ask(ink)
    one.page.emulate_media(color_scheme="light")
    assert max(dark) < 60 < 200 < min(one.ask(ground))
    assert one.ask(ink) != pale
    assert one.said == []
    one.page.context.close()


@pytest.mark.slow
def test_it_prints_dark_on_white_without_its_buttons(browser: Any, run: Path) -> None:
    one = Opened(browser, run / "report.html", color_scheme="dark")
    one.page.emulate_media(media="print")
    assert one.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert one.ask("document.querySelector('#scores .plot').layout.font.color") == "#000"
    assert not one.page.locator(".toolbar").is_visible()
    one.page.context.close()


@pytest.mark.slow
def test_every_figure_has_a_name_and_a_table_for_who_cannot_see_it(opened: Opened) -> None:
    named = "[...document.querySelectorAll('[role=img]')].filter(e => e.ariaLabel).length"
    assert opened.ask(named) == opened.ask("document.querySelectorAll('.plot').length")
    tables = (
        "[...document.querySelectorAll('figure')].map(e => e.querySelectorAll('details td').length)"
    )
    assert min(opened.ask(tables)) > 0
    opened.page.keyboard.press("Tab")
    assert opened.ask("document.activeElement.className") == "skip"
