"""What is said of what a run found, from results that are made up."""

from typing import Any, cast

import numpy as np
import pytest

from sleeprun.measures import statistics
from sleeprun.protocol.results import Results
from sleeprun.report.findings import NO_CONTROL, ONE_STAGE, course_of, findings

TASKS = ["task1", "task2"]
STAGES = [("untrained", "start", None), ("task1", "wake", "task1"), ("task2", "wake", "task2")]
SPREAD = 0.01 * np.array([-1, 1, 0, 2, -2, 0])


def results(role: str, *scores: float, seeds: int = 6, spread: float = 1.0) -> Results:
    """Of task 1 at each boundary, with a spread over seeds; of task 2 always the same."""
    apart = spread * np.resize(SPREAD, seeds)
    R = np.array([[[one + each * (place > 1), 0.5] for place, one in enumerate(scores)]
                  for each in apart])  # fmt: skip
    rows = [
        {"index": place, "name": name, "phase": phase, "task": task}
        for place, (name, phase, task) in enumerate(STAGES[: len(scores)])
    ]
    finals = {
        f"final/{task}": statistics.describe(R[:, -1, j].tolist()) for j, task in enumerate(TASKS)
    }
    told: dict[str, Any] = {"role": role, "tasks": TASKS, "R": R.tolist(), "boundaries": rows}
    told |= {"metrics": finals, "seeds": list(range(seeds)), "chance": 0.5}
    return cast(Results, told)


AWAKE = results("naive", 0.48, 0.62, 0.53)
ASLEEP = results("sleep", 0.48, 0.62, 0.60, spread=0.5)
CONTROL = results("control", 0.48, 0.62, 0.54, spread=2.0)


def of_arms(**arms: Results) -> list[str]:
    return findings(next(iter(arms.values())), arms)


def test_forgotten_saved_and_not_by_the_control() -> None:
    forgotten, saved, control = of_arms(sequential=AWAKE, sleep=ASLEEP, control=CONTROL)
    told = "0.48 untrained, 0.62 after training (+0.14 [+0.14, +0.14]), 0.53 at the end (-0.09 ["
    assert forgotten.startswith(f"Awake only (sequential), task1 was learned and forgotten: {told}")
    assert forgotten.endswith("paired, n = 6).")
    assert saved.startswith("Sleep (sleep) saved some of it: 0.60 at the end, +0.07 [+0.0")
    assert saved.endswith("] against sequential, paired, n = 6.")
    assert control.startswith("A sleep that changes nothing (control) did less: 0.54 at")
    assert " (+0.01 [+0.00, +0.02] against sequential), sleep +0.06 [" in control


def test_no_effect_is_said_to_be_none() -> None:
    kept = results("naive", 0.48, 0.62, 0.62)
    same = results("sleep", 0.48, 0.62, 0.62, spread=-1.0)
    control = results("control", 0.48, 0.62, 0.62, spread=-2.0)
    told = of_arms(sequential=kept, sleep=same, control=control)
    assert "was learned and not measurably forgotten" in told[0]
    assert told[1].startswith("Sleep (sleep) saved nothing measurable: ")
    assert told[2].startswith("A sleep that changes nothing (control) did about as well: ")
    assert all("which includes 0" in sentence for sentence in told)


def test_what_is_not_learned_is_not_forgotten() -> None:
    (told, *_) = of_arms(sequential=results("naive", 0.48, 0.48, 0.47), sleep=ASLEEP)
    assert "task1 was not learned: 0.48 untrained, 0.48 after training (+0.00 [" in told
    assert "paired, n = 6, which includes 0); " in told
    assert told.endswith("so there was nothing to forget.")
    (told, *_) = of_arms(sequential=results("naive", 0.41, 0.5, 0.47), sleep=ASLEEP)
    assert "task1 was not learned: 0.41 untrained, 0.50 after training, 0.50 by chance (+0." in told


def test_sleep_can_do_harm_and_a_control_more_good() -> None:
    worse = results("sleep", 0.48, 0.62, 0.50, spread=0.5)
    _, saved, control = of_arms(sequential=AWAKE, sleep=worse, control=CONTROL)
    assert saved.startswith("Sleep (sleep) made it worse: 0.50 at the end, -0.03 [")
    assert control.startswith("A sleep that changes nothing (control) did better: 0.54")


@pytest.mark.parametrize("seeds", [1, 4])
def test_few_seeds_find_nothing(seeds: int) -> None:
    arms = {
        "sequential": results("naive", 0.48, 0.62, 0.53, seeds=seeds),
        "sleep": results("sleep", 0.48, 0.62, 0.60, seeds=seeds),
    }
    forgotten, saved, _ = of_arms(**arms)
    few = f"n = {seeds}: no interval from fewer than 5 seeds, so no finding"
    assert "task1 went as follows: 0.48 untrained, 0.62 after training" in forgotten
    assert saved.startswith("With sleep (sleep): ")
    assert f"+0.07 against sequential, {few}" in saved
    assert few in forgotten


RIVAL = results("rival", 0.48, 0.62, 0.57, spread=1.5)


