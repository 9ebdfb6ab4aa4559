"""README.md and docs/: the site that is built of them; the commands in them, which run."""

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from command import BIN, forked

import sleeprun

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCED = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```\n", re.M | re.S)
SMALL = (
    "tracking.mode=disabled", "runtime.progress=false", "runtime.figures=false", "seeds=2",
    "network.populations.hidden.size=[12,12]", "tasks.unsupervised=1", "tasks.train=2",
    "tasks.test=0.1", "tasks.alternate=20",
)  # fmt: skip
STAND_INS = {"NAME": "smoke", "TOPIC": "sleep", "...": "+experiment=smoke"}
A_RUN = re.compile(r"=(\$RUN|runs/)")
NO_DATA = "has no train-images-idx3-ubyte"  # what is asked for where all else is right


def blocks(page: Path, language: str) -> str:
    found = FENCED.findall(page.read_text())
    return "".join(text for said, text in found if said == language).replace("\\\n", " ")


def commands() -> Iterator[str]:
    """All that the pages say to `sleeprun`, in blocks and in passing."""
    for page in PAGES:
        passing = re.findall(r"`([^`]*)`", FENCED.sub("", page.read_text()))
        for line in [*blocks(page, "sh").splitlines(), *passing]:
            _, called, rest = " ".join(line.split(" #")[0].split()).rpartition("sleeprun ")
            if called and '"' not in line:
                yield rest


@pytest.mark.parametrize("command", sorted(set(commands())))
def test_what_is_said_to_sleeprun_is_right(command: str, tmp_path: Path) -> None:
    words = [_filled(word) for word in shlex.split(command) if not A_RUN.search(word)]
    if any(word.endswith("search") for word in words):
        words.append("hydra.sweeper.n_trials=1")
    if any(word.startswith("hydra/launcher") for word in words):
        words = [*words[1:], "--cfg", "hydra"]  # of machines that are not here
    (tmp_path / "DIR").mkdir()
    ended = forked(*words, "dry_run=true", cwd=tmp_path)
    told = ended.err.strip()
    told_there = bool(told) and any(told in page.read_text() for page in PAGES)
    assert ended.code == 0 or told_there or NO_DATA in told, ended.out + ended.err


def _filled(word: str) -> str:
    for name, stand_in in STAND_INS.items():
        word = word.replace(name, stand_in)
    return word


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_scripts_and_targets_are_there(page: Path) -> None:
    text, targets = page.read_text(), (ROOT / "Makefile").read_text()
    for script in re.findall(r"python (scripts/\S+\.py)", text):
        assert (ROOT / script).is_file()
    for target in re.findall(r"(?:`|^)make (\w+)", text, re.M):
        assert f"\n{target}: " in targets


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """What the commands of `A first hour` leave, small; and what they say."""
    folder = tmp_path_factory.mktemp("hour")
    there = folder / ".venv" / "bin"
    there.mkdir(parents=True)
    (there / "activate").write_text("PATH=$PWD/.venv/bin:$PATH\n")
    (there / "sleeprun").write_text(f'#!/bin/sh\nexec {BIN}/sleeprun "$@" {" ".join(SMALL)}\n')
    (there / "sleeprun").chmod(0o755)
    for command in ("sleeprun-compare", "sleeprun-report"):
        (there / command).symlink_to(BIN / command)
    shutil.copy(ROOT / "Makefile", folder)
    set_up = 'make() { command make -o .venv/.ready "$@"; }\n'
    page = blocks(ROOT / "docs" / "first_hour.md", "sh")
    called = ["bash", "-euxc", set_up + page]
    told = subprocess.run(called, cwd=folder, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    return folder, told.stdout


@pytest.mark.slow
def test_the_first_hour(hour: tuple[Path, str]) -> None:
    folder, told = hour
    first, second = sorted((folder / "runs" / "foraging_quick").iterdir())
    for run in (first, second):
        assert {"report.html", "results.json"} <= {path.name for path in run.iterdir()}
    assert sleeprun.load(first).config.sleep.length == 100
    assert sleeprun.load(second).config.sleep.length == 50
    assert sleeprun.load(second).results["branched_from"]
    assert f"| sleep ({second.name}) |" in told  # compared
    assert (folder / "runs" / "lengths.html").is_file()
    (sweep,) = (folder / "multirun" / "foraging_quick").glob("*-*")
    assert {"sweep.csv", "report.html"} <= {path.name for path in sweep.iterdir()}


@pytest.mark.slow
def test_the_notebook(hour: tuple[Path, str]) -> None:
    pytest.importorskip("nbconvert", reason="needs sleeprun[docs]")
    pytest.importorskip("ipykernel", reason="needs sleeprun[docs]")
    folder, _ = hour
    (folder / "docs").mkdir()
    notebook = Path(shutil.copy(ROOT / "docs" / "notebook.ipynb", folder / "docs"))
    run = [BIN / "jupyter-nbconvert", "--to", "notebook", "--execute", "--inplace", notebook]
    subprocess.run(run, check=True, capture_output=True)
    outputs = [out for cell in outputs_of(notebook) for out in cell]
    assert "'sleep': (2, 4, 2)" in "".join(outputs[0]["data"]["text/plain"])
    assert [next(iter(out["data"])) for out in outputs[1:]] == ["image/png", "image/png"]


def outputs_of(notebook: Path) -> list[list[dict[str, Any]]]:
    cells = json.loads(notebook.read_text())["cells"]
    return [cell["outputs"] for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.slow
def test_the_python_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What asks for more than is recorded says so."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    small = str([*SMALL, "runtime.report=false"])[1:-1]
    known: dict[str, Any] = {}
    for line in ast.parse(blocks(ROOT / "docs" / "use.md", "python")).body:
        said = ast.unparse(line).replace("'protocol.scale=0.01'", small)
        try:
            exec(said, known)
        except sleeprun.ConfigError:
            assert said.startswith(("run.weights(cycle", "run.activity"))


class Asked(HTMLParser):
    """What a page has the browser fetch, and the text of its equations."""

    def __init__(self, page: str):
        super().__init__()
        self.fetched: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.fetched += [told[key] or "" for key in ("src", "srcset", "data") if key in told]
        self.fetched += [told["href"] or ""] if tag == "link" and "href" in told else []


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("material", reason="needs sleeprun[docs]")
    folder = tmp_path_factory.mktemp("site")
    build = [BIN / "mkdocs", "build", "-q", "-d", folder]
    env = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    told = subprocess.run(build, cwd=ROOT, env=env, capture_output=True, text=True)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")  # no link is dead
    return folder


def test_every_page_is_in_the_site(site: Path) -> None:
    there = {path.stem for path in site.glob("*.html")}
    assert there == {path.stem for path in PAGES[1:]} | {"index", "notebook", "404"}
    index = (site / "index.html").read_text()
    assert all(f'href="{name}.html"' in index for name in there - {"index", "404"})


def test_the_site_asks_for_nothing_from_elsewhere(site: Path) -> None:
    for page in site.glob("*.html"):
        fetched = Asked(page.read_text()).fetched
        assert fetched
        assert not [url for url in fetched if re.match(r"\w+:|//", url)], page.name
    for sheet in site.rglob("*.css"):
        assert not re.findall(r"url\([\"']?(?:https?:)?//", sheet.read_text()), sheet.name


def test_equations_are_mathml(site: Path) -> None:
    """Whatever the converter doesn't know it leaves as it is."""
    page = (site / "models.html").read_text()
    equations = re.findall(r'class="arithmatex">(.*?)</(?:div|span)>', page, re.S)
    assert len(equations) > 20
    assert all(each.startswith("<math") and "\\" not in each for each in equations)
    assert "$" not in re.sub(r"<script.*?</script>", "", page, flags=re.S)
