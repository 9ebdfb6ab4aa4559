"""Statistics over seeds: mean, standard deviation, bootstrap interval, paired differences."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

RESAMPLES = 2000
FEWEST = 5  # seeds; the bootstrap interval of two is no more than their range


class Measure(TypedDict):
    """A value of every seed, and n, mean, sd and bootstrap interval of those that are known."""

    per_seed: list[float]  # NaN, in JSON null, where there is none
    n: int
    mean: float | None
    sd: float | None
    ci95: list[float] | None


def interval(values: np.ndarray) -> list[float] | None:
    """Bootstrap 95 % interval of the mean (percentile); none for too few seeds."""
    if len(values) < FEWEST:
        return None
    from scipy.stats import bootstrap  # takes a second to load, which a run needs at its end only

    result = bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=np.random.default_rng(0)
    )
    return [float(result.confidence_interval.low), float(result.confidence_interval.high)]


def known(per_seed: Sequence[float | None]) -> np.ndarray:
    """The values of the seeds that have one."""
    values = np.array(per_seed, float)
    return values[np.isfinite(values)]


def moments(known: np.ndarray) -> tuple[float | None, float | None]:
    """Mean and sd, where there are values enough."""
    mean = float(known.mean()) if len(known) else None
    return mean, float(known.std(ddof=1)) if len(known) > 1 else None


def describe(per_seed: Sequence[float | None]) -> Measure:
    """`per_seed`, and n, mean, sd and ci95 over the seeds that have a value."""
    values = known(per_seed)
    mean, sd = moments(values)
    return {
        "per_seed": np.array(per_seed, float).tolist(),
        "n": len(values),
        "mean": mean,
        "sd": sd,
        "ci95": interval(values),
    }


def mean_alone(measure: Measure, digits: int = 2) -> str:
    mean = measure["mean"]
    return "-" if mean is None else f"{mean:.{digits}f}"


def mean_and_sd(measure: Measure, digits: int = 2) -> str:
    """`0.70 +- 0.02` of what `describe` found."""
    sd = measure["sd"]
    return mean_alone(measure, digits) + ("" if sd is None else f" +- {sd:.{digits}f}")


def mean_and_interval(difference: Measure) -> str:
    """`+0.06 [+0.04, +0.08]` of what `paired_difference` found."""
    mean, interval = difference["mean"], difference["ci95"]
    around = " [{:+.2f}, {:+.2f}]".format(*interval) if interval else ""
    return "-" if mean is None else f"{mean:+.2f}{around}"


def paired_difference(ours: Sequence[float | None], theirs: Sequence[float | None]) -> Measure:
    """`describe` of the differences between two arms with the same seeds."""
    pairs = zip(ours, theirs, strict=True)
    return describe([None if a is None or b is None else a - b for a, b in pairs])
