"""Recalls of a sequence in a test: counted in the answers to its cues, and its score."""

import numpy as np
from jaxtyping import Int

from sleeprun.protocol.events import Scored
from sleeprun.protocol.phases import Score
from sleeprun.subjects.sleeper.record import Recalled
from sleeprun.subjects.sleeper.schema import Config
from sleeprun.subjects.sleeper.state import Stimulated, Tally
from sleeprun.tasks.sequences.tasks import Sequences

Recalls = Int[np.ndarray, "2 seed"]  # by both readings of the kernel's width


def counted(config: Config, shared: Stimulated, report: Tally) -> Recalls:
    """Of all seeds, after the cues of some periods; those of the lead do not count."""
    tasks, seeds = config.sequences, len(report.first)
    first, periods = int(report.first[0]), int(report.cycles[0]) // shared.period
    lead = max(0, tasks.lead - first // shared.period)
    if periods <= lead:
        return np.zeros((2, seeds), int)
    of_period = (shared.period * shared.bins, report.answers.shape[-1])
    answers = report.answers.reshape(seeds, shared.tested_periods, *of_period)
    counts = answers[:, lead:periods, : tasks.recall.bins]
    told = [tasks.recall.performances(each).values() for each in counts]
    return np.rint(np.array([[*each] for each in told]) * (periods - lead)).astype(int).T


def scored(tasks: Sequences, phase: Score, marks: Recalls) -> Scored:
    sd, full_width = marks
    by = sd if tasks.recall.width == "sd" else full_width
    return Scored(
        boundary=phase.boundary,
        task=phase.task,
        score=(by / tasks.cues).tolist(),
        marks=Recalled(sd=sd.tolist(), full_width=full_width.tolist(), cues=tasks.cues),
    )
