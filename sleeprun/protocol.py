"""From the tasks and the sleep schedule to the protocol: a tuple of phases, as data."""

from itertools import takewhile

from sleeprun.config import AnyConfig, Config, ImagesConfig, SleepConfig, stage_names
from sleeprun.lessons import lessons
from sleeprun.phases import Boundary, Freeze, Interleave, Lesion, Phase, Score, Sleep, Wake

Protocol = tuple[Phase, ...]


def plan(config: Config, sleep: SleepConfig) -> Protocol:
    """The phases in order; every task of the world is scored at every boundary."""
    return _Planner(config, sleep).phases()


def arms_of(config: AnyConfig) -> dict[str, Protocol]:
    """The protocol of every arm; a config without arms has one, without a name."""
    return {name: _protocol(config.arm(name)) for name in config.arms or [""]}


def _protocol(config: AnyConfig) -> Protocol:
    return lessons(config) if isinstance(config, ImagesConfig) else plan(config, config.sleep)


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
        self._score("untrained", "start", None)
        if protocol.unsupervised > 0:
            cycles = self._cycles(protocol.unsupervised)
            self.written.append(Wake(None, cycles, self.plastic))
            self._score("unsupervised", "unsupervised", None)
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
        self._score(name, "wake" if len(parts) == 1 else "interleave", learned)
        if schedule == "after":
            self.written.append(self._sleep(self._cycles(self.sleep.aeons)))
            self._score(f"{name}, slept", "sleep", learned)

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
                self._score(f"{stage}, {entry.lesion} lesioned", "lesion", None)

    def _freeze(self, projection: str, percent: float) -> None:
        if projection in self.plastic:
            self.written.append(Freeze(projection, percent))
        if percent == 100:
            self.plastic = tuple(name for name in self.plastic if name != projection)

    def _score(self, name: str, phase: str, task: str | None) -> None:
        boundary = Boundary(self.boundaries, name, phase, task)
        cycles = self._cycles(self.config.protocol.test)
        self.boundaries += 1
        self.written.extend(Score(boundary, task, cycles) for task in self.config.world.tasks)

    def _cycles(self, aeons: float) -> int:
        protocol = self.config.protocol
        return max(1, round(aeons * protocol.aeon * protocol.scale))


def cycles_of(phase: Phase) -> int:
    """Simulated movement cycles of a phase."""
    match phase:
        case Wake() | Sleep() | Score():
            return phase.cycles
        case Interleave():
            return phase.rounds * phase.cycles_a_round
        case _:
            return 0


def expected_seconds(config: AnyConfig, cycles: int) -> float:
    """About how long so many movement cycles of every seed take."""
    seeds_a_core = -(-len(config.seeds) // config.devices)
    return cycles * seeds_a_core / config.runtime.expected_cycles_per_second


def shared_prefix(protocols: list[Protocol]) -> Protocol:
    """The phases with which all protocols begin."""
    prefix: list[Phase] = []
    for phases in zip(*protocols, strict=False):
        if any(phase != phases[0] for phase in phases):
            break
        prefix.append(phases[0])
    return tuple(prefix)


def trunk(config: AnyConfig, protocols: list[Protocol]) -> Protocol:
    """What is run once for all arms. Arms of perceptrons may train differently from the start."""
    shared = shared_prefix(protocols)
    if isinstance(config, ImagesConfig) and config.arms:
        return tuple(takewhile(lambda phase: isinstance(phase, Score), shared))
    return shared


def label(phase: Phase) -> tuple[str, str]:
    """A phase's kind and name, for records and people."""
    match phase:
        case Wake(task=None):
            return "unsupervised", "unsupervised"
        case Wake():
            return "wake", str(phase.task)
        case Sleep():
            return "sleep", "sleep" if phase.plastic else "sleep without plasticity"
        case Interleave():
            return "interleave", " / ".join(label(part)[1] for part in phase.phases)
        case Freeze():
            return "freeze", f"{phase.projection}, strongest {phase.percent:g} %"
        case Lesion():
            return "lesion", f"{phase.population}, random {phase.percent:g} %"
        case Score():
            return "score", f"{phase.task} after {phase.boundary.name}"


def shortening(shortened: bool, scale: float) -> str:
    """What every record says of a protocol that is shorter than the published one."""
    factor = "" if scale == 1 else f" (scale {scale:g})"
    return f"shortened protocol{factor}" if shortened else ""


def describe(protocol: Protocol, unit: str, first: int = 0) -> list[str]:
    """One line a phase: kind, name, length in `unit` and what is plastic."""
    lines = []
    for index, phase in enumerate(protocol, first):
        kind, name = label(phase)
        cycles = cycles_of(phase)
        plastic = ", ".join(_plastic_of(phase)) or "-"
        lines.append(
            f"{index:3d}  {kind:12s}  {name:44s}  {cycles:>11,d} {unit}  plastic: {plastic}"
        )
    return lines


def _plastic_of(phase: Phase) -> tuple[str, ...]:
    if isinstance(phase, Interleave):
        return tuple(dict.fromkeys(name for part in phase.phases for name in part.plastic))
    return phase.plastic if isinstance(phase, Wake | Sleep) else ()
