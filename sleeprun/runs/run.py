"""A run is a fold over phases: state -> phase -> state, with a record at each boundary.

`Run.events()` does the work and yields what happens; who listens (the record, the terminal, W&B)
is not its business.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Generic

import numpy as np

from sleeprun.config import ExperimentConfig
from sleeprun.directory import snapshots
from sleeprun.directory.checkpoints import Header
from sleeprun.directory.store import RunDirectory
from sleeprun.protocol.events import Begun, Curve, Event, Origin, Progress, Resumed, Tested
from sleeprun.protocol.family import Counts, Summary, added
from sleeprun.protocol.phases import Change, Live, Phase, Protocol, Score, chunks
from sleeprun.protocol.seen import Kept, Observed
from sleeprun.runs import memory, resuming
from sleeprun.runs.pace import begins, coming_tests, ends, pace_of, units
from sleeprun.subjects.finite import refuse_lost
from sleeprun.subjects.subject import Report, State, Subject


class Run(Generic[State, Report]):
    """One protocol carried out with all seeds, from its start or from a checkpoint."""

    def __init__(
        self,
        config: ExperimentConfig,
        subject: Subject[State, Report],
        protocol: Protocol,
        folder: RunDirectory,
    ):
        self.config, self.subject, self.protocol, self.folder = config, subject, protocol, folder
        self.seeds = len(config.seeds)
        folder.begin()
        self.phase, self.done, self.cycle = 0, 0, 0
        self.state: State = subject.birth()
        self.tested = self.state
        self.kept: list[str] = []
        if config.runtime.weights_every:
            self.kept = snapshots.chosen(config, subject.weights(self.state), protocol)
        self.marks = np.zeros((2, self.seeds), int)  # of the tested copy: what went well, what not
        self.spikes: dict[str, Counts] = {}  # of it, in this test
        self.branched_from: Origin | None = None  # where in which run; none: from birth
        self.stopped = False  # set from outside: save and stop at the next chunk
        self.earlier_seconds = 0.0
        self.began = self.saved = time.monotonic()

    def seconds(self) -> float:
        """Wall time spent on this run so far, before interruptions too."""
        return self.earlier_seconds + time.monotonic() - self.began

    def behind(self) -> list[int]:
        """The cycles that are done of each phase so far, of a seed."""
        behind = [phase.cycles for phase in self.protocol[: self.phase]]
        begun = self.protocol[self.phase : self.phase + 1]
        return behind + [self.done * units(phase)[1] for phase in begun]

    def own_steps(self) -> int:
        """Steps of all seeds that were not taken by the run that this one branched off."""
        phases = self.branched_from["phases"] if self.branched_from else 0
        return self.seeds * sum(map(self.subject.steps, self.protocol[phases:]))

    def resume(self) -> Iterator[Event]:
        """Go on from the furthest whole checkpoint; from the start if there is none."""
        saved = yield from resuming.rewound(self.folder, self._signature, self._like)
        if saved is None:
            return
        header, states = saved
        self.state, *copies = self.subject.padded(states)
        self.tested = copies[0] if copies else self.state
        self.phase, self.done, self.cycle = header["phase"], header["done"], header["cycle"]
        self.marks = np.array(header["marks"], int)
        self.spikes = header.get("spikes", {})
        self.earlier_seconds = header["seconds"]
        self.branched_from = header.get("branched_from")

    def events(self) -> Iterator[Event]:
        """Carry out what is left of the protocol. An interruption leaves a checkpoint."""
        for event in self._events():
            yield event
            if self.stopped and isinstance(event, Progress | Tested):
                self.save()
                raise KeyboardInterrupt

    def _events(self) -> Iterator[Event]:
        while self.phase < len(self.protocol):
            phase = self.protocol[self.phase]
            begun = Resumed if self.done else Begun
            yield begun(index=self.phase, kind=phase.kind, name=phase.title, cycle=self.cycle)
            match phase:
                case Score():
                    yield from self._score(phase)
                case Live():
                    yield from self._live(phase)
                case Change():
                    self.state = self.subject.begin(phase, self.state)
            self._next_phase()
            if isinstance(phase, Score) and ends(phase.boundary, self.protocol[self.phase :]):
                self.save(f"boundary-{phase.boundary.index:02d}")

    def save(self, name: str | None = None) -> Path:
        """Save the position and the state; between boundaries the oldest are removed."""
        states = (self.state, self.tested) if self._testing() else (self.state,)
        header: Header = {
            "signature": self._signature(self.phase, self.done),
            "phase": self.phase,
            "done": self.done,
            "cycle": self.cycle,
            "marks": self.marks.tolist(),
            "spikes": self.spikes if self._testing() else {},
            "seconds": self.seconds(),
            "branched_from": self.branched_from,
            "capacity": [self.subject.capacity(state) for state in states],
        }
        self.saved = time.monotonic()
        name = name or f"cycle-{self.phase:04d}-{self.done:010d}"
        return self.folder.save(name, header, self.subject.unpadded(states))

    def _live(self, phase: Live) -> Iterator[Event]:
        """Training or sleep, a chunk at a time."""
        pace = pace_of(phase, self.subject, self.config.runtime)
        if self.done == 0:
            if self.cycle == 0 and pace.keeps(0):
                yield self._kept(phase)
            self.state = self.subject.begin(phase, self.state)
        while self.done < pace.total:
            count = pace.chunk(self.done)
            if pace.listens(self.done):
                self.state, report, spikes = self.subject.listen(phase, count, self.state)
                yield from spikes
            else:
                self.state, report = self.subject.advance(phase, count, self.state)
            self.done += count
            self.cycle += count * pace.cycles
            self._refuse_lost(phase, self.state)
            if pace.tests(self.done):
                yield from self._curve(phase)
            if pace.keeps(self.done):
                yield self._kept(phase)
            yield self._progress(phase, count * pace.cycles, self.subject.summary(report))
            self._save_if_due()
        self.state = self.subject.end(phase, self.state)
        yield from self.subject.seen_after(phase, self.state)
        if values := self.subject.observed(phase, self._told()):
            yield Observed(phase=self.phase, kind=phase.kind, name=phase.title, values=values)

    def _told(self) -> Iterator[Event]:
        """What the record tells of this phase so far, whichever process wrote it."""
        told: list[Event] = []
        for event in self.folder.events():
            if type(event) is Begun:
                told.clear()
            told.append(event)
        yield from told

    def _kept(self, phase: Live) -> Kept:
        """Keep the weights as they are now."""
        whole = self.subject.weights(self.subject.unpadded(self.state))
        kept = {name: whole[name] for name in self.kept}
        file = snapshots.keep(self.folder.path, self.cycle, kept)
        return Kept(
            phase=self.phase, kind=phase.kind, name=phase.title, cycle=self.cycle, file=file
        )

    def _progress(self, phase: Phase, cycles: int, summary: Summary) -> Progress:
        begin = self.cycle - cycles
        return Progress(
            phase=self.phase,
            kind=phase.kind,
            name=phase.title,
            begin=begin,
            end=self.cycle,
            summary=summary,
        )

    def _curve(self, phase: Phase) -> Iterator[Curve]:
        """The tests of the coming boundary, now and each on a copy: nothing else changes."""
        for test in coming_tests(self.protocol[self.phase :]):
            tested, marks = self.subject.begin(test, self.state), np.zeros((2, self.seeds), int)
            for count in chunks(test.cycles, self.subject.chunk(test)):
                tested, report = self.subject.advance(test, count, tested)
                marks = marks + self.subject.marks(report)
            score = self.subject.score(test, marks).score
            yield Curve(
                phase=self.phase,
                kind=phase.kind,
                name=phase.title,
                cycle=self.cycle,
                task=test.task,
                score=score,
            )

    def _score(self, phase: Score) -> Iterator[Event]:
        """Test one task on a copy."""
        if self.done == 0:
            if begins(phase.boundary, self.protocol[: self.phase]):
                yield from self.subject.seen_at(phase.boundary, self.state)
            self.tested = self.subject.begin(phase, self.state)
            self.marks, self.spikes = np.zeros((2, self.seeds), int), {}
        while self.done < phase.cycles:
            count = min(self.subject.chunk(phase), phase.cycles - self.done)
            self.tested, report = self.subject.advance(phase, count, self.tested)
            self.done += count
            self._refuse_lost(phase, self.tested)
            self.marks = self.marks + self.subject.marks(report)
            self.spikes = added(self.spikes, self.subject.summary(report).spikes)
            yield Tested(phase=self.phase, cycles=count)
            self._save_if_due()
        yield replace(self.subject.score(phase, self.marks), spikes=self.spikes)

    def _refuse_lost(self, phase: Phase, state: State) -> None:
        blamed = partial(self.subject.blamed, phase)
        refuse_lost(self.config, phase, self.done * units(phase)[1], state, blamed)

    def _testing(self) -> bool:
        """Whether the tested copy has begun to differ from the state that goes on."""
        return self.done > 0 and isinstance(self.protocol[self.phase], Score)

    def _next_phase(self) -> None:
        self.phase, self.done, self.tested = self.phase + 1, 0, self.state
        memory.give_back()

    def _save_if_due(self) -> None:
        if time.monotonic() - self.saved > 60 * self.config.runtime.checkpoint_minutes:
            self.save()

    def _like(self, capacities: list[object]) -> tuple[object, ...]:
        """The shape of a checkpoint with so much capacity for the state, and for a tested copy."""
        return tuple(self.subject.like(self.state, wanted) for wanted in capacities)

    def _signature(self, phase: int, done: int) -> str:
        behind = self.protocol[: phase + (done > 0)]
        return resuming.signature(self.config, self.subject.engine, behind)
