"""What an older version wrote is read and compared, and not gone on with."""

import json
from pathlib import Path

import pytest
from omegaconf import OmegaConf

import sleeprun
from sleeprun.cli.compose import typed
from sleeprun.cli.entry import _resumed_config
from sleeprun.config import ConfigError
from sleeprun.directory.version import of_run, refuse_other

START = {
    "event": "start", "resumed": False, "branched_from": None, "time": "2026-01-31 12:00:00",
    "name": "old", "variant": None, "seeds": [0], "tasks": ["task1", "task2"], "chance": 0.5,
    "scale": 1.0, "shortened": True, "aeon": 100, "step_ms": 0.5, "cycle_steps": 600,
    "shape": {"input": [7, 7], "hidden": [28, 28], "output": [8]}, "engine": "native",
    "device": "a core", "versions": {"sleeprun": "0.1.0", "jax": "0.10.2"},
}  # fmt: skip
PLACE = {"index": 0, "name": "untrained", "phase": "start", "task": None}


def score(task: str, value: float) -> dict[str, object]:
    eaten = {"rewarded": [3], "punished": [2]}
    return {"event": "score", "boundary": PLACE, "task": task, "score": [value], **eaten}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    lines = [START, score("task1", 0.6), score("task2", 0.4)]
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / ".hydra").mkdir()
    return tmp_path


def test_an_old_record_is_read(old: Path) -> None:
    assert sleeprun.load(old).R.tolist() == [[[0.6, 0.4]]]
    assert of_run(old) == "0.1.0"


def test_an_old_run_is_not_gone_on_with(old: Path) -> None:
    told = "sleeprun 0.1.0 wrote it; this is .* not gone on with"
    with pytest.raises(ConfigError, match=told):
        _resumed_config(OmegaConf.create({"resume": str(old)}), [])
    with pytest.raises(ConfigError, match=told):
        _ = sleeprun.load(old).config


def test_a_run_whose_rehearsal_was_poured_says_what_is_called_so_now(old: Path) -> None:
    now = START | {"versions": {"sleeprun": sleeprun.__version__}}
    score_lines = (old / "events.jsonl").read_text().splitlines()[1:]
    (old / "events.jsonl").write_text("\n".join([json.dumps(now), *score_lines, ""]))
    config = sleeprun.compose("src_quick", "arms=none", "learner=poured").model_dump(mode="json")
    config["learner"]["kind"] = "rehearsal"
    for name, content in {"config": config, "overrides": []}.items():
        (old / ".hydra" / f"{name}.yaml").write_text(json.dumps(content))
    told = "learner.fraction: 'rehearsal' has no such key; remove .*, or choose poured, which has"
    with pytest.raises(ConfigError, match=told):
        typed(_resumed_config(OmegaConf.create({"resume": str(old), "dry_run": False}), []))
    assert sleeprun.load(old).R.tolist() == [[[0.6, 0.4]]]


def test_a_run_of_this_version_is_gone_on_with(old: Path) -> None:
    now = START | {"versions": {"sleeprun": sleeprun.__version__}}
    (old / "events.jsonl").write_text(json.dumps(now) + "\n")
    refuse_other(old)
