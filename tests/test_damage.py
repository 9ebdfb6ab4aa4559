"""Run directories that a kill, a loss of power or a disk left damaged: gone on with, or a line."""

import hashlib
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import command
import numpy as np
import pytest
from classifiers import TINY, tiny
from jax.errors import JaxRuntimeError

import sleeprun
from sleeprun.cli import compare
from sleeprun.cli.codes import FAILED
from sleeprun.config import Shortage
from sleeprun.runs import job
from sleeprun.runs.run import Run
from sleeprun.tasks.images.sequence import _sequences

pytestmark = pytest.mark.slow

QUIET = (
    "tracking.mode=disabled",
    "runtime.progress=false",
    "runtime.figures=false",
    "runtime.report=false",
)
WORDS = tuple(word for word in TINY if not word.startswith("+experiment"))
Damage = Callable[[Path], object]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run that is done, and the same one stopped in the sleep after its second task."""
    place = tmp_path_factory.mktemp("runs")
    config = sleeprun.compose("src_quick", *WORDS, *QUIET, "training.epochs=2")
    sleeprun.run(config, place / "done")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Run, "_refuse_lost", stopping_in_the_second_sleep)
        with pytest.raises(KeyboardInterrupt):
            sleeprun.run(config, place / "begun")
    return {"done": place / "done", "begun": place / "begun"}


def stopping_in_the_second_sleep(run: Run, phase: object, state: object) -> None:
    sleeps = [place for place, each in enumerate(run.protocol) if each.kind == "sleep"]
    run.stopped = run.phase == sleeps[1] and run.done > 10


def cut(name: str, share: float = 0.5) -> Damage:
    def damage(run: Path) -> None:
        for path in run.glob(name):
            path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    return damage


def overwritten(name: str, at: float = 0.4) -> Damage:
    def damage(run: Path) -> None:
        for path in run.glob(name):
            content = bytearray(path.read_bytes())
            content[int(len(content) * at)] ^= 0xFF
            path.write_bytes(content)

    return damage


def said(name: str, content: bytes) -> Damage:
    return lambda run: (run / name).write_bytes(content)


def without(name: str) -> Damage:
    return lambda run: [path.unlink() for path in list(run.glob(name))]


def cut_behind(name: str, word: bytes) -> Damage:
    return lambda run: (run / name).write_bytes((run / name).read_bytes().partition(word)[0])


LAST = "checkpoints/cycle*"  # where it was stopped; boundaries are before it
MENDED: list[tuple[str, Damage]] = [
    ("begun", lambda run: None),
    ("begun", cut(LAST)),
    ("begun", overwritten(LAST, 0.001)),
    ("begun", overwritten(LAST, 0.9)),
    ("begun", said("checkpoints/cycle-9999-0000000001.ckpt", b"")),
    ("begun", without("checkpoints/*")),
    ("begun", cut("events.jsonl", 0.97)),  # shorter than the last checkpoint says
    ("begun", said("checkpoints/.cycle-0001-0000000001.ckpt.123.456", b"half")),
    ("done", cut("results.json")),
    ("done", cut("results.json", 0)),
    ("done", said("results.json", b"[]")),
    ("done", said("results.json", b"\xff\xfe")),
    ("done", without("results.json")),
    ("done", without("DONE")),
]
REFUSED: list[tuple[str, Damage, str]] = [
    ("begun", cut("events.jsonl", 0), "events.jsonl"),
    ("begun", without("events.jsonl"), "events.jsonl is not what it was"),
    ("begun", overwritten("events.jsonl", 0.02), "events.jsonl"),
    ("begun", cut("checkpoints/*"), "is damaged, and no older"),
]
UNREADABLE: list[tuple[Damage, str]] = [
    (without(".hydra/config.yaml"), "config.yaml"),
    (cut(".hydra/config.yaml", 0.3), "config"),
    (said(".hydra/config.yaml", b"\xff"), "config.yaml"),
    (said(".hydra/config.yaml", b"- 1\n"), "config.yaml"),
    (said(".hydra/config.yaml", b""), "config.yaml is damaged: it has no name"),
    (cut_behind(".hydra/config.yaml", b"\nseeds:"), "config.yaml is damaged: it has no runtime"),
]


def copied(run: Path, to: Path, damage: Damage) -> Path:
    shutil.copytree(run, to)
    damage(to)
    return to


def contents(run: Path) -> dict[str, str]:
    files = (path for path in run.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(p.relative_to(run)): hashlib.md5(p.read_bytes()).hexdigest() for p in files}


@pytest.mark.parametrize(("which", "damage"), MENDED)
def test_gone_on_with_to_the_same_end(
    folders: dict[str, Path], which: str, damage: Damage, tmp_path: Path
) -> None:
    run = copied(folders[which], tmp_path / "run", damage)
    found = sleeprun.run(sleeprun.load(run).config, run, resume=True)
    assert found["R"] == sleeprun.load(folders["done"]).results["R"]
    assert sleeprun.load(run).results["metrics"] == found["metrics"]
    assert not list(run.rglob(".*.ckpt.*"))


@pytest.mark.parametrize(("which", "damage", "told"), REFUSED)
def test_refused_in_a_line_and_nothing_is_changed(
    folders: dict[str, Path], which: str, damage: Damage, told: str, tmp_path: Path
) -> None:
    config = sleeprun.load(folders[which]).config
    run = copied(folders[which], tmp_path / "run", damage)
    before = contents(run)
    with pytest.raises(sleeprun.ConfigError, match=told) as raised:
        sleeprun.run(config, run, resume=True)
    assert len(str(raised.value).splitlines()) == 1
    assert contents(run) == before


@pytest.mark.parametrize(("damage", "told"), UNREADABLE)
def test_a_config_that_cannot_be_read_is_a_line(
    folders: dict[str, Path], damage: Damage, told: str, tmp_path: Path
) -> None:
    run = copied(folders["done"], tmp_path / "run", damage)
    with pytest.raises(sleeprun.ConfigError, match=told) as raised:
        sleeprun.load(run).config  # noqa: B018
    assert len(str(raised.value).splitlines()) == 1


def test_a_record_that_does_not_say_where_it_was_run(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    run = copied(folders["done"], tmp_path / "run", said(".hydra/hydra.yaml", b"hydra: {}"))
    with pytest.raises(sleeprun.ConfigError, match=r"hydra.yaml is damaged: it has no hydra\."):
        sleeprun.load(run).weights()


def test_a_file_that_cannot_grow_leaves_a_run_to_go_on_with(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    run = copied(folders["begun"], tmp_path / "run", lambda run: None)
    config, size = sleeprun.load(run).config, (run / "events.jsonl").stat().st_size
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 500, hard))
    try:
        process = command.begin(f"resume={run}", cwd=tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    ended = command.end(process, tmp_path)
    assert ended.code == FAILED
    assert ": File too large; nothing is half written" in ended.err
    assert f"go on with: sleeprun resume={run}" in ended.err
    found = sleeprun.run(config, run, resume=True)
    assert found["R"] == sleeprun.load(folders["done"]).results["R"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError("std::bad_alloc"), "there is not enough memory (std::bad_alloc); free some"),
        (JaxRuntimeError("RESOURCE_EXHAUSTED: 9 GB\nmore"), "memory (RESOURCE_EXHAUSTED: 9 GB)"),
        (JaxRuntimeError("INTERNAL: else"), None),
    ],
)
def test_too_little_memory_is_a_line(
    error: Exception, told: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(job, "_with_arms", fails)
    with pytest.raises(Shortage if told else JaxRuntimeError) as raised:
        job.carry_out(tiny(), tmp_path / "run")
    assert (told or "INTERNAL") in str(raised.value)
    assert ("go on with: sleeprun resume=" in str(raised.value)) is bool(told)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_results_that_cannot_be_read_are_not_compared(
    folders: dict[str, Path], content: bytes, tmp_path: Path
) -> None:
    run = copied(folders["done"], tmp_path / "run", said("results.json", content))
    assert sleeprun.load(run).results["R"] == sleeprun.load(folders["done"]).results["R"]
    with pytest.raises(sleeprun.ConfigError, match=r"results\.json is damaged") as raised:
        compare.compare([run], "accuracy", None)
    assert len(str(raised.value).splitlines()) == 1


def test_another_config_in_the_same_folder_is_refused(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    config = sleeprun.load(folders["done"]).config
    for which, run in folders.items():
        other = copied(run, tmp_path / which, lambda run: None)
        told = r"has another run in it: seeds: \[7, 8\] here and \[0, 1\] there; choose another"
        with pytest.raises(sleeprun.ConfigError, match=told):
            sleeprun.run(config.model_copy(update={"seeds": [7, 8]}), other, resume=True)


def test_other_data_under_a_run_are_refused(tmp_path: Path) -> None:
    def written(seed: int) -> None:
        rng, labels = np.random.default_rng(seed), np.arange(200) % 4
        np.savez(tmp_path / "own.npz", X=rng.random((200, 4, 4)), y=labels)
        _sequences.cache_clear()

    written(0)
    words = (
        "tasks/data=features", f"tasks.data.file={tmp_path / 'own.npz'}", "tasks.count=2",
        "tasks.samples=null", "sleep.drive.patch=3", "seeds=1", *QUIET,
    )  # fmt: skip
    kept = [word for word in WORDS if not word.startswith(("tasks", "sleep.drive.patch", "seeds"))]
    config = sleeprun.compose("src_quick", *kept, *words)
    found = sleeprun.run(config, tmp_path / "run")
    assert sleeprun.run(config, tmp_path / "run", resume=True) == found
    written(1)
    with pytest.raises(sleeprun.ConfigError, match=r"run has another run in it: its data are not"):
        sleeprun.run(config, tmp_path / "run", resume=True)
    bound = config.model_copy(update={"joint": str(tmp_path / "run")})
    with pytest.raises(sleeprun.ConfigError, match="has another network, other data"):
        sleeprun.run(bound, tmp_path / "other")
