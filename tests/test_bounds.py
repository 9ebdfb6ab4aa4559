"""The runs that a result is compared with: which are taken, and why others are refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import configured

from sleeprun.config import ConfigError, ExperimentConfig
from sleeprun.runs import bounds

NAMES = ["0-1", "2-3", "4-5", "6-7", "8-9"]


def found(stages: list[str], **changed: Any) -> dict[str, Any]:
    """The results of a run on digits that was trained on these stages."""
    metrics = {name: {"mean": 0.9, "sd": None} for name in ("accuracy", *NAMES)}
    return {
        "experiment": "other", "seeds": [0, 1], "tasks": NAMES, "scale": 1.0,
        "data": configured("+experiment=src_quick", "tasks/data=digits").contents,
        "boundaries": [{"task": stage, "phase": "train"} for stage in (None, *stages)],
        "sleep_steps": 0, "carried_bytes": None, "metrics": metrics | {"forgetting": {}},
    } | changed  # fmt: skip


def asked(tmp_path: Path, name: str, results: dict[str, Any]) -> ExperimentConfig:
    (tmp_path / "results.json").write_text(json.dumps(results))
    return configured(
        "+experiment=src_quick", "tasks/data=digits", "seeds=2", f"{name}='{tmp_path}'"
    )


def test_bounds_are_read_and_told(tmp_path: Path) -> None:
    joint = found(["+".join(NAMES)])
    read = bounds.given(asked(tmp_path, "joint", joint))
    assert read == {"joint": joint}
    told = bounds.summary(read)
    assert told["joint"] == {"run": "other", "accuracy": joint["metrics"]["accuracy"]}
    assert list(bounds.given(asked(tmp_path, "naive", found(NAMES)))) == ["naive"]
    assert bounds.given(configured("+experiment=src_quick")) == {}


def test_a_run_of_sleeprun_0_1_is_a_bound(tmp_path: Path) -> None:
    """As that version recorded what it learned."""
    told = "digits, class-incremental, 7de93b21ef"
    earlier = found(["+".join(NAMES)], data=told)
    assert bounds.given(asked(tmp_path, "joint", earlier)) == {"joint": earlier}
    with pytest.raises(ConfigError, match="has another network"):
        bounds.given(asked(tmp_path, "joint", earlier | {"data": told[:-1]}))


@pytest.mark.parametrize(
    ("name", "results", "told"),
    [
        ("joint", found(["+".join(NAMES)], seeds=[0, 2]), "has other seeds or tasks"),
        ("joint", found(["+".join(NAMES)], data="mnist_5000"), "has another network"),
        ("joint", found(NAMES[:4]), "was not trained on 8-9"),
        ("joint", found(NAMES), "was trained on one task after another"),
        ("joint", found(NAMES, arms={"a": {}, "b": {}}), "has arms; name one of them.*: a, b"),
        (
            "naive",
            found(NAMES, sleep_steps=5),
            "sleeps or has something else in its place, or carries memories",
        ),
        (
            "naive",
            found(NAMES, boundaries=[{"task": one, "phase": "quiet wake"} for one in NAMES]),
            "sleeps or has something else in its place",
        ),
        ("naive", found(NAMES, role="rival"), "sleeps or has something else in its place"),
        (
            "naive",
            found(NAMES, carried_bytes=8),
            "sleeps or has something else in its place, or carries memories",
        ),
    ],
)
def test_what_is_no_bound_is_refused(
    tmp_path: Path, name: str, results: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigError, match=f"^{name}='.*': {told}"):
        bounds.given(asked(tmp_path, name, results))


FORAGING = ("+experiment=foraging_quick", "arms=none", "seeds=2")
TOGETHER = "tasks.stages=[[task1,task2]]"


@pytest.mark.parametrize(
    ("where", "changed", "told"),
    [
        ([], {}, None),
        (["tasks.train=3", TOGETHER], {}, None),  # how long, and in which order, may differ
        (["network.populations.hidden.size=[20,20]"], {}, "has another network"),
        (["tasks.size=60"], {}, "has another network"),
        ([], {"data": None}, "is of an earlier version"),
    ],
)
def test_the_bounds_of_agents_are_of_the_same_network_and_world(
    tmp_path: Path, where: list[str], changed: dict[str, Any], told: str | None
) -> None:
    results = found([""], tasks=["task1", "task2"], data=configured(*FORAGING, *where).contents)
    stages = (None, "task1", "task2")
    results["boundaries"] = [{"task": task, "phase": "wake"} for task in stages]
    (tmp_path / "results.json").write_text(json.dumps(results | changed))
    config = configured(*FORAGING, f"naive='{tmp_path}'")
    if told is None:
        assert list(bounds.given(config)) == ["naive"]
    else:
        with pytest.raises(ConfigError, match=told):
            bounds.given(config)


@pytest.mark.parametrize(
    ("stages", "sleep", "bound"),
    [
        ("[task1,task2]", "never", "naive"),
        ("[[task1,task2]]", "never", "joint"),
        ("[task1,[task1,task2]]", "never", "joint"),
        ("[task1,[task2,task1],task1]", "never", "joint"),
        ("[task1,[task1,task3],task2]", "never", None),
        ("[task1,task2]", "after", None),
    ],
)
def test_which_bound_an_agent_is(stages: str, sleep: str, bound: str | None) -> None:
    config = configured(
        "+experiment=foraging_quick", "arms=none", f"tasks.stages={stages}",
        f"sleep.schedule={sleep}", "sleep.length=100",
        "+tasks.goals.task3={rewarded:horizontal,punished:diagonal_p}",
    )  # fmt: skip
    assert config.bound == bound


def test_arms_that_are_bounds() -> None:
    images = configured("+experiment=src_quick")
    told = {name: images.arm(name).bound for name in images.arms}
    assert {name for name, bound in told.items() if bound} == {"naive", "joint"}
    assert (told["naive"], told["joint"]) == ("naive", "joint")
    agents = configured("+experiment=foraging_quick")
    assert [agents.arm(name).bound for name in agents.arms] == ["naive", None, None]


@pytest.mark.parametrize("experiment", ["src_quick", "foraging_quick"])
def test_what_sleeps_by_a_further_sleep_alone_is_no_bound(experiment: str) -> None:
    awake = ("+experiment=" + experiment, "arms=none", "sleep.schedule=never")
    assert configured(*awake).bound == "naive"
    assert configured(*awake, "sleep.also=[{schedule: after}]").bound is None