def test_sleep_is_told_beside_being_awake_as_long() -> None:
    quiet = results("quiet", 0.48, 0.62, 0.55, spread=0.5)
    *_, beside = of_arms(sequential=AWAKE, n3=ASLEEP, frozen=CONTROL, awake=quiet)
    assert beside.startswith(
        "Sleep (n3) did better than being awake as long: 0.60 at the end, 0.55 awake, +0.05 ["
    )
    assert beside.endswith("] against awake, paired, n = 6.")
    assert findings(quiet, {})[0].startswith("Without sleep, but awake as long, task1 was learned")


def test_a_rival_is_told_beside_sleep_and_never_as_sleep() -> None:
    """Whichever arm comes first."""
    arms = {"sequential": AWAKE, "decay": RIVAL, "sleep": ASLEEP, "control": CONTROL}
    _, saved, control, rival, beside = of_arms(**arms)
    assert saved.startswith("Sleep (sleep) saved some of it: 0.60 at the end, ")
    assert control.startswith("A sleep that changes nothing (control) did less")
    assert rival.startswith("A rival of sleep (decay) saved some of it: 0.57 at the end, +0.04 [")
    assert rival.endswith("] against sequential, paired, n = 6.")
    told = "Sleep (sleep) did better than that rival: 0.60 at the end, 0.57 with the rival, +0.03 ["
    assert beside.startswith(told)
    assert beside.endswith("] against decay, paired, n = 6.")
    _, unknown, alone = of_arms(sequential=AWAKE, decay=RIVAL)
    assert unknown == "No arm slept, so what sleep would save is not known."
    assert alone == rival
    assert findings(RIVAL, {})[0].startswith("Without sleep, but with a rival of it, task1 was")
    better = results("rival", 0.48, 0.62, 0.62, spread=0.5)
    assert "(sleep) did worse than that rival" in of_arms(**{**arms, "decay": better})[-1]


def test_what_there_is_nothing_to_compare_with() -> None:
    assert of_arms(sequential=AWAKE, sleep=ASLEEP)[-1] == NO_CONTROL
    assert "No arm slept" in of_arms(sequential=AWAKE, other=results("awake", 0.5, 0.6, 0.5))[-1]
    assert of_arms(sleep=ASLEEP)[0].startswith("No arm stayed awake")


def test_a_run_without_arms() -> None:
    told, advice = findings(ASLEEP, {})
    assert told.startswith("With sleep task1 was learned and forgotten: 0.48 untrained")
    assert "arms" in advice
    assert findings(AWAKE, {})[0].startswith("Without sleep task1 was learned and forgotten")
    assert findings(results("naive", 0.48, 0.62), {}) == [ONE_STAGE]


def test_a_course_is_the_mean_of_what_could_be_forgotten() -> None:
    known = cast(Results, {**AWAKE, "R": [[[0.2, 0.1], [0.8, 0.1], [0.6, 0.9]]]})
    course = course_of(known)
    assert course == (["task1"], 0.5, [0.2], [0.8], [0.6], "training")


def scored(*R: list[float | None], role: str = "naive") -> Results:
    """Of task 1 at each boundary, of every seed; of task 2 always the same."""
    ends = [row[-1] for row in R]
    finals = {
        "final/task1": statistics.describe(ends),
        "final/task2": statistics.describe([0.5] * len(R)),
    }
    rows = [[[score, 0.5] for score in row] for row in R]
    return cast(Results, {**AWAKE, "role": role, "R": rows, "metrics": finals})


def test_means_are_of_the_seeds_that_differences_are_of() -> None:
    (told, saved, _) = of_arms(
        sequential=scored([0.2, 0.6, 0.4], [None, 1.0, None], [0.8, None, 0.1]),
        sleep=scored([0.2, 0.6, 0.5], [None, 1.0, 0.9], [0.8, None, 0.3], role="sleep"),
    )
    assert (
        ": 0.20 untrained, 0.60 after training (+0.40), 0.40 at the end (-0.20, n = 1 of 3" in told
    )
    assert saved.startswith(
        "With sleep (sleep): 0.40 at the end, +0.15 against sequential, n = 2 of"
    )


def test_what_no_seed_has_a_score_of_is_not_known() -> None:
    told, *_ = findings(scored([None, 1.0, 0.5], [None, 0.5, 0.5]), {})
    assert (
        told == "Without sleep task1: no seed has a score both before training and ever after it."
    )


def test_what_is_scored_behind_a_sleep_is_said_to_be() -> None:
    slept = [*AWAKE["boundaries"][:2], {"index": 2, "name": "task1, slept", "phase": "sleep",
             "task": "task1"}, {**AWAKE["boundaries"][2], "index": 3}]  # fmt: skip
    told, *_ = findings(cast(Results, {**scored([0.2, 0.8, 0.6, 0.4]), "boundaries": slept}), {})
    assert "0.20 untrained, 0.60 after training and its sleep (+0.40), 0.40 at the end (" in told


def test_training_in_turns_with_sleep_is_said_to_be() -> None:
    before, first, second = AWAKE["boundaries"]
    turns = [before, {**first, "phase": "interleave"}, second]
    run = {**scored([0.2, 0.6, 0.4]), "boundaries": turns}
    for steps, trained in ((100, "training in turns with sleep"), (0, "training")):
        told, *_ = findings(cast(Results, {**run, "sleep_steps": steps}), {})
        assert f"0.60 after {trained} (+0.40)" in told
