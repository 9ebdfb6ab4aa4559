"""More than two foraging tasks in a row: what shares a kind, and how long each schedule sleeps."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import configured

from sleeprun.protocol.phases import Interleave, Protocol
from sleeprun.subjects.forager.phases import Sleep
from sleeprun.subjects.plans import arms_of

SCRIPT = Path(__file__).parent.parent / "scripts" / "more_tasks_table.py"
RECORDS = SCRIPT.parent / "records" / "more_tasks"


def slept(protocol: Protocol) -> int:
    """Cycles asleep."""
    inside = [
        (part, phase.rounds if isinstance(phase, Interleave) else 1)
        for phase in protocol
        for part in (phase.phases if isinstance(phase, Interleave) else (phase,))
    ]
    return sum(part.cycles * rounds for part, rounds in inside if isinstance(part, Sleep))


def test_no_kind_of_food_is_in_two_tasks() -> None:
    config = configured("+experiment=more_tasks/five")
    goals = config.agent_tasks.goals
    assert list(goals) == ["task1", "task2", "task3", "task4", "task5"]
    kinds = [kind for goal in goals.values() for kind in (goal.rewarded, goal.punished)]
    assert len(kinds) == len(set(kinds)) == 10


def test_one_order_of_preference_answers_all_tasks() -> None:
    """So they can be held together: by what pairs of neighbouring squares a food has."""
    liking = {(1, 0): 4, (1, 1): 3, (0, 1): 2, (1, -1): 1}

    def liked(squares: list[tuple[int, int]]) -> int:
        pairs = [(b[0] - a[0], b[1] - a[1]) for a in squares for b in squares]
        return sum(liking.get(pair, 0) for pair in pairs)

    tasks = configured("+experiment=more_tasks/five").agent_tasks
    for goal in tasks.goals.values():
        rewarded, punished = (tasks.food[kind] for kind in (goal.rewarded, goal.punished))
        assert len(rewarded) == len(punished)
        assert liked(rewarded) > liked(punished)


def test_every_schedule_has_the_same_total_of_sleep() -> None:
    protocols = arms_of(configured("+experiment=more_tasks/schedules"))
    asleep = {name: slept(protocol) for name, protocol in protocols.items()}
    assert asleep.pop("sequential") == 0
    assert asleep.pop("after_each_twice") == 2 * 750_000
    assert set(asleep.values()) == {750_000}


@pytest.fixture(scope="module")
def script(scripts: Callable[[str], Any]) -> Any:
    return scripts("more_tasks_table")


def test_the_schedules_share_arms_with_four_tasks_in_a_row(script: Any) -> None:
    four = arms_of(configured("+experiment=more_tasks/four"))
    schedules = arms_of(configured("+experiment=more_tasks/schedules"))
    for arm, other in script.SHARED.items():
        assert four[arm] == schedules[other]
    assert set(script.SHARED) == set(four)


def piece(seed: int, ends: dict[str, list[list[float]]]) -> dict[str, Any]:
    """Of three tasks, where arms end: untrained, and each stage awake and, but for the first,
    after its sleep.
    """
    stages = [("task1", "wake"), ("task2", "wake"), ("task2", "sleep")]
    stages += [("task3", "wake"), ("task3", "sleep")]
    rows = [{"index": 0, "name": "untrained", "phase": "start", "task": None}]
    rows += [
        {"index": k, "name": f"{task}, {phase}", "phase": phase, "task": task}
        for k, (task, phase) in enumerate(stages, 1)
    ]
    arms = {name: {"boundaries": rows, "R": [R], "wall_seconds": 1.0} for name, R in ends.items()}
    return {"seeds": [seed], "tasks": ["task1", "task2", "task3"], "arms": arms}


def test_the_table_has_what_is_forgotten_after_every_stage(script: Any, tmp_path: Path) -> None:
    start, first = [0.5, 0.5, 0.5], [0.9, 0.5, 0.5]
    forgets = [start, first, [0.6, 0.8, 0.5], [0.7, 0.7, 0.5], [0.5, 0.6, 0.9], [0.6, 0.5, 0.8]]
    keeps = [start, first, [0.6, 0.8, 0.5], [0.9, 0.8, 0.5], [0.5, 0.6, 0.9], [0.9, 0.8, 0.8]]
    (tmp_path / "three").mkdir()
    for seed in (0, 1):
        record = piece(seed, {"sequential": forgets, "control": keeps})
        (tmp_path / "three" / f"{seed}.json").write_text(json.dumps(record))
    lines = list(script.table(script.arms_of("three", tmp_path)))
    rows = [line.strip("| ").split(" | ") for line in lines]
    ends, learned, later, first = (cells for cells in rows if cells[0] == "sequential")
    _, _, kept_later, kept_first = (cells for cells in rows if cells[0] == "control")
    same = " +- 0.00"
    # ACC (0.6 + 0.5 + 0.8) / 3; BWT of 0.6 - 0.9 and 0.5 - 0.7, the end of a stage being its sleep.
    assert ends[1:4] == [f"{score}{same}" for score in ("0.60", "0.50", "0.80")]
    assert ends[4:7] == [f"0.63{same}", f"-0.25{same}", f"0.25{same}"]
    assert ends[-1] == "-0.20"
    assert learned[1:] == [f"{score}{same}" for score in ("0.90", "0.70", "0.80")]
    # After task2 slept, task1 is at 0.7 of 0.9; at the end 0.3 of task1 and 0.2 of task2 are gone.
    assert later[1:] == [f"0.20{same}", f"0.25{same}"]
    assert first[1:] == [f"0.70{same}", f"0.60{same}"]
    assert kept_later[1:] == [f"0.00{same}", f"0.00{same}"]
    assert kept_first[1:] == [f"0.90{same}", f"0.90{same}"]


def test_schedules_need_four_tasks_of_the_same_networks(script: Any, tmp_path: Path) -> None:
    rows = [[0.5, 0.5, 0.5]] * 6
    arms = {"four": ("sequential", "sleep", "control"), "schedules": ("after_each",)}
    for name, seed in (("four", 0), ("four", 1), ("schedules", 1), ("schedules", 2)):
        (tmp_path / name).mkdir(exist_ok=True)
        record = piece(seed, dict.fromkeys(arms[name], rows))
        (tmp_path / name / f"{seed}.json").write_text(json.dumps(record))
    with pytest.raises(SystemExit, match=r"four: schedules have arms of its seeds, here \[\[2\]\]"):
        script.arms_of("schedules", tmp_path)
    (tmp_path / "schedules/2.json").unlink()
    found = script.arms_of("schedules", tmp_path)
    assert list(found) == ["sequential", "interleaved", "control", "after_each"]
    assert all([one["seeds"] for one in its] == [[1]] for its in found.values())


@pytest.mark.parametrize("name", [folder.name for folder in RECORDS.glob("*")])
def test_the_page_of_results_has_the_tables_of_the_records(script: Any, name: str) -> None:
    told = "\n".join(script.table(script.arms_of(name, RECORDS)))
    assert told in (SCRIPT.parents[1] / "docs" / "results.md").read_text()
