"""How the fold goes through a protocol: the parts of a phase, and where boundaries lie."""

from typing import Any, NamedTuple

from sleeprun.config.runtime import RuntimeConfig
from sleeprun.protocol.phases import Boundary, Interleave, Live, Phase, Protocol, Score
from sleeprun.subjects.subject import Subject


def units(phase: Phase) -> tuple[int, int]:
    """How many steps the fold takes through a phase, and the movement cycles of each."""
    if isinstance(phase, Interleave):
        return phase.rounds, phase.cycles_a_round
    return phase.cycles, 1


class Pace(NamedTuple):
    """Through training or sleep, in units of so many cycles."""

    total: int
    cycles: int  # of each
    most: int  # at a time
    unheard: int  # before those whose spikes are listened to
    every: int  # from one test within the phase to the next; 0: there are none
    keeping: int  # from one snapshot of weights to the next; 0: none are kept

    def listens(self, done: int) -> bool:
        """Behind so many of them."""
        return done >= self.unheard

    def tests(self, done: int) -> bool:
        return self.every > 0 and done % self.every == 0

    def keeps(self, done: int) -> bool:
        return self.keeping > 0 and (done % self.keeping == 0 or done == self.total)

    def chunk(self, done: int) -> int:
        """How many come next at once."""
        left = (self.total if self.listens(done) else self.unheard) - done
        stops = (every - done % every for every in (self.every, self.keeping) if every)
        return min(self.most, left, *stops)


def pace_of(phase: Live, subject: Subject[Any, Any], runtime: RuntimeConfig) -> Pace:
    total, cycles = units(phase)
    return Pace(
        total=total,
        cycles=cycles,
        most=max(1, subject.chunk(phase) // cycles),
        unheard=total - subject.heard(phase),
        every=_units(runtime.curve_every, cycles),
        keeping=_units(runtime.weights_every, cycles),
    )


def _units(every: int, cycles: int) -> int:
    return max(1, every // cycles) if every else 0


def coming_tests(protocol: Protocol) -> list[Score]:
    """Those of the first boundary in a protocol; none where it has none."""
    tests = [phase for phase in protocol if isinstance(phase, Score)]
    return [test for test in tests if test.boundary == tests[0].boundary]


def begins(boundary: Boundary, behind: Protocol) -> bool:
    """Whether the first task of a boundary is about to be scored, after such phases."""
    return not any(_scores(phase, boundary) for phase in behind[-1:])


def ends(boundary: Boundary, coming: Protocol) -> bool:
    """Whether the last task of a boundary has just been scored, before such phases."""
    return not any(_scores(phase, boundary) for phase in coming[:1])


def _scores(phase: Phase, boundary: Boundary) -> bool:
    return isinstance(phase, Score) and phase.boundary == boundary
