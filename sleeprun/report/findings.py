"""What a run found, in sentences: what was learned and forgotten, what sleep saved, and whether a
sleep that changes nothing did so too. From its results alone; an interval that has 0 in it, or too
few seeds for one, is no finding.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from sleeprun.config import Role
from sleeprun.measures.forgetting import learned_stages, stage_ends
from sleeprun.measures.statistics import (
    FEWEST,
    Measure,
    describe,
    mean_alone,
    mean_and_interval,
    paired_difference,
)
from sleeprun.protocol.lines import boundary_of
from sleeprun.protocol.phases import Boundary, Kind
from sleeprun.protocol.results import Results
from sleeprun.report.stages import TOLD, behind

Scores = Sequence[float | None]
PICTURES = ("arms", "performance", "r_matrix")  # the first that there is tells most
ONE_STAGE = "No stage of training followed another: nothing could be forgotten."
RIVAL = "A rival of sleep"
NO_CONTROL = (
    "No arm had a sleep that changes nothing (sleep.plasticity=false), "
    "the control for what else comes with sleep."
)


class Course(NamedTuple):
    """How the tasks went that a later stage could make forgotten: of every seed their mean."""

    tasks: list[str]
    chance: float
    untrained: Scores
    learned: Scores  # after the stage that trains them first, and its sleep
    final: Scores
    trained: str  # what these stages had: training, with a sleep or not


def findings(results: Results, arms: Mapping[str, Results]) -> list[str]:
    """`arms` are the results of each; none of a run without arms."""
    if not arms:
        return _of_one(results)
    roles = (Role.NAIVE, Role.SLEEP, Role.CONTROL, Role.QUIET, Role.RIVAL)
    awake, asleep, control, quiet, rival = (_first(arms, role) for role in roles)
    if awake is None:
        return ["No arm stayed awake and did nothing else, so what sleep saved is not known."]
    course = course_of(arms[awake])
    if course is None:
        return [ONE_STAGE]
    forgotten, told = _forgetting(f"Awake only ({awake}), ", course)
    compared = filter(None, (awake, asleep, control, quiet, rival))
    ends = {name: _final(arms[name], course.tasks) for name in compared}
    rivalled = [_saving(RIVAL, rival, awake, ends, forgotten)] if rival else []
    if asleep is None:
        return [told, "No arm slept, so what sleep would save is not known.", *rivalled]
    if rival:
        rivalled.append(_beside(asleep, rival, "that rival", "with the rival", ends))
    if quiet:
        rivalled.append(_beside(asleep, quiet, "being awake as long", "awake", ends))
    saved = _saving("Sleep", asleep, awake, ends, forgotten)
    still = _against(control, asleep, awake, ends) if control else NO_CONTROL
    return [told, saved, still, *rivalled]


def course_of(results: Results) -> Course | None:
    """None where there was one stage alone."""
    rows, tasks = [boundary_of(row) for row in results["boundaries"]], results["tasks"]
    R = np.array(results["R"], float)[:, [0, *stage_ends(rows)]]
    last = R.shape[1] - 1
    earlier = {j: stage for j, stage in learned_stages(rows, tasks).items() if stage < last}
    if not earlier:
        return None
    which, when = list(earlier), list(earlier.values())
    scores = (R[:, 0, which], R[:, when, which], R[:, -1, which])
    means = _alike(*(each.mean(axis=1).tolist() for each in scores))
    ends = [rows[stage_ends(rows)[stage - 1]] for stage in when]
    return Course([tasks[j] for j in which], results["chance"], *means, _trained(ends, results))


def _trained(ends: Sequence[Boundary], results: Results) -> str:
    """What stages had that end so: training alone, or what else with it."""
    if rest := next((end.phase for end in ends if end.after_rest), None):
        return f"training and {'its sleep' if rest == Kind.SLEEP else TOLD[rest]}"
    followed = (TOLD.get(behind(end, results)) for end in ends)
    if rest := next(filter(None, followed), None):
        return f"training in turns with {rest}"
    return "training"


def _of_one(results: Results) -> list[str]:
    course = course_of(results)
    if course is None:
        return [ONE_STAGE]
    how = {
        Role.SLEEP: "With sleep ",
        Role.CONTROL: "With a sleep that changes nothing ",
        Role.QUIET: "Without sleep, but awake as long, ",
        Role.RIVAL: "Without sleep, but with a rival of it, ",
    }
    _, told = _forgetting(how.get(results.get("role"), "Without sleep "), course)
    return [told, "What sleep saves is told by arms that sleep and arms that do not."]


def _forgetting(where: str, course: Course) -> tuple[bool, str]:
    """Whether something was forgotten for certain, and the sentence."""
    names = _listed(course.tasks)
    rise = paired_difference(course.learned, course.untrained)
    fall = paired_difference(course.final, course.learned)
    if not fall["n"]:
        return False, f"{where}{names}: no seed has a score both before training and ever after it."
    untrained, learned, final = map(_mean, (course.untrained, course.learned, course.final))
    rose = f"{untrained} untrained, {learned} after {course.trained}"
    above = paired_difference(course.learned, [course.chance] * len(course.learned))
    if _sign(rise) in (0, -1) or _sign(above) in (0, -1):
        rose += f", {course.chance:.2f} by chance" * (_sign(rise) == 1)
        told = f"{where}{names} was not learned: {rose} ({_certainty(rise)})"
        return False, f"{told}; so there was nothing to forget."
    verdict = {
        -1: "was learned and forgotten",
        0: "was learned and not measurably forgotten",
        1: "was learned and even improved later",
        None: "went as follows",
    }[_sign(fall)]
    rose += f" ({mean_and_interval(rise)})"
    told = f"{where}{names} {verdict}: {rose}, {final} at the end ({_certainty(fall)})."
    return _sign(fall) == -1, told


def _saving(what: str, arm: str, awake: str, ends: Mapping[str, Scores], forgotten: bool) -> str:
    """What sleep, or a rival, saved: the arm that had it against the one that had nothing."""
    with_it, rest = _alike(ends[arm], ends[awake])
    gain = paired_difference(with_it, rest)
    verdict = {
        1: f"{what} ({arm}) saved some of it" if forgotten else f"{what} ({arm}) helped",
        0: f"{what} ({arm}) saved nothing measurable",
        -1: f"{what} ({arm}) made it worse",
        None: f"With {what[0].lower()}{what[1:]} ({arm})",
    }[_sign(gain)]
    return f"{verdict}: {_mean(with_it)} at the end, {_certainty(gain, f' against {awake}')}."


def _beside(asleep: str, other: str, what: str, so: str, ends: Mapping[str, Scores]) -> str:
    """Where something in the place of sleep does as well, what sleep saves needs no sleep."""
    slept, rest = _alike(ends[asleep], ends[other])
    gain = paired_difference(slept, rest)
    verdict = {
        1: f"Sleep ({asleep}) did better than {what}",
        0: f"Sleep ({asleep}) was not measurably better or worse than {what}",
        -1: f"Sleep ({asleep}) did worse than {what}",
        None: f"Sleep ({asleep}) beside {what}",
    }[_sign(gain)]
    told = f"{_mean(slept)} at the end, {_mean(rest)} {so}"
    return f"{verdict}: {told}, {_certainty(gain, f' against {other}')}."


def _against(control: str, asleep: str, awake: str, ends: Mapping[str, Scores]) -> str:
    """A control that did as well would make something else than plasticity the cause."""
    slept, still, rest = _alike(ends[asleep], ends[control], ends[awake])
    gain = paired_difference(slept, still)
    verdict = {
        1: f"A sleep that changes nothing ({control}) did less",
        0: f"A sleep that changes nothing ({control}) did about as well",
        -1: f"A sleep that changes nothing ({control}) did better",
        None: f"With a sleep that changes nothing ({control})",
    }[_sign(gain)]
    alone = mean_and_interval(paired_difference(still, rest))
    told = f"{_mean(still)} at the end ({alone} against {awake}), {asleep} "
    return f"{verdict}: {told}{_certainty(gain, ' against it')}."


def _first(arms: Mapping[str, Results], role: Role) -> str | None:
    return next((name for name, results in arms.items() if results.get("role") == role), None)


def _final(results: Results, tasks: Sequence[str]) -> Scores:
    ends = [results["metrics"][f"final/{task}"]["per_seed"] for task in tasks]
    return np.array(ends, float).mean(axis=0).tolist()


def _alike(*scores: Scores) -> list[Scores]:
    """The same of the seeds that have a score in each; none of the others."""
    whole = np.isfinite(np.array(scores, float)).all(axis=0)
    return [np.where(whole, np.array(each, float), np.nan).tolist() for each in scores]


def _mean(scores: Scores) -> str:
    return mean_alone(describe(scores))


def _sign(change: Measure) -> int | None:
    """1 or -1 where it is on one side of 0; 0 where the interval has 0 in it; None without one."""
    if change["ci95"] is None:
        return None
    low, high = change["ci95"]
    return int(low > 0) - int(high < 0)


def _certainty(change: Measure, against: str = "") -> str:
    """A difference, its n, and why it is no finding where it is none."""
    told, seeds = mean_and_interval(change) + against, len(change["per_seed"])
    n = f"n = {change['n']}"
    if change["n"] < seeds:
        n += f" of {seeds} seeds, the others having no score"
    if change["ci95"] is None:
        return f"{told}, {n}: no interval from fewer than {FEWEST} seeds, so no finding"
    return f"{told}, paired, {n}{', which includes 0' * (_sign(change) == 0)}"


def _listed(tasks: Sequence[str]) -> str:
    return tasks[0] if len(tasks) == 1 else f"the mean of {', '.join(tasks)}"
