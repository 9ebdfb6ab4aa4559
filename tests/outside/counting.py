"""A family of networks of one's own: counters, which recite a lesson and forget the others."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from sleeprun.config.runtime import Engine
from sleeprun.config.sleep import SleepConfig
from sleeprun.config.values import Count, Section
from sleeprun.protocol.events import Event, Scored
from sleeprun.protocol.family import Counts, Facts, Marks, Summary, per_seed
from sleeprun.protocol.phases import Asleep, Boundary, Live, Phase, Protocol, Score, Stage
from sleeprun.protocol.plan import Plan, numbered
from sleeprun.protocol.seen import Found
from sleeprun.subjects.experiment import Experiment
from sleeprun.subjects.seeds import Over, Seeds
from sleeprun.tasks.tasks import TASKS, Tasks

FULL = 10  # what a lesson that is known counts


class Counting(Tasks):
    subject: ClassVar[str] = "counting.CountingExperiment"

    lessons: list[str]
    repeats: Count


class Counter(Section):
    kind: Literal["counter"]
    step: Count


class Rest(SleepConfig):
    kind: Literal["rest"]
    also: list["Rest"]


class CountingExperiment(Experiment):
    unit: ClassVar[str] = "repeats"
    what: ClassVar[str] = "counters"

    network: Counter
    tasks: Annotated[Any, TASKS]
    sleep: Rest

    @property
    def bound(self) -> None:
        return None

    @property
    def contents(self) -> None:
        return None

    @property
    def arms_share_training(self) -> bool:
        return True

    @property
    def task_names(self) -> list[str]:
        return self.tasks.lessons

    @property
    def trained_tasks(self) -> list[str]:
        return self.tasks.lessons

    def lived(self) -> dict[str, Any]:
        return {"network": self.network.model_dump(), "tasks": self.tasks.model_dump()}

    def contradictions(self) -> Iterator[str]:
        yield from ()

    def phases(self) -> Protocol:
        return Lessons(self).phases()

    def expected_seconds(self, protocol: Protocol) -> list[float]:
        return [1e-3 * phase.cycles for phase in protocol]

    def engine(self) -> Engine:
        return "by_step"

    def subject(self, devices: int, over: Over) -> "Counters":
        return Counters(self, devices, over)


@dataclass(frozen=True)
class Recite(Live):
    lesson: str
    kind = "recite"

    @property
    def title(self) -> str:
        return self.lesson


class Lessons(Plan[Rest]):
    def __init__(self, config: CountingExperiment):
        self.tasks: Counting = config.tasks
        super().__init__(numbered([[lesson] for lesson in self.tasks.lessons]), config.sleep)

    def training(self, stage: Stage, sleeps: list[Live]) -> Live:
        return Recite(stage.tasks[0], cycles=self.tasks.repeats, plastic=("known",))

    def sleeping(self, sleep: Rest, length: int) -> Live:
        return Asleep(cycles=length, plastic=("known",))

    def tests(self, boundary: Boundary) -> Iterator[Score]:
        return (Score(boundary, lesson, cycles=1) for lesson in self.tasks.lessons)


@dataclass(frozen=True, kw_only=True)
class Counted(Summary):
    """With the keys of another family's, as what follows."""

    counted: Counts = per_seed()
    loss: Counts = per_seed()
    spikes: dict[str, Counts] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Answered(Marks):
    right: Counts = per_seed()
    wrong: Counts = per_seed()


@dataclass(frozen=True, kw_only=True)
class CounterFacts(Facts):
    summary = Counted
    marks = Answered

    tasks: list[str]
    chance: float = 0.0
    scale: float = 1.0
    shortened: bool = False


@dataclass(frozen=True, kw_only=True)
class Room(Found, tag="measured"):
    title = "Room left"
    row = "room for {}"


class State(NamedTuple):
    known: Float[np.ndarray, "seed lesson"]


class Counters(Seeds):
    engine = "by_step"

    def __init__(self, config: CountingExperiment, devices: int, over: Over):
        super().__init__(len(config.seeds), devices, over)
        self.step, self.lessons = config.network.step, config.tasks.lessons

    def facts(self) -> CounterFacts:
        return CounterFacts(tasks=self.lessons)

    def birth(self) -> State:
        return self.padded(State(np.zeros((self.seeds, len(self.lessons)), np.float32)))

    def begin(self, phase: Phase, state: State) -> State:
        return state

    def chunk(self, phase: Phase) -> int:
        return 3

    def advance(self, phase: Phase, count: int, state: State) -> tuple[State, State]:
        known = np.asarray(state.known)
        if isinstance(phase, Recite):
            recited = np.array([lesson == phase.lesson for lesson in self.lessons])
            known = known + count * self.step * np.where(recited, 1, -1).astype(np.float32)
        if isinstance(phase, Asleep):
            known = known + count * (known > 0).astype(np.float32)
        state = State(known.clip(0, FULL))
        right = state.known[:, [self.lessons.index(phase.task)]] if isinstance(phase, Score) else 0
        return state, self.unpadded(State(np.zeros_like(known) + right))

    def end(self, phase: Phase, state: State) -> State:
        return state

    def summary(self, report: State) -> Counted:
        known = report.known[:, 0].astype(int)
        return Counted(counted=known.tolist(), loss=(FULL - known).tolist())

    def marks(self, report: State) -> Int[np.ndarray, "2 seed"]:
        right = report.known[:, 0].astype(int)
        return np.stack([right, FULL - right])

    def score(self, phase: Score, marks: Int[np.ndarray, "2 seed"]) -> Scored:
        right, wrong = marks.tolist()
        return Scored(
            boundary=phase.boundary,
            task=phase.task,
            score=(marks[0] / FULL).tolist(),
            marks=Answered(right=right, wrong=wrong),
        )

    def seen_after(self, phase: Phase, state: State) -> Iterator[Event]:
        yield from ()

    def seen_at(self, boundary: Boundary, state: State) -> Iterator[Event]:
        left = (FULL - self.unpadded(state).known).T.tolist()
        yield Room(boundary=boundary, values=dict(zip(self.lessons, left, strict=True)))

    def weights(self, state: State) -> dict[str, Float[np.ndarray, "seed pre post"]]:
        return {"known": np.asarray(state.known)[:, None]}

    def blamed(self, phase: Phase, part: str) -> str:
        return "network.step"

    def capacity(self, state: State) -> None:
        return None

    def like(self, state: State, wanted: None) -> State:
        return self.unpadded(state)

    def steps(self, phase: Phase) -> int:
        return phase.cycles
