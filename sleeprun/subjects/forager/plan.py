"""From the foraging tasks and the sleep schedule to the phases of a protocol."""

from sleeprun.config import Config, SleepConfig, stage_names
from sleeprun.protocol.describe import Protocol
from sleeprun.protocol.phases import (
    Boundary,
    BoundaryKind,
    Freeze,
    Interleave,
    Lesion,
    Phase,
    Score,
    Sleep,
    Wake,
)


def plan(config: Config, sleep: SleepConfig) -> Protocol:
    """The phases in order; every task of the world is scored at every boundary."""
    return _Planner(config, sleep).phases()


class _Planner:
    """Writes the phases down one after another; knows what is plastic so far."""

    def __init__(self, config: Config, sleep: SleepConfig):
        self.config, self.sleep = config, sleep
        self.plastic = tuple(
            name for name, entry in config.network.projections.items() if entry.plasticity
        )
        self.written: list[Phase] = []
        self.boundaries = 0

    def phases(self) -> Protocol:
        protocol, config = self.config.protocol, self.config
        self._score("untrained", BoundaryKind.START, None)
        if protocol.unsupervised > 0:
            cycles = self._cycles(protocol.unsupervised)
            self.written.append(Wake(None, cycles, self.plastic))
            self._score("unsupervised", BoundaryKind.UNSUPERVISED, None)
        for projection in protocol.freeze:
            self._freeze(projection, 100.0)
        self._intervene("unsupervised")
        for index, (name, tasks) in enumerate(
            zip(stage_names(config.tasks), config.tasks, strict=True)
        ):
            self._train(name, tuple(tasks), asleep=index + 1 >= self.sleep.first_stage)
            self._intervene(name)
        return tuple(self.written)

    def _train(self, name: str, tasks: tuple[str, ...], asleep: bool) -> None:
        schedule = self.sleep.schedule if asleep else "never"
        cycles = self._cycles(self.config.protocol.train)
        turn = self.config.protocol.alternate
        learned = "+".join(tasks)
        parts: list[Wake | Sleep] = [Wake(task, turn, self.plastic) for task in tasks]
        if schedule == "interleaved":
            parts.append(self._sleep(self.sleep.cycles))
        if len(parts) == 1:
            self.written.append(Wake(tasks[0], cycles, self.plastic))
        else:
            a_round = sum(part.cycles for part in parts)
            self.written.append(Interleave(tuple(parts), max(1, round(cycles / a_round))))
        alone = len(parts) == 1
        self._score(name, BoundaryKind.WAKE if alone else BoundaryKind.INTERLEAVE, learned)
        if schedule == "after":
            self.written.append(self._sleep(self._cycles(self.sleep.aeons)))
            self._score(f"{name}, slept", BoundaryKind.SLEEP, learned)

    def _sleep(self, cycles: int) -> Sleep:
        sleep = self.sleep
        plastic = self.plastic if sleep.plasticity else ()
        return Sleep(cycles, plastic, sleep.drive, sleep.kick, sleep.reward)

    def _intervene(self, stage: str) -> None:
        for entry in self.config.protocol.interventions:
            if entry.after != stage:
                continue
            if entry.freeze is not None:
                self._freeze(entry.freeze, entry.percent)
            if entry.lesion is not None:
                self.written.append(Lesion(entry.lesion, entry.percent))
                self._score(f"{stage}, {entry.lesion} lesioned", BoundaryKind.LESION, None)

    def _freeze(self, projection: str, percent: float) -> None:
        if projection in self.plastic:
            self.written.append(Freeze(projection, percent))
        if percent == 100:
            self.plastic = tuple(name for name in self.plastic if name != projection)

    def _score(self, name: str, phase: BoundaryKind, task: str | None) -> None:
        boundary = Boundary(self.boundaries, name, phase, task)
        cycles = self._cycles(self.config.protocol.test)
        self.boundaries += 1
        self.written.extend(Score(boundary, task, cycles) for task in self.config.world.tasks)

    def _cycles(self, aeons: float) -> int:
        protocol = self.config.protocol
        return max(1, round(aeons * protocol.aeon * protocol.scale))
