"""How far weights are from those that solve a task, and from those that solve both."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy.spatial.distance import cdist

from sleeprun.analyses.analysis import Answer, Chart, Table
from sleeprun.analyses.needs import SNAPSHOTS
from sleeprun.analyses.points import Points
from sleeprun.analyses.states import Between
from sleeprun.analyses.study import Study
from sleeprun.config import ConfigError
from sleeprun.measures.statistics import describe


def nearest(
    points: Points,
    network: Int[np.ndarray, " state"],
    solutions: Float[np.ndarray, "solution synapse"],
    solver: Int[np.ndarray, " solution"],
    own: bool,
) -> Float[np.ndarray, " state"]:
    """The least Euclidean distance of each state to the solutions of all other networks, or with
    `own` to those of its own; nan where there are none.
    """
    found = np.full(len(points), np.nan)
    for one in np.unique(network):
        allowed = solutions[solver == one if own else solver != one]
        if len(allowed):
            here = network == one
            found[here] = cdist(points[here], allowed).min(axis=1)
    return found


class Solutions(Between):
    """Golden et al. 2022: the least Euclidean distance of every state of the weights to the
    solutions of each of two tasks, which are the states at the end of training it alone, and to
    those of both: the states at the end of training them in turns, where a run does so. To what
    solves both is at least as far as to each.

    The solutions are those of other networks, by how what is seen leads to answers. The published
    figure took synapses and those of the network itself (`own`), which its way must come near,
    since it led through them.
    """

    needs = (SNAPSHOTS,)

    def answer(self, study: Study) -> Answer:
        if len(study.seeds) < 2 and not self.own:
            raise ConfigError("needs two seeds or more, or own=true, which is no fair distance")
        tasks = self.pair(study)
        states = self.states(study)
        network = states.table["seed"].to_numpy()
        sets = {task: states.alone(task) for task in tasks}
        if not states.changing(np.logical_or(*sets.values())):
            raise ConfigError("the weights are the same after {} and after {}".format(*tasks))
        if (both := states.together(list(tasks))).any():
            sets["both"] = both
        distances = {
            name: nearest(states.points, network, states.points[here], network[here], self.own)
            for name, here in sets.items()
        }
        distances["both, at least"] = np.maximum(*(distances[task] for task in tasks))
        frame = pd.concat(
            [states.table.assign(solves=name, distance=each) for name, each in distances.items()]
        )
        whose = "itself" if self.own else "others"
        title = f"distance to the weights that solve a task, of the network's {whose}"
        chart = Chart("line", "cycle", "distance", color="run", facet="solves")
        return Answer([Table("course", title, frame, [chart])], [*_ends(frame, whose)])


def _ends(frame: pd.DataFrame, whose: str) -> Iterator[str]:
    """How far each run has come at its end."""
    for run, of_run in frame.groupby("run", sort=False):
        last = of_run[of_run["cycle"] == of_run["cycle"].max()]
        told = "; ".join(
            f"{name} {_digits(each['distance'])}"
            for name, each in last.groupby("solves", sort=False)
        )
        yield f"{run} ends at these distances from the solutions of {whose}: {told}."


def _digits(distances: "pd.Series[float]") -> str:
    """Mean and sd over networks, whatever the unit."""
    found = describe(distances.tolist())
    sd = "" if found["sd"] is None else f" +- {found['sd']:.2g}"
    return f"{found['mean']:.3g}{sd}"
