"""Statistics over seeds: mean, standard deviation, bootstrap interval, paired differences."""

from typing import Any

import numpy as np

RESAMPLES = 2000


def interval(values: np.ndarray) -> list[float] | None:
    """Bootstrap 95 % interval of the mean (percentile); none for fewer than two seeds."""
    if len(values) < 2:
        return None
    from scipy.stats import bootstrap  # takes a second to load, which a run needs at its end only

    result = bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=np.random.default_rng(0)
    )
    return [float(result.confidence_interval.low), float(result.confidence_interval.high)]


def describe(values: list[float]) -> dict[str, Any]:
    """`per_seed`, and n, mean, sd and ci95 over the seeds that have a value."""
    known = np.array([value for value in values if np.isfinite(value)])
    return {
        "per_seed": list(values),
        "n": len(known),
        "mean": float(known.mean()) if len(known) else None,
        "sd": float(known.std(ddof=1)) if len(known) > 1 else None,
        "ci95": interval(known),
    }


def paired_difference(ours: list[float], theirs: list[float]) -> dict[str, Any]:
    """`describe` of the differences between two arms with the same seeds."""
    return describe([a - b for a, b in zip(ours, theirs, strict=True)])
