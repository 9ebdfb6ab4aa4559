"""What a run's events show to be going wrong, a line each, by the key that could mend it."""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sleeprun.measures.forgetting import near, share
from sleeprun.protocol.events import Begun, End, Event, Progress, Scored, Start
from sleeprun.protocol.family import Facts, mean_of
from sleeprun.protocol.phases import Boundary, Vigilance
from sleeprun.protocol.seen import Found

log = logging.getLogger("sleeprun")
LEARNED = 0.2  # of the way from chance to 1: what a sleep can destroy
DESTROYED = 0.5  # of what was learned, above chance: no sleep that is meant to help does so
SATURATED = 0.1  # spikes a neuron and step
FEW = 4  # places that a line names


class Trouble(NamedTuple):
    """What goes wrong, and by which key; where it does stands between two parts of its line."""

    key: str
    before: str = ""
    after: str = ""

    def line(self, places: Sequence[str]) -> str:
        more = f" and {len(places) - FEW} more" if len(places) > FEW else ""
        return f"{self.key}: {self.before}{', '.join(places[:FEW])}{more}{self.after}"


class Warnings:
    """All trouble that there is, whichever arm it is in: each is told at once where it is first,
    and at the end with all places.
    """

    def __init__(self, tell: Callable[[str], None] = log.warning):
        self.tell = tell
        self.places: dict[Trouble, list[str]] = {}

    def __call__(self, trouble: Trouble, place: str = "") -> None:
        first = trouble not in self.places
        places = self.places.setdefault(trouble, [])
        if place not in places:
            places.append(place)
        if first:
            self.tell(trouble.line(places))

    def end(self) -> None:
        for trouble, places in self.places.items():
            if places[1:]:
                self.tell(trouble.line(places))

    def lines(self) -> list[str]:
        return [trouble.line(places) for trouble, places in self.places.items()]


class Watch:
    """Listens to one run, or to an arm by its name, from the beginning of its record."""

    def __init__(self, warn: Warnings, arm: str = ""):
        self.all, self.of = warn, f"{arm}, " if arm else ""
        self.facts: Facts | None = None
        self.seeds = 0
        self.scores: dict[int, dict[str, float]] = defaultdict(dict)  # by boundary and task
        self.trained: set[str] = set()
        self.phase: Progress | None = None  # the last of the one that goes on
        self.cycles = 0  # of it
        self.spikes: Counter[str] = Counter()
        self.known: dict[str, bool] = {}  # whether what a key wants ever had a value

    def write(self, event: Event) -> None:
        match event:
            case Start():
                self.facts, self.seeds = event.facts, len(event.seeds)
            case Begun():
                self._end_of_phase()
            case Progress():
                self.phase, self.cycles = event, self.cycles + event.cycles
                for name, counts in event.summary.spikes.items():
                    self.spikes[name] += sum(counts)
            case Scored():
                self._tested(event)
                if (score := mean_of(event.score)) is not None:
                    self.scores[event.boundary.index][event.task] = score
                    self._scored(event, score)
            case Found() if event.wanted_by:
                for name, found in event.shown().items():
                    key = event.wanted_by.format(name)
                    self.known[key] = self.known.get(key, False) or mean_of(found) is not None
            case End():
                for key in (key for key, known in self.known.items() if not known):
                    self.warn(Trouble(key, "gave NaN at every boundary, in all seeds"))

    def warn(self, trouble: Trouble, place: str = "") -> None:
        self.all(trouble, self.of + place if place else "")

    def _tested(self, event: Scored) -> None:
        """After a training, or its sleep, what answers has spikes; not where cells were cut."""
        if self.facts and (event.boundary.tasks or event.boundary.after_rest):
            for population, spikes in event.spikes.items():
                key = self.facts.fired_by(population, Vigilance.AWAKE)
                if key and not any(spikes):
                    self.warn(_silent(key, population), f"tests after '{event.boundary.name}'")

    def _scored(self, event: Scored, score: float) -> None:
        boundary, task = event.boundary, event.task
        if task in boundary.tasks and not boundary.after_rest:
            self.trained.add(task)
            self._learned(task, self.scores[0].get(task), score)
        whole = self.facts and len(self.scores[boundary.index]) == len(self.facts.tasks)
        if whole and boundary.after_rest:
            self._rested(boundary, *(self._over(boundary.index - ago) for ago in (1, 0)))

    def _learned(self, task: str, untrained: float | None, score: float) -> None:
        if self.facts and untrained is not None and near(score, untrained):
            trouble = Trouble(
                self.facts.trained_by,
                after=": hardly learned, so there is little to forget; train longer",
            )
            told = f"{task} scores {score:.2f} just after its training"
            self.warn(trouble, f"{told} ({untrained:.2f} untrained)")

    def _rested(self, boundary: Boundary, before: float | None, after: float | None) -> None:
        """Of the tasks trained so far, before and after a sleep or its rival."""
        if self.facts is None or before is None or after is None:
            return
        chance = self.facts.chance
        learned, left = share(before, chance), share(after, chance)
        if learned > LEARNED and left <= (1 - DESTROYED) * learned:
            trouble = Trouble(
                "sleep",
                after=f": this {boundary.phase} destroys half or more of what was learned; its "
                "constants may be another network's",
            )
            left_of = f"{after:.2f} of {before:.2f} (chance {chance:.2f})"
            self.warn(trouble, f"'{boundary.name}' left {left_of}")

    def _over(self, boundary: int) -> float | None:
        """The mean score over the tasks trained so far."""
        scores: Sequence[float | None] = [self.scores[boundary].get(task) for task in self.trained]
        return mean_of([*scores])

    def _end_of_phase(self) -> None:
        if self.facts and self.phase and self.cycles:
            for population, spikes in self.spikes.items():
                self._fired(self.facts, population, spikes / (self.cycles * self.seeds))
        self.phase, self.cycles = None, 0
        self.spikes.clear()

    def _fired(self, facts: Facts, population: str, spikes: float) -> None:
        """So many spikes a cycle and network."""
        assert self.phase is not None
        place = f"'{self.phase.name}' ({self.phase.kind}"
        key = facts.fired_by(population, self.phase.vigilance)
        if key and not spikes:
            self.warn(_silent(key, population), f"{place})")
        everywhen = facts.steps_a_cycle * facts.neurons.get(population, 0)
        if key and everywhen and spikes > SATURATED * everywhen:
            share = f"its neurons spike in {spikes / everywhen:.0%} of all steps"
            self.warn(Trouble(key, f"{population} is saturated in "), f"{place}: {share})")


def _silent(key: str, population: str) -> Trouble:
    return Trouble(key, f"{population} is silent in ", ", in all seeds")
