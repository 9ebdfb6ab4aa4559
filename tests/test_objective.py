"""What a search over sleeps makes large, from records made by hand."""

from typing import Any

import pytest
from conftest import composed

import sleeprun
from sleeprun.config import ConfigError
from sleeprun.subjects.parse import parse

TASKS = ["S1", "S2", "S1_reversed"]
BEFORE = (0.4, 0.9, 0.3)
ROWS = [
    {"index": 0, "name": "S1", "phase": "train", "task": "S1"},
    {"index": 1, "name": "S1_reversed", "phase": "train", "task": "S1_reversed"},
    {"index": 2, "name": "S1_reversed, slept", "phase": "sleep", "task": "S1_reversed"},
]


def arm(after: tuple[float, ...], hz: Any = (0.5, 0.5), up_ms: Any = (500.0, 400.0)) -> Any:
    """Of two networks, whose recall of all is 0.1 below and above what is said."""
    scores = [[(0.9, 0.2, 0.1), BEFORE, after]] * 2
    R = [
        [[score + off for score in row] for row in of_seed]
        for of_seed, off in zip(scores, (-0.1, 0.1), strict=True)
    ]
    measures = {"oscillation_hz": {"per_seed": [*hz]}, "up_ms": {"per_seed": [*up_ms]}}
    train = {"kind": "train", "measures": {}}
    observed = [train, {"kind": "sleep", "measures": measures}]
    metrics = {"accuracy": {"mean": 0.25}}
    return {"seeds": [0, 1], "tasks": TASKS, "boundaries": ROWS, "R": R, "observed": observed,
            "metrics": metrics}  # fmt: skip


def worth(*overrides: str, control: Any = None, awake: Any = None, **sleep: Any) -> float:
    config = parse(composed("+experiment=gonzalez2020/search", *overrides))
    still = arm(BEFORE)
    arms = {"naive": still, "sleep": arm(**{"after": (0.8, 0.9, 0.3)} | sleep),
            "control": control or still, "awake": awake or still}  # fmt: skip
    return config.objective(arms)


def test_a_sleep_is_worth_what_it_restores_above_the_better_control() -> None:
    assert worth() == pytest.approx(0.4 + 0.3)  # S1 by 0.4, and the least is S1_reversed
    assert worth(control=arm((0.7, 0.9, 0.3))) == pytest.approx(0.1 + 0.3)
    assert worth(awake=arm((0.9, 0.9, 0.3))) == pytest.approx(-0.1 + 0.3)
    assert worth(after=BEFORE) == pytest.approx(0.3)  # nothing
    assert worth("tasks.objective.weights.restored=2.0") == pytest.approx(0.8 + 0.3)


def test_what_the_others_lose_is_a_cost_and_what_they_gain_is_none() -> None:
    assert worth(after=(0.8, 0.6, 0.3)) == pytest.approx(0.4 + 0.3 - 0.3)
    assert worth(after=(0.8, 1.0, 0.3)) == pytest.approx(0.4 + 0.3)
    assert worth(after=(0.8, 0.9, 0.1)) == pytest.approx(0.4 + 0.1 - 0.2)
    free = "tasks.objective.weights.lost=0.0", "tasks.objective.weights.least=0.0"
    assert worth(*free, after=(0.8, 0.6, 0.1)) == pytest.approx(0.4)


def test_a_slow_oscillation_out_of_its_range_is_a_cost() -> None:
    """In widths of the range, 0.4 Hz and 800 ms here, half of each; without a value one width."""
    assert worth(hz=(0.3, 0.7)) == worth()
    assert worth(hz=(0.1, 0.5)) == pytest.approx(worth() - 0.5 * (0.5 + 0) / 2)
    assert worth(hz=(0.9, 0.9), up_ms=(1800.0, 500.0)) == pytest.approx(
        worth() - 0.5 * (0.5 + (1 + 0) / 2)
    )
    assert worth(hz=(None, 0.5), up_ms=(None, 500.0)) == pytest.approx(worth() - 0.5 * (0.5 + 0.5))
    narrow = "tasks.objective.oscillation_hz=[0.6, 0.7]"
    assert worth(narrow) == pytest.approx(worth() - 0.5 * 1)


def test_without_an_objective_it_is_the_mean_of_all_arms() -> None:
    assert worth("tasks.objective=null") == 0.25


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("arms=none", "tasks.objective.asleep='sleep': no such arm; this experiment has none"),
        (
            "tasks.objective.controls=[awoke]",
            "controls.0='awoke': no such arm; did you mean 'awake'",
        ),
        ("tasks.objective.restored=S3", "tasks.objective.restored='S3': no such sequence"),
        ("tasks.objective.up_ms=[3,2]", r"tasks.objective.up_ms=\[3, 2\]: must be the lower end"),
    ],
)
def test_an_objective_of_what_there_is_not_is_refused(override: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        sleeprun.compose("gonzalez2020/search", override)
