"""Long experiments in pieces: which are run, which gone on with, and what they leave."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest


@pytest.fixture
def pieces(scripts: Callable[[str], Any]) -> Any:
    return scripts("pieces")


@pytest.fixture
def asked(pieces: Any, tmp_path: Path) -> Callable[..., Any]:
    """What the command line of a table asks for."""
    parser = pieces.parser_of("", tmp_path / "records", tmp_path / "runs")
    parser.add_argument("experiment")
    return lambda *given: parser.parse_args(given)


@pytest.fixture
def called(pieces: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would be run: its folder, whether it is gone on with, and its config."""
    called: list[Any] = []
    stand_in = SimpleNamespace(
        compose=lambda *given: given,
        run=lambda config, folder, resume: called.append((folder, resume, config)),
        load=lambda folder: folder.name,
    )
    monkeypatch.setattr(pieces, "sleeprun", stand_in)
    return called


def test_pieces_without_a_record_are_run_or_gone_on_with(
    pieces: Any, asked: Callable[..., Any], called: list[Any], tmp_path: Path
) -> None:
    given = asked("own", "--seeds", "0,1", "2", "--with", "runtime.cores=1")
    begun = tmp_path / "runs/own/2/events.jsonl"
    begun.parent.mkdir(parents=True)
    begun.touch()
    for _ in range(2):
        pieces.carry_out(given, "group", lambda run: {"kept": run})
    always = ["tracking=disabled", "runtime.progress=false"]
    keys = [["runtime.cores=1", f"seeds=[{seeds}]", *always] for seeds in ("0,1", "2")]
    runs = tmp_path / "runs/own"
    assert called == [
        (runs / "0_1", False, ("group/own", *keys[0])),
        (runs / "2", True, ("group/own", *keys[1])),
    ]
    assert pieces.read(tmp_path / "records/own") == [
        {"command": ["sleeprun", "+experiment=group/own", *its], "kept": name}
        for its, name in zip(keys, ("0_1", "2"), strict=True)
    ]


def test_an_interrupted_piece_leaves_no_record(
    pieces: Any,
    asked: Callable[..., Any],
    called: list[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pieces.sleeprun, "run", interrupted)
    with pytest.raises(SystemExit) as ended:
        pieces.carry_out(asked("own", "--seeds", "0"), "group", lambda run: {})
    assert ended.value.code == 130
    assert "called again, it goes on from there" in capsys.readouterr().err
    assert not (tmp_path / "records").exists()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["three", "--with", "sleep.length=-1"], "more_tasks/three: sleep.length=-1: "),
        (["thre"], "more_tasks/thre: experiment=more_tasks/thre: no such experiment"),
    ],
)
def test_a_mistake_is_answered_in_a_line(
    pieces: Any, asked: Callable[..., Any], given: list[str], told: str, capsys: Any
) -> None:
    with pytest.raises(SystemExit) as ended:
        pieces.carry_out(asked(*given, "--seeds", "0"), "more_tasks", lambda run: {})
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(told)


def test_without_a_piece_there_is_no_table(pieces: Any, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no piece is done; ask for some with --seeds"):
        pieces.read(tmp_path)
    (tmp_path / "0.json").write_text(json.dumps({"seeds": [0]}))
    assert pieces.read(tmp_path) == [{"seeds": [0]}]
