"""The weights that runs went through, as points in a space: a row a network and time."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool

from sleeprun.analyses.analysis import Analysis
from sleeprun.analyses.needs import SCIKIT_LEARN, SNAPSHOTS, Need
from sleeprun.analyses.points import Points, by_sight, by_synapse
from sleeprun.analyses.study import Study
from sleeprun.config import ConfigError
from sleeprun.config.declared import count, flag, setting
from sleeprun.config.values import Fraction
from sleeprun.protocol.phases import Vigilance

Chosen = Bool[np.ndarray, " state"]
OF_TIME = ["phase", "kind", "name", "cycle", "late"]
IN_TURNS = " / "  # between what takes turns in a phase


class States(NamedTuple):
    """All of some runs from where their first training began."""

    table: pd.DataFrame  # run, seed and OF_TIME of each state; `late` are those at a phase's end
    points: Points

    def alone(self, task: str) -> Chosen:
        """The late ones of a task's training, in the first run that trains it alone. Raises
        ConfigError where there are none.
        """
        awake = self.table["kind"].map(Vigilance.of) == Vigilance.AWAKE
        here = self.table["late"] & awake & (self.table["name"] == task)
        if not here.any():
            raise ConfigError(f"no run has kept weights at the end of training {task} alone")
        return self._first(here)

    def together(self, tasks: list[str]) -> Chosen:
        """The late ones of training on these tasks in turns, in the first run that does, if any."""
        parts = self.table["name"].str.split(IN_TURNS, regex=False).map(set)
        return self._first(self.table["late"] & parts.map(lambda names: names == set(tasks)))

    def changing(self, chosen: Chosen) -> int:
        """In how many networks these are not all the same."""
        here = self.table.loc[chosen, "seed"].to_numpy()
        points = self.points[chosen]
        return sum(bool(np.ptp(points[here == seed], axis=0).any()) for seed in np.unique(here))

    def _first(self, here: "pd.Series[bool]") -> Chosen:
        """Of those the ones of the first run and phase among them."""
        if here.any():
            run, phase = self.table.loc[here.idxmax(), ["run", "phase"]]
            here = here & (self.table["run"] == run) & (self.table["phase"] == phase)
        return here.to_numpy(bool)


def with_late(kept: pd.DataFrame, taught: Bool[np.ndarray, " time"], share: float) -> pd.DataFrame:
    """From where the first phase that teaches begins, of all times; `late` are those in the last
    `share` of a phase that teaches, or follows one.
    """
    first = max(0, int(taught.argmax()) - 1)
    ends = kept.groupby("phase")["cycle"].max()
    begins = ends.shift(fill_value=0).reindex(kept["phase"]).to_numpy()
    length = ends.reindex(kept["phase"]).to_numpy() - begins
    late = taught & (kept["cycle"].to_numpy() > begins + (1 - share) * length)
    return kept.assign(late=late).iloc[first:]


class OfStates(Analysis):
    """What all analyses of weights over time have."""

    needs: ClassVar[Sequence[Need]] = (SNAPSHOTS, SCIKIT_LEARN)

    late: float = setting(Fraction, "of a phase, at its end, whose weights solve it", default=0.2)
    most: int = count("times of a phase, evenly spread", default=24)
    seen: bool | None = setting(
        bool | None,
        "how what is seen leads to answers, which means the same in all networks, while synapses "
        "are each one's own; null: where networks are judged by others",
        default=None,
    )
    values: int = count("that are looked at, evenly spread where there are more", default=20_000)

    @property
    def by_sight(self) -> bool:
        return bool(self.seen)

    def states(self, study: Study) -> States:
        tables, points = [], []
        for run in study.runs:
            times = self._times(study, run)
            points_of = (self.by_sight and by_sight(study, run)) or by_synapse(study, run)
            for row in times.itertuples(index=False):
                kept = study.weights(run, cycle=int(row.cycle))
                table = pd.DataFrame({"run": run, "seed": study.seeds} | row._asdict())
                tables.append(table)
                points.append(self._some_of(points_of(kept)))
        if len({each.shape[1] for each in points}) > 1:
            raise ConfigError(f"{', '.join(study.runs)}: keep other weights than each other")
        return States(pd.concat(tables, ignore_index=True), np.concatenate(points))

    def _times(self, study: Study, run: str) -> pd.DataFrame:
        """When the weights of a run were kept: OF_TIME, of each phase some."""
        kept = study.runs[run].snapshots
        taught = np.array([study.teaches(run, kind) for kind in kept["kind"]], bool)
        if not taught.any():
            raise ConfigError(f"{run}: has kept no weights while tasks were trained")
        chosen = with_late(kept, taught, self.late)
        parts = [self._some(of_one) for _, of_one in chosen.groupby("phase")]
        return pd.concat(parts)[OF_TIME]

    def _some(self, times: pd.DataFrame) -> pd.DataFrame:
        wanted = np.linspace(0, len(times) - 1, min(len(times), self.most))
        return times.iloc[np.unique(wanted.astype(int))]

    def _some_of(self, points: Points) -> Points:
        wanted = np.linspace(0, points.shape[1] - 1, min(points.shape[1], self.values))
        return points[:, wanted.astype(int)]


class Between(OfStates):
    """What those have that are about two tasks."""

    own: bool = flag("by what the network itself has learned, not by all others", default=False)
    tasks: list[str] | None = setting(
        list[str] | None, "two, each trained alone in some run; null: the first two", default=None
    )

    @property
    def by_sight(self) -> bool:
        return not self.own if self.seen is None else self.seen

    def pair(self, study: Study) -> tuple[str, str]:
        """The two tasks. Raises ConfigError where there are none."""
        first = next(iter(study.runs.values()))
        tasks = self.tasks or list(dict.fromkeys(first.config.trained_tasks))[:2]
        if len(tasks) != 2:
            raise ConfigError(f"tasks={tasks}: must be two, which are trained one after the other")
        return tasks[0], tasks[1]
