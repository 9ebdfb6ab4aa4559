"""Weights that nothing has changed, of which nothing can be found."""

import numpy as np

from sleeprun.analyses.study import Study
from sleeprun.config import ConfigError


def still(study: Study) -> bool:
    """Whether what learns is the same at all boundaries, in all runs."""
    return all(_still(study, run) for run in study.runs)


def refuse_still(study: Study) -> None:
    if still(study):
        raise ConfigError("the weights are the same at all boundaries: nothing was learned")


def _still(study: Study, run: str) -> bool:
    first, *later = (each.index for each in study.boundaries(run))
    names, start = study.learning(run), study.weights(run, first)
    there = (study.weights(run, index) for index in later)
    return all(np.array_equal(start[name], each[name]) for each in there for name in names)
