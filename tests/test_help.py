"""Errors that come before a job are put plainly; the program's own are no user's mistake."""

import re
import sys
from pathlib import Path

import pytest
from command import forked, sleeprun

from sleeprun import ConfigError, compose
from sleeprun.__main__ import main
from sleeprun.cli.choices import config_dirs
from sleeprun.cli.folder import conf_dir
from sleeprun.cli.foreign import explain_group
from sleeprun.cli.help import print_help
from sleeprun.cli.reference import keys, page, section


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("tasks.freeze.x=1", "tasks.freeze.x: tasks.freeze is a list here"),
        ("network=3", "network=3: must be the name of a file"),
        ("tracking=[1]", "tracking=[1]: Hydra cannot take it (TypeError: "),
        ("hydra=3", "hydra=3: Hydra cannot take it (ValueError: Config group override must be a"),
    ],
)
def test_hydra_s_plain_errors(override: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compose("smoke", override)
    assert str(caught.value).startswith(told)


def test_an_argument_that_hydra_fails_on(tmp_path: Path) -> None:
    ended = forked("+experiment=smoke", "arms=[[]]", "seeds=2", cwd=tmp_path)
    told = "sleeprun: arms=[[]]: Hydra cannot take it (TypeError: can only concatenate str"
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(told)
    assert len(ended.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", ["launcher", "sweeper"])
def test_a_part_of_hydra_that_is_no_mapping(part: str, tmp_path: Path) -> None:
    ended = forked("-m", "+experiment=smoke", f"hydra.{part}=null", "seeds=1", cwd=tmp_path)
    told = f"sleeprun: hydra.{part}=null: must be a mapping, {{key: value}}\n"
    assert (ended.code, ended.err, [*tmp_path.iterdir()]) == (2, told, [])


def test_a_launcher_that_is_none(tmp_path: Path) -> None:
    word = "hydra.launcher._target_=banana"
    ended = forked("-m", "+experiment=smoke", word, "dry_run=true", cwd=tmp_path)
    assert ended.code == 2
    assert (
        ended.err == f"sleeprun: {word}: Invalid plugin 'banana': not the hydra_plugins package\n"
    )


@pytest.mark.parametrize("logging", ["disabled", "none", "stdout"])
def test_hydra_s_own_ways_to_log(logging: str, tmp_path: Path) -> None:
    given = ("+experiment=smoke", f"hydra/job_logging={logging}", "dry_run=true")
    ended = forked(*given, cwd=tmp_path)
    assert (ended.code, ended.err) == (0, "")


def test_the_program_s_own_errors_are_not_a_mistake() -> None:
    """A job fails at a word that an argument happens to name."""
    with pytest.raises(ValueError, match="int") as caught:
        int("x")
    assert explain_group(caught.value, ["tasks.freeze.x=1"]) is None


def test_windows_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SystemExit, match="runs on Linux and macOS"):
        main()


def test_the_reference_is_in_step() -> None:
    """`make reference` writes it."""
    there = Path(__file__).parents[1] / "docs" / "reference.md"
    assert there.read_text() == page(conf_dir())
    lines = there.read_text().splitlines()
    assert [line for line in lines if line.endswith(("|  |", "`: "))] == []  # without a word


@pytest.mark.parametrize(
    ("topic", "told"),
    [
        ("neuron", ["adaptation_tau", "144.0", "tau_w (ms)", "number > 0, < 1", "rulkov"]),
        ("sleep", ["interleaved", "sleep=CHOICE", "plasticity: true"]),
        ("learner", ["ewc", "strength", "of the pull"]),
        ("config", ["checkpoint_minutes", "seeds: 1"]),
        ("experiment", ["golden2022/sequential_then_sleep"]),
        ("data", ["Fashion-MNIST", "folder", "text or null"]),
        ("runtime", ["checkpoint_minutes", "number > 0", "from which resume= goes on"]),
        ("from", ["a run directory, or a boundary"]),
        ("hydra/launcher", ["slurm", "timeout_min: 720", "keep the port inside"]),
        ("hydra/sweeper", ["max_failure_rate: 0"]),
        ("weights", ["coins_per_synapse"]),
    ],
)
def test_help_on_a_topic_tells_its_choices_and_keys(
    topic: str, told: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert print_help(conf_dir(), ["--help", topic]) == 0
    shown = capsys.readouterr().out
    assert [word for word in told if word not in shown] == []


def test_help_on_what_is_no_topic(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_help(conf_dir(), ["--help", "nuron"]) == 2
    assert "--help nuron: no such topic; did you mean 'neuron'?" in capsys.readouterr().err


def test_every_key_of_all_experiments_is_a_topic_with_a_meaning() -> None:
    found = ["\n".join(section(conf_dir(), topic)) for topic in keys()]
    assert [
        topic for topic, told in zip(keys(), found, strict=True) if f"## {topic}: " not in told
    ] == []
    assert [told for told in found if re.search(r"\|  \|$", told, re.M)] == []


@pytest.mark.parametrize(
    "given", [["--config-dir", "here"], ["-cd=here"], ["+experiment=smoke"], ["~probes"]]
)
def test_other_words_beside_help_are_no_topic(
    given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert print_help(conf_dir(), ["--help", *given]) == 0
    assert capsys.readouterr().out.startswith("sleeprun: how does sleep")
    assert config_dirs(given) == [Path("here")] * ("here" in given[-1])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "+experiment=golden2022/ta",
            [f"+experiment=golden2022/task{n}" for n in (1, 2)],
        ),
        (
            "+experiment=src2022/m",
            [f"+experiment=src2022/{m}" for m in ("mnist", "mnist_then_fashion")],
        ),
        ("-m +experiment=smoke tasks=per", ["tasks=permuted"]),
        ("--config-dir conf +experiment=mi", ["+experiment=mine/first"]),
        ("tasks=f", [f"tasks=foraging{more}" for more in ("", "_accelerated")]),
        ("tasks=d", [""]),  # data sets are a group in it
        ("+experiment=foraging_quick sleep.sched", ["sleep.schedule="]),  # which Hydra answers
        ("+experiment=none", [""]),
    ],
)
def test_tab_completion(line: str, told: list[str], tmp_path: Path) -> None:
    own = tmp_path / "conf" / "experiment" / "mine" / "first.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("# @package _global_\n# one of my own\n")
    ended = sleeprun("-sc", "query=bash", cwd=tmp_path, COMP_LINE=f"sleeprun {line}")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.strip().split(" ") == told
