"""A run directory, opened in Python: what it found, as arrays, tables and typed events."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

from sleeprun.analyses.study import Lived
from sleeprun.config import ConfigError
from sleeprun.config.messages import argument
from sleeprun.directory import checkpoints, snapshots
from sleeprun.directory.files import read_json
from sleeprun.directory.home import at_home, whole_of
from sleeprun.directory.mismatch import config_of
from sleeprun.directory.results import results_of
from sleeprun.directory.store import RunDirectory
from sleeprun.protocol.events import Curve, Event, Progress, Scored
from sleeprun.protocol.results import Results
from sleeprun.protocol.sampled import Sampled, sampled
from sleeprun.protocol.seen import Kept
from sleeprun.reading import frames, rasters
from sleeprun.subjects.experiment import Experiment
from sleeprun.subjects.seeds import over_seeds
from sleeprun.subjects.subject import Subject

if TYPE_CHECKING:
    import pandas as pd


def load(folder: str | Path) -> "LoadedRun":
    """The run in a directory, done or not. Raises ConfigError where there is none."""
    path = Path(folder).absolute()
    if not (path / "events.jsonl").is_file():
        raise ConfigError(f"{path}: no run directory (it has no events.jsonl)")
    return LoadedRun(path)


def load_done(folder: Path) -> "LoadedRun":
    """Raises ConfigError where there is none, where it has not come to its end, or where its
    results are damaged.
    """
    run = load(folder)
    if not RunDirectory(run.folder).done:
        raise ConfigError(f"{folder}: is not done; go on with it by {argument('resume', folder)}")
    read_json(folder / "results.json", "experiment", "seeds", "metrics")
    return run


class LoadedRun(Lived):
    """A run, or an arm of one; what is asked for is read then."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._directory = RunDirectory(folder)
        self._subjects: dict[Path, tuple[Subject[Any, Any], Any]] = {}

    def __repr__(self) -> str:
        return f"<{self.results['experiment']} in {self.folder}>"

    def record(self) -> list[Event]:
        """All that happened, as typed events (`sleeprun.protocol.events`)."""
        return list(self._directory.events())

    @cached_property
    def results(self) -> Results:
        """As in `results.json`; where there is none, as far as the run came."""
        if reported := self._directory.reported():
            return reported
        events = self.record()
        if not any(isinstance(event, Scored) for event in events):
            raise ConfigError(f"{self.folder}: it has not come to a boundary")
        return results_of(events)

    @cached_property
    def config(self) -> Experiment:
        return config_of(self.folder)

    @cached_property
    def arms(self) -> dict[str, "LoadedRun"]:
        """By name; none where the experiment has no arms."""
        names = self.results.get("arms", {})
        return {name: load(self.folder / "arms" / name) for name in names}

    @cached_property
    def R(self) -> Float[np.ndarray, "seed boundary task"]:
        """The score of every task at every boundary; NaN where there is none."""
        return np.array(self.results["R"], float)

    @cached_property
    def scores(self) -> "pd.DataFrame":
        return frames.scores(self.results)

    @cached_property
    def events(self) -> "pd.DataFrame":
        """Progress alone; `record` has all."""
        events = (event for event in self._directory.events() if isinstance(event, Progress))
        return frames.progress(self.results["seeds"], events)

    @cached_property
    def curves(self) -> "pd.DataFrame":
        """The scores within phases, where `runtime.curve_every` asked for them."""
        events = (event for event in self._directory.events() if isinstance(event, Curve))
        return frames.curves(self.results["seeds"], events)

    @cached_property
    def snapshots(self) -> "pd.DataFrame":
        """When weights were kept within phases, where `runtime.weights_every` asked for it."""
        return frames.snapshots(self._kept)

    @cached_property
    def _kept(self) -> list[Kept]:
        return [event for event in self._directory.events() if isinstance(event, Kept)]

    def weights(
        self, boundary: int | str | None = None, *, cycle: int | None = None
    ) -> dict[str, Float[np.ndarray, "seed pre post"]]:
        """By projection or layer, as saved at a boundary: its index or name; else the last one.

        Or as kept at a `cycle` that `snapshots` tells, of those that were chosen then.
        """
        if cycle is not None:
            return self._snapshot(cycle)
        path = self._checkpoint(boundary)
        run = path.parent.parent  # an arm, or the whole run
        (capacity,) = checkpoints.read_header(path)["capacity"]
        subject, newborn = self._born(run)
        (state,) = checkpoints.load(path, (subject.like(newborn, capacity),))
        return subject.weights(state)

    def _born(self, run: Path) -> tuple[Subject[Any, Any], Any]:
        """Who lives in this run, or the one that it is an arm of, and the state at birth."""
        if run not in self._subjects:
            with at_home(run):
                subject = config_of(run).subject(1, over_seeds)
            self._subjects[run] = subject, subject.birth()
        return self._subjects[run]

    def _snapshot(self, cycle: int) -> dict[str, Float[np.ndarray, "seed pre post"]]:
        kept = {event.cycle: event.file for event in self._kept}
        if cycle not in kept:
            near = sorted(kept, key=lambda other: abs(other - cycle))[:3]
            told = f"near it {', '.join(map(str, sorted(near)))}; all are in .snapshots"
            raise ConfigError(
                f"{self.folder}: no weights are kept of cycle {cycle}; "
                f"there are {told if kept else 'none'}"
            )
        return snapshots.read(self.folder / kept[cycle])

    def spikes(
        self, phase: int | str, seed: int | None = None
    ) -> dict[str, Int[np.ndarray, "spike 2"]]:
        """Of every population the (step, neuron) of each spike of a phase's last cycles.

        `phase` is its index in the protocol or its name, or a kind where no phase has that name;
        of several the last one is taken. There are as many cycles as `runtime.spikes` asked for;
        steps are counted from the first one on, over all of them. Where it was 0 there are a few
        of the first seed alone, which is meant unless another `seed` of the run is given.
        Perceptrons record no spikes.
        """
        try:
            return rasters.of_phase(self._directory.events(), phase, seed)
        except ConfigError as error:
            raise ConfigError(f"{self.folder}: {error}") from None

    def activity(self, phase: int | str) -> Sampled:
        """Of every population the spikes in each cycle of a phase, and potentials at its end.

        `phase` is as in `spikes`. Networks that learn sequences record it.
        """
        try:
            return rasters.last_of(sampled(self._directory.events()), phase, "activity")
        except ConfigError as error:
            raise ConfigError(f"{self.folder}: {error}") from None

    def _checkpoint(self, boundary: int | str | None) -> Path:
        saved = self._saved()
        rows = {row["index"]: row["name"] for row in self.results["boundaries"]}
        wanted = {
            index for index in saved if boundary is None or boundary in (index, rows.get(index))
        }
        if not wanted:
            told = ", ".join(f"{index} ({rows.get(index, '?')!r})" for index in sorted(saved))
            every = self.config.runtime.keep_boundaries
            raise ConfigError(
                f"{self.folder}: no boundary {boundary!r} is saved; there are: {told or 'none'}"
                + ("" if every else " (runtime.keep_boundaries=true keeps all)")
            )
        return saved[max(wanted)]

    def _saved(self) -> dict[int, Path]:
        """Checkpoints by boundary; an arm's include those of the phases that it shares."""
        folders = dict.fromkeys([whole_of(self.folder), self.folder])
        paths = [path for each in folders for path in each.glob("checkpoints/boundary-*.ckpt")]
        return {int(path.stem.removeprefix("boundary-")): path for path in paths}
