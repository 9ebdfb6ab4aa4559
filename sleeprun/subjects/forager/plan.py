"""From the tasks and the sleeps of an agent to the phases of a protocol."""

from collections.abc import Iterator

from sleeprun.config.sleep import DecaySleep
from sleeprun.protocol.phases import Boundary, Decay, Live, Rest, Score, Stage, interleaved
from sleeprun.protocol.plan import Plan, numbered
from sleeprun.subjects.forager.phases import Freeze, Lesion, Sleep, Wake
from sleeprun.subjects.forager.schema import Config
from sleeprun.subjects.forager.sleeps import AgentSleep
from sleeprun.tasks.agent import scaled


class AgentPlan(Plan[AgentSleep]):
    """Knows what is plastic so far; every task of the world is scored at every boundary."""

    def __init__(self, config: Config):
        self.config, self.tasks = config, config.agent_tasks
        super().__init__(numbered(self.tasks.stages), config.sleep)
        self.plastic = config.network.plastic

    def opening(self) -> None:
        """The unsupervised world, after which some projections are frozen."""
        if self.tasks.unsupervised > 0:
            cycles = self._cycles(self.tasks.unsupervised)
            self.written.append(Wake(None, cycles=cycles, plastic=self.plastic))
            self.score("unsupervised", "unsupervised")
        for projection in self.tasks.freeze:
            self._freeze(projection, 100.0)
        self._intervene("unsupervised")

    def training(self, stage: Stage, sleeps: list[Live]) -> Live:
        cycles, turn = self._cycles(self.tasks.train), self.tasks.alternate
        parts = [*(Wake(task, cycles=turn, plastic=self.plastic) for task in stage.tasks), *sleeps]
        if len(parts) == 1:
            return Wake(stage.tasks[0], cycles=cycles, plastic=self.plastic)
        a_round = sum(part.cycles for part in parts)
        return interleaved(tuple(parts), max(1, round(cycles / a_round)))

    def sleeping(self, sleep: AgentSleep, length: int) -> Rest:
        if sleep.schedule == "after":
            length = scaled(length, self.config.protocol.scale)
        learns = self.plastic if sleep.plasticity else ()
        if isinstance(sleep, DecaySleep):
            return Decay(sleep.share, cycles=length, plastic=learns)
        return Sleep(sleep.drive, sleep.reward, cycles=length, plastic=learns)

    def tests(self, boundary: Boundary) -> Iterator[Score]:
        cycles = self._cycles(self.tasks.test)
        return (Score(boundary, task, cycles=cycles) for task in self.tasks.names)

    def after_stage(self, stage: Stage) -> None:
        self._intervene(stage.name)

    def _intervene(self, stage: str) -> None:
        lesions = 0
        for entry in self.config.interventions:
            if entry.after != stage:
                continue
            if entry.freeze is not None:
                self._freeze(entry.freeze, entry.percent)
            if entry.lesion is not None:
                lesions += 1
                again = f" {lesions}" if lesions > 1 else ""
                self.written.append(Lesion(entry.lesion, entry.percent))
                self.score(f"{stage}, {entry.lesion} lesioned{again}", "lesion")

    def _freeze(self, projection: str, percent: float) -> None:
        if projection in self.plastic:
            self.written.append(Freeze(projection, percent))
        if percent == 100:
            self.plastic = tuple(name for name in self.plastic if name != projection)

    def _cycles(self, aeons: float) -> int:
        return self.tasks.cycles(aeons, self.config.protocol.scale)
