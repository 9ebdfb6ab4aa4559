"""Ways through the space of weights, in two dimensions: PCA and kernel PCA."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float

from sleeprun.analyses.analysis import Answer, Chart, Table
from sleeprun.analyses.needs import scikit_learn
from sleeprun.analyses.states import OfStates, Points
from sleeprun.analyses.study import Study
from sleeprun.config import ConfigError
from sleeprun.config.declared import setting
from sleeprun.config.values import Positive


class Plane(NamedTuple):
    """Points in the two directions in which they differ most."""

    first: Float[np.ndarray, " state"]
    second: Float[np.ndarray, " state"]
    explained: float  # share of the variance


def principal(points: Points) -> Plane:
    """By principal components."""
    fit = scikit_learn("decomposition").PCA(2, svd_solver="full")
    found = fit.fit_transform(points)
    return Plane(found[:, 0], found[:, 1], float(fit.explained_variance_ratio_.sum()))


def directions(points: Points) -> int:
    """The most in which they can differ: two have all of the variance of so many by themselves."""
    return min(len(np.unique(points, axis=0)) - 1, points.shape[1])


def kernel_principal(points: Points, gamma: float | None) -> Plane:
    """By those in the space of an RBF kernel. `gamma` none: 1 / (synapses x variance). Raises
    ConfigError where one so wide or narrow has no two.
    """
    width = gamma or 1 / (points.shape[1] * max(points.var(), np.finfo(np.float32).tiny))
    fit = scikit_learn("decomposition").KernelPCA(kernel="rbf", gamma=width)
    found = fit.fit_transform(points)
    if found.shape[1] < 2:
        raise ConfigError(f"gamma={width:g}: such a kernel does not tell the states apart")
    explained = fit.eigenvalues_[:2].sum() / fit.eigenvalues_.sum()
    return Plane(found[:, 0], found[:, 1], float(explained))


class Trajectories(OfStates):
    """Golden et al. 2022: the way of each network through the space of its weights, in all runs at
    once, by PCA and by kernel PCA with an RBF kernel; each network has a plane of its own.
    """

    gamma: float | None = setting(
        Positive | None, "of the kernel; null: 1 / (synapses x variance)", default=None
    )

    def answer(self, study: Study) -> Answer:
        states = self.states(study)
        found: list[pd.DataFrame] = []
        left_out: list[object] = []
        explained: dict[str, list[float]] = {"PCA": [], "kernel PCA": []}
        for seed, table in states.table.groupby("seed", sort=False):
            points = states.points[table.index]
            if directions(points) <= 2:
                left_out.append(seed)
                continue
            planes = principal(points), kernel_principal(points, self.gamma)
            for method, plane in zip(explained, planes, strict=True):
                explained[method].append(plane.explained)
                panel = f"{method}, seed {seed}"
                columns = {"first": plane.first, "second": plane.second}
                found.append(table.assign(method=method, panel=panel, **columns))
        if not found:
            raise ConfigError(
                "the weights are the same at all times, or at all but two, and so in a plane "
                "whatever they are; or runtime.weights_every is too large"
            )
        chart = Chart("line", "first", "second", color="run", facet="panel")
        title = "ways through the space of weights"
        told = [
            f"Two directions of {method} have {np.mean(shares):.0%} of the variance."
            for method, shares in explained.items()
        ]
        if left_out:
            seeds = ", ".join(map(str, left_out))
            told.append(f"Left out: seeds {seeds}, of hardly any different states.")
        return Answer([Table("planes", title, pd.concat(found), [chart])], told)
