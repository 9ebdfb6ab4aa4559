"""More than two foraging tasks in a row: what shares a kind, and how long each schedule sleeps."""

from conftest import configured

from sleeprun.protocol.phases import Interleave, Protocol
from sleeprun.subjects.forager.phases import Sleep
from sleeprun.subjects.plans import arms_of


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


def test_every_schedule_has_the_same_total_of_sleep() -> None:
    protocols = arms_of(configured("+experiment=more_tasks/schedules"))
    asleep = {name: slept(protocol) for name, protocol in protocols.items()}
    assert asleep.pop("sequential") == 0
    assert set(asleep.values()) == {750_000}
