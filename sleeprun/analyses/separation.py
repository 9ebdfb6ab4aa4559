"""A support vector machine that tells the weights of one task from those of another, and how far
from its boundary all other weights are.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from sleeprun.analyses.analysis import Answer, Chart, Table
from sleeprun.analyses.needs import scikit_learn
from sleeprun.analyses.points import Points
from sleeprun.analyses.states import Between, Chosen
from sleeprun.analyses.study import Study
from sleeprun.config import ConfigError
from sleeprun.config.declared import setting
from sleeprun.config.values import Positive
from sleeprun.measures.statistics import describe, mean_and_sd


class Distances(NamedTuple):
    """From the boundary of a machine that did not learn from this state."""

    score: Float[np.ndarray, " state"]  # 1 and -1 at its margins
    distance: Float[np.ndarray, " state"]  # in its kernel's space, where points have length 1


def left_out(
    points: Points,
    network: Int[np.ndarray, " state"],
    side: Int[np.ndarray, " state"],
    cost: float,
    gamma: float | None,
    own: bool = False,
) -> Distances:
    """Of every state, by a machine with an RBF kernel that is trained on the sides -1 and 1 of all
    other networks, or with `own` on those of its own but for itself; states of the side 0 are in no
    training. `gamma` none: 1 / (values x variance). NaN where no two sides are left to learn from.
    """
    svm, pairwise = scikit_learn("svm"), scikit_learn("metrics.pairwise")
    score, distance = (np.full(len(points), np.nan) for _ in range(2))
    for judged, trained in _judgements(network, side, own):
        spread = points[trained].var()
        if not spread or len(np.unique(side[trained])) < 2:
            continue
        width = gamma or 1 / (points.shape[1] * spread)
        machine = svm.SVC(C=cost, kernel="rbf", gamma=width).fit(points[trained], side[trained])
        support = pairwise.rbf_kernel(machine.support_vectors_, gamma=width)
        norm = np.sqrt((machine.dual_coef_ @ support @ machine.dual_coef_.T).item())
        score[judged] = machine.decision_function(points[judged])
        distance[judged] = score[judged] / norm
    return Distances(score, distance)


def _judgements(
    network: Int[np.ndarray, " state"], side: Int[np.ndarray, " state"], own: bool
) -> Iterator[tuple[Chosen, Chosen]]:
    """Which states are judged at once, and by which."""
    for one in np.unique(network):
        here, taught = network == one, side != 0
        if not own:
            yield here, taught & ~here
            continue
        yield here & ~taught, here & taught
        for state in np.flatnonzero(here & taught):
            itself = np.arange(len(side)) == state
            yield itself, here & taught & ~itself


class Separation(Between):
    """Golden et al. 2022: a support vector machine with an RBF kernel tells the weights at the end
    of training one task from those of another; the signed distance of every state from its boundary
    is negative towards the first and positive towards the second. Each network is judged by a
    machine that was trained on all others, by what neurons see. By synapses (`seen=false`), as
    published, such a machine knows nothing of a network whose hidden neurons see other places, but
    one of the network's `own` states does, which is no test of it. Whether it tells early from late
    rather than the tasks is told by a run that trains the second first. Published means: task 1
    -0.069, task 2 +0.069, in turns with sleep -0.0047.
    """

    cost: float = setting(Positive, "of a state on the wrong side (C)", default=1.0)
    gamma: float | None = setting(
        Positive | None, "of the kernel; null: 1 / (values x variance)", default=None
    )

    def answer(self, study: Study) -> Answer:
        if len(study.seeds) < 2 and not self.own:
            raise ConfigError("needs two seeds or more, one judged by the others; or own=true")
        first, second = self.pair(study)
        states = self.states(study)
        side = states.alone(second).astype(int) - states.alone(first).astype(int)
        if (changing := states.changing(side != 0)) < 2 - self.own:
            but = ", in all seeds but one" * changing
            raise ConfigError(f"the weights are the same after {first} and after {second}{but}")
        network = states.table["seed"].to_numpy()
        found = left_out(states.points, network, side, self.cost, self.gamma, self.own)
        table = states.table.assign(side=side, **found._asdict())
        judged = (side != 0) & np.isfinite(found.score)
        if not judged.any():
            raise ConfigError("keeps too few weights at the end of training; keep more, or late=1")
        told = f"weights of {second} (above 0) and {first} (below)"
        tables = [
            Table(
                "course", f"signed distance from the boundary between {told}", table,
                [Chart("line", "cycle", "distance", color="run", facet="seed")],
            ),
            Table(
                "means", f"the same at the end of each phase, {told}", _means(table),
                [Chart("points", "name", "distance", color="run")],
            ),
        ]  # fmt: skip
        right = (np.sign(found.score) == side)[judged].mean()
        told = f"{len(study.seeds)} networks, each left out in turn: {right:.0%} of the states are"
        told = f"{told} on the right side of the boundary, by chance 50%."
        if self.own:
            told = "Each network by its own states, which are like their neighbours: no test of it."
        return Answer(tables, [told, *_ends(table)])


def _means(table: pd.DataFrame) -> pd.DataFrame:
    """Of a network in the last part of a phase."""
    groups = table[table["late"]].groupby(["run", "phase", "kind", "name", "seed"], sort=False)
    return groups[["distance", "score"]].mean().reset_index()


def _ends(table: pd.DataFrame) -> Iterator[str]:
    """Where the states of both sides are, and those at the end of each run."""
    for _, of_side in table[table["side"] != 0].groupby("side"):
        name = of_side["name"].iloc[0]
        yield f"After {name} alone: {_told(of_side)} from the boundary."
    for run, of_run in table[table["late"] & (table["side"] == 0)].groupby("run", sort=False):
        last = of_run[of_run["phase"] == of_run["phase"].max()]
        yield f"{run}, {last['name'].iloc[0]}: {_told(last)}."


def _told(states: pd.DataFrame) -> str:
    return mean_and_sd(describe(states.groupby("seed")["distance"].mean().tolist()), 4)
