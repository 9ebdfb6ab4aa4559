"""Up states of networks that sleep in slow waves, and which sequences run in them."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sleeprun.analyses.analysis import Analysis, Answer, Chart, Table
from sleeprun.analyses.study import Study
from sleeprun.analyses.telling import listed
from sleeprun.config import ConfigError
from sleeprun.config.declared import count
from sleeprun.measures.replay import in_an_up_state
from sleeprun.measures.slow_oscillation import in_bins, up_states, whole
from sleeprun.protocol.phases import Vigilance
from sleeprun.protocol.sampled import Sampled, sampled
from sleeprun.subjects.sleeper.experiment import SleeperExperiment

OF_SLEEP = ["run", "seed", "phase", "name", "up", "part", "begin_s"]
Runs = tuple[str, str, float, bool]  # of a sequence in an Up state: its name, the way, p, whether


class UpStates(Analysis):
    """Every Up state of every sleep (Gonzalez et al. 2020): when it begins, how long it lasts, how
    much a cell spikes in it; and which sequences run in it, forward or backward, over the course
    of the sleep. What is an Up state and what runs in it is said by `tasks.oscillation` and
    `tasks.replay`.
    """

    family = SleeperExperiment

    parts: int = count("of a sleep", default=4)

    def answer(self, study: Study) -> Answer:
        ups: list[tuple[object, ...]] = []
        runs: list[tuple[object, ...]] = []
        for run in study.runs:
            config = study.runs[run].config
            assert isinstance(config, SleeperExperiment)
            for phase in sampled(study.runs[run].record()):
                if Vigilance.of(phase.kind) is Vigilance.ASLEEP:
                    for seed, place in zip(study.seeds, study.places(run), strict=True):
                        told = run, seed, phase.phase, phase.name
                        for when, row, found in self._ups(config, phase, int(place)):
                            ups.append((*told, *when, *row))
                            runs += [(*told, *when, *each) for each in found]
        if not ups:
            raise ConfigError("no Up state was seen from beginning to end in any sleep")
        of_ups = pd.DataFrame(ups, columns=[*OF_SLEEP, "length_ms", "spikes"])
        of_runs = pd.DataFrame(runs, columns=[*OF_SLEEP, "sequence", "way", "p", "runs"])
        shares = _shares(of_runs)
        tables = [
            Table(
                "ups", "length of Up states, ms", of_ups,
                [Chart("points", "begin_s", "length_ms", color="seed", facet="run")],
            ),
            Table(
                "replays", "share of Up states in which a sequence runs", shares,
                [Chart("line", "part", "share", color="sequence", facet="run")],
            ),
        ]  # fmt: skip
        return Answer(tables, [*_told(of_ups, shares)])

    def _ups(
        self, config: SleeperExperiment, phase: Sampled, seed: int
    ) -> Iterator[tuple[tuple[int, int, float], tuple[float, float], Iterator[Runs]]]:
        """Of one network: its number, the part of the sleep and when; length and spikes of a cell;
        and what runs in it.
        """
        tasks, several = config.sequences, config.cycles_a_bin
        name, width = tasks.population, several * config.cycle_ms
        cells = config.network.populations[name].count
        counts = in_bins(phase.counts[name][seed], several)
        found = whole(up_states(counts, cells, width, tasks.oscillation.criterion), len(counts))
        small = config.bins_a_cycle * several
        for number, (begin, end) in enumerate(found.tolist(), 1):
            part = 1 + self.parts * begin // len(counts)
            when = number, part, begin * width / 1000
            row = (end - begin) * width, counts[begin:end].sum() / cells
            yield when, row, _runs(config, phase, seed, slice(small * begin, small * end))


def _runs(config: SleeperExperiment, phase: Sampled, seed: int, inside: slice) -> Iterator[Runs]:
    """Of every sequence, forward and in reverse."""
    tasks = config.sequences
    for name, order in tasks.orders.items() if phase.groups else ():
        counts = np.stack([phase.groups[group][seed, inside] for group in order], axis=1)
        if found := in_an_up_state(counts, tasks.replay.bins, tasks.replay.sure):
            for way, p in zip(("forward", "reverse"), found, strict=True):
                yield name, way, p, p <= tasks.replay.sure


def _shares(runs: pd.DataFrame) -> pd.DataFrame:
    """Of a network's Up states in a part of a sleep, in which something could run."""
    names = runs["sequence"] + ", " + runs["way"]
    by = ["run", "seed", "phase", "name", "sequence", "part"]
    return (
        runs.assign(sequence=names).groupby(by, sort=False)["runs"].agg(["mean", "size"])
        .reset_index().rename(columns={"mean": "share", "size": "ups"})
    )  # fmt: skip


def _told(ups: pd.DataFrame, shares: pd.DataFrame) -> Iterator[str]:
    for (run, name), of_one in ups.groupby(["run", "name"], sort=False):
        here = shares[(shares["run"] == run) & (shares["name"] == name)]
        means = here.groupby("sequence", sort=False)["share"].mean()
        told = f"{len(of_one)} Up states of {of_one['length_ms'].mean():.0f} ms"
        runs = (
            f"in them run {listed(means, '.0%')}" if len(means) else "no sequence could run in them"
        )
        yield f"{run}, {name}: {told}; {runs}."
