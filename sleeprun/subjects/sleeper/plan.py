"""From sequences and sleeps to the phases of a protocol."""

from collections.abc import Iterator

from sleeprun.protocol.phases import Boundary, Live, Rest, Score, Stage, interleaved
from sleeprun.protocol.plan import Plan, numbered
from sleeprun.subjects.sleeper.phases import QuietWake, Settle, Sleep, Train
from sleeprun.subjects.sleeper.schema import Config
from sleeprun.subjects.sleeper.sleeps import ModulatedSleep


class SleeperPlan(Plan[ModulatedSleep]):
    """All sequences are tested at every boundary; the network settles before the first one."""

    def __init__(self, config: Config):
        self.config, self.tasks = config, config.sequences
        super().__init__(numbered([[name] for name in self.tasks.stages]), config.sleep)
        self.plastic = config.network.plastic

    def score(self, name: str, phase: str, stage: Stage | None = None) -> None:
        if not self.written and self.tasks.settle > 0:
            self.written.append(Settle(cycles=self.config.cycles(self.tasks.settle)))
        super().score(name, phase, stage)

    def training(self, stage: Stage, sleeps: list[Live]) -> Live:
        (task,) = stage.tasks
        cycles = self.config.cycles(self.tasks.sequences[task].train)
        if not sleeps:
            return Train(task, cycles=cycles, plastic=self.plastic)
        turn = min(cycles, self.config.cycles_of(self.tasks.alternate))
        parts = Train(task, cycles=turn, plastic=self.plastic), *sleeps
        return interleaved(parts, max(1, round(cycles / turn)))

    def sleeping(self, sleep: ModulatedSleep, length: int) -> Rest:
        scale = self.config.protocol.scale if sleep.schedule == "after" else 1.0
        cycles = max(1, round(length * scale))
        rest = QuietWake if sleep.awake else Sleep
        return rest(sleep, cycles=cycles, plastic=self.plastic if sleep.plasticity else ())

    def tests(self, boundary: Boundary) -> Iterator[Score]:
        cycles = self.config.cycles_a_period * (self.tasks.lead + self.tasks.cues)
        return (Score(boundary, task, cycles=cycles) for task in self.config.task_names)
