"""Errors that come before a job are put plainly; the program's own are no user's mistake."""

import sys
from pathlib import Path

import pytest
from command import sleeprun
from conftest import composed

from sleeprun.__main__ import main
from sleeprun.cli.mistakes import explain_group


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("tasks.freeze.x=1", "tasks.freeze.x: tasks.freeze is a list here"),
        ("network=3", "network=3: must be the name of a file"),
    ],
)
def test_hydra_s_plain_errors(override: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["sleeprun", override])
    with pytest.raises(Exception) as caught:  # noqa: PT011
        composed(override)
    assert (explain_group(caught.value) or "").startswith(told)


def test_an_argument_that_hydra_fails_on(tmp_path: Path) -> None:
    ended = sleeprun("+experiment=smoke", "arms=[[]]", "seeds=2", cwd=tmp_path)
    told = "sleeprun: arms=[[]]: Hydra cannot take it (TypeError: can only concatenate str"
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(told)
    assert len(ended.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("logging", ["disabled", "none", "stdout"])
def test_hydra_s_own_ways_to_log(logging: str, tmp_path: Path) -> None:
    given = ("+experiment=smoke", f"hydra/job_logging={logging}", "dry_run=true")
    ended = sleeprun(*given, cwd=tmp_path)
    assert (ended.code, ended.err) == (0, "")


def test_the_program_s_own_errors_are_not_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job fails at a word that an argument happens to name."""
    monkeypatch.setattr(sys, "argv", ["sleeprun", "tasks.freeze.x=1"])
    with pytest.raises(ValueError, match="int") as caught:
        int("x")
    assert explain_group(caught.value) is None


def test_windows_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SystemExit, match="runs on Linux and macOS"):
        main()
