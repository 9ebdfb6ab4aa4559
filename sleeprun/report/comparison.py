"""Arms beside the first of them: differences paired over the seeds they share, and what makes such
a comparison doubtful. From scores alone.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from rich.filesize import decimal
from scipy.stats import permutation_test

from sleeprun.measures import statistics
from sleeprun.measures.statistics import Measure
from sleeprun.protocol.describe import plural
from sleeprun.protocol.results import Results

HOW = (
    "Differences are over the seeds that an arm shares with the first: bootstrap 95 % interval of "
    "their mean; p by flipping their signs in all ways, or 9,999, corrected by Holm's method."
)
FEWEST_FOR_P = 6  # shared seeds of one comparison: 2 / 2^6 is below 0.05
HEAD = ("arm", "n", "mean +- sd", "difference [95 %]", "shared seeds", "p (Holm)")


class Arm(NamedTuple):
    scores: dict[int, float]  # by seed
    unknown: list[int]  # seeds without one
    tasks: tuple[str, ...]
    contents: str | None  # who learns what, where it is a run that says so
    trained: int | None  # steps of each seed, where it is a run
    carried: float | None  # bytes from task to task, where that is known


Arms = dict[str, Arm]


def arm_of(results: Results, measure: str, *, swept: bool = False) -> Arm:
    """Jobs of a sweep are meant to differ in contents and training."""
    scores = dict(zip(results["seeds"], results["metrics"][measure]["per_seed"], strict=True))
    known = {seed: score for seed, score in scores.items() if score is not None and score == score}
    return Arm(
        scores=known,
        unknown=[seed for seed in scores if seed not in known],
        tasks=tuple(results["tasks"]),
        contents=None if swept else results.get("data"),
        trained=None if swept else results.get("training_steps"),
        carried=results.get("carried_bytes"),
    )


class Difference(NamedTuple):
    described: Measure
    p: float | None


def doubtful(arms: Arms) -> Iterator[str]:
    """What a reader of the table must know, a line each."""
    (name, first), *others = arms.items()
    shared = [len(arm.scores.keys() & first.scores.keys()) for _, arm in others]
    fewest = min(filter(None, shared), default=0)
    if 0 < fewest < FEWEST_FOR_P:
        n, least = plural(fewest, "shared seed"), min(1.0, 2 / 2**fewest)
        yield f"{n}: no p can be below {least:.3g}, whatever the difference"
    for other, arm in arms.items():
        if arm.unknown:
            yield f"{other}: no score of the seeds {arm.unknown}"
    for other, arm in others:
        if arm.tasks != first.tasks:
            ours, theirs = (", ".join(each.tasks) for each in (arm, first))
            yield f"{other}: other tasks ({ours}) than {name} ({theirs})"
        elif None not in (arm.contents, first.contents) and arm.contents != first.contents:
            told = f"({arm.contents}) than {name} ({first.contents})"
            yield f"{other}: another network, other data or other settings of the tasks {told}"
        if arm.trained and first.trained and not 0.8 < arm.trained / first.trained < 1.25:
            ratio = arm.trained / first.trained
            told = f"{1 / ratio:.2g} times shorter" if ratio < 1 else f"{ratio:.2g} times longer"
            yield f"{other}: trained {told} than {name}"
        carried, beside = arm.carried, first.carried
        if carried is not None and beside is not None and carried != beside:
            told = f"carries {decimal(int(carried))} from task to task"
            yield f"{other}: {told}, {name} {decimal(int(beside))}"
        if not arm.scores.keys() & first.scores.keys():
            yield f"{other}: no seed has a score in both it and {name}, so nothing is paired"


def table(arms: Arms, measure: str) -> list[tuple[str, ...]]:
    first = next(iter(arms))
    differences = {
        name: paired(arm.scores, arms[first].scores) for name, arm in arms.items() if name != first
    }
    corrected = holm({name: each.p for name, each in differences.items()})
    lines: list[tuple[str, ...]] = [(f"arm ({measure})", *HEAD[1:])]
    for name, arm in arms.items():
        described = statistics.describe(list(arm.scores.values()))
        told = [name, str(described["n"]), statistics.mean_and_sd(described, 3)]
        if name == first:
            lines.append((*told, "", "", ""))
            continue
        found, p = differences[name].described, corrected[name]
        lines.append((*told, difference(found), str(found["n"]), "-" if p is None else f"{p:.3g}"))
    return lines


def difference(found: Measure) -> str:
    around = " [{:+.3f}, {:+.3f}]".format(*found["ci95"]) if found["ci95"] else ""
    return "-" if found["mean"] is None else f"{found['mean']:+.3f}{around}"


def paired(ours: dict[int, float], theirs: dict[int, float]) -> Difference:
    """Over the seeds that both have; p of a two-sided test that flips signs, for two and more."""
    shared = sorted(ours.keys() & theirs.keys())
    a, b = ([scores[seed] for seed in shared] for scores in (ours, theirs))
    p = None
    if len(shared) >= 2:
        gaps = np.subtract(a, b)
        p = permutation_test(
            (gaps,), np.mean, permutation_type="samples", rng=np.random.default_rng(0)
        ).pvalue
    return Difference(statistics.paired_difference(a, b), None if p is None else float(p))


def holm(p: dict[str, float | None]) -> dict[str, float | None]:
    """Holm's step-down correction (1979) over the comparisons that have a p."""
    known = sorted((value, name) for name, value in p.items() if value is not None)
    corrected: dict[str, float | None] = dict.fromkeys(p)
    largest = 0.0
    for rank, (value, name) in enumerate(known):
        largest = max(largest, min(1.0, value * (len(known) - rank)))
        corrected[name] = largest
    return corrected
