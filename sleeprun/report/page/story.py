"""What a report tells, as plain data."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from sleeprun.protocol.events import Start
from sleeprun.protocol.results import Results
from sleeprun.report.phases import Span


class Grid(NamedTuple):
    """A table: the first cell of each row is its name."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


class Course(NamedTuple):
    """How something went within a phase: a task's score, or what is counted while it goes on."""

    of: str
    phase: int
    at: Sequence[float]  # cycles of the protocol's clock
    scores: Float[np.ndarray, "point seed"]


class Arm(NamedTuple):
    """A run, an arm of one, or jobs that differ in their seeds alone, which are one sample."""

    name: str
    results: Results
    start: Start | None
    phases: Sequence[Span]
    courses: Sequence[Course] = ()  # of tasks, within phases
    running: Sequence[Course] = ()  # of what is counted while it goes on


class Tabled(NamedTuple):
    """A table of an analysis, and how it is drawn."""

    title: str
    file: str
    rows: Sequence[Mapping[str, str]]  # as the file has them
    charts: Sequence[Mapping[str, Any]]


class Analysed(NamedTuple):
    name: str
    of: str  # the folder of the runs
    networks: int  # of each
    about: str
    sentences: Sequence[str]
    tables: Sequence[Tabled]


class Story(NamedTuple):
    title: str
    notes: Sequence[str]  # how it differs from the published one, and of how many seeds it is
    sentences: Sequence[str]  # what was found; the first three tell most
    arms: Sequence[Arm]
    run: Grid  # what was run
    took: Grid  # each arm's steps, time and memory
    differences: Grid  # of the arms' configs, by key
    compared: Grid
    seen: Grid  # of phases as a whole
    probed: Mapping[str, Grid]  # by title, around each arm's last sleep, or what stands for it
    warnings: Sequence[str]
    analysed: Sequence[Analysed]
    again: Sequence[str]  # commands
    machine: Grid
