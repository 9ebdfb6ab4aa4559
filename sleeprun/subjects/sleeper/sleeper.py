"""The networks of all seeds, as a run sees them: what each phase does to their state."""

from collections.abc import Iterable, Iterator
from functools import cache, partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sleeprun.protocol.events import Event, Scored
from sleeprun.protocol.family import Scores
from sleeprun.protocol.phases import Boundary, Interleave, Live, Phase, Score, chunks
from sleeprun.protocol.seen import Between
from sleeprun.spiking.capacity import Capacity, capacity, doubled, overrun, with_capacity
from sleeprun.spiking.edges import in_pairs
from sleeprun.subjects import listening
from sleeprun.subjects.finite import lost
from sleeprun.subjects.seeds import Over, Seeds, over_seeds
from sleeprun.subjects.sleeper import cycles, events, recalls, windows
from sleeprun.subjects.sleeper.build import build, newborns
from sleeprun.subjects.sleeper.cycles import Lists
from sleeprun.subjects.sleeper.directions import along, between
from sleeprun.subjects.sleeper.legs import leg_of
from sleeprun.subjects.sleeper.observed import observed
from sleeprun.subjects.sleeper.phases import Sleep
from sleeprun.subjects.sleeper.recalls import Recalls
from sleeprun.subjects.sleeper.record import Directions, Lived, SequenceFacts
from sleeprun.subjects.sleeper.schema import Config
from sleeprun.subjects.sleeper.state import SleeperState, Tally

HEARD_MS = 3000  # of a phase, at its end, where no number of cycles is asked for


class Sleeper(Seeds):
    def __init__(self, config: Config, devices: int, over: Over = over_seeds):
        super().__init__(len(config.seeds), devices, over)
        found = config.chosen
        self.engine, self.refused = found.engine, found.refused
        self.slower = found.slower if found.measured else None
        self.config, self.shared = config, build(config, found.engine)
        self.names = [*config.sequences.groups]
        self.leg = cache(partial(leg_of, config, self.shared))

    def birth(self) -> SleeperState:
        return self.padded(newborns(self.config, self.shared))

    def begin(self, phase: Phase, state: SleeperState) -> SleeperState:
        if isinstance(phase, Score):
            task = self.config.task_names.index(phase.task)
            boundary = jnp.int32(phase.boundary.index)
            return self.call(cycles.copy_for_test, jnp.int32(task), boundary, state)
        return self.call(cycles.begin, state)

    def chunk(self, phase: Live | Score) -> int:
        """Of a test whole periods, each of which has one cue."""
        if isinstance(phase, Score):
            return self.shared.tested_periods * self.shared.period
        return self.config.runtime.chunk_cycles

    def advance(
        self, phase: Live | Score, count: int, state: SleeperState
    ) -> tuple[SleeperState, Tally]:
        if isinstance(phase, Interleave):
            return self._in_turns(count * phase.phases, state)[:2]
        after, tally, _ = self._advanced(phase, count, state)
        return after, self.unpadded(tally)

    def heard(self, phase: Live) -> int:
        if isinstance(phase, Interleave):
            return 1
        shown = round(self.config.in_cycles(HEARD_MS))
        return min(self.config.runtime.spikes or shown, phase.cycles)

    def listen(
        self, phase: Live, count: int, state: SleeperState
    ) -> tuple[SleeperState, Tally, list[Event]]:
        """Window by window; of interleaved phases the end of each."""
        if isinstance(phase, Interleave):
            return self._in_turns(count * phase.phases, state, listens=True)
        tallies: list[Tally] = []
        told: list[Event] = []
        seeds = self.seeds if self.config.runtime.spikes else None
        while count:
            begin = np.asarray(state.cycle, np.int64)
            state, tally, spikes, much = self._listened(phase, count, state)
            steps = self.config.network.cycle_steps
            told += listening.told(phase, spikes, begin, steps, much, seeds)
            tallies.append(self.unpadded(tally))
            count -= much
        return state, events.total(tallies), told

    def _in_turns(
        self, phases: Iterable[Live], state: SleeperState, *, listens: bool = False
    ) -> tuple[SleeperState, Tally, list[Event]]:
        tallies: list[Tally] = []
        told: list[Event] = []
        for phase in phases:
            state, last = self.begin(phase, state), self.heard(phase) if listens else 0
            for count in chunks(phase.cycles - last, self.shared.longest):
                state, tally = self.advance(phase, count, state)
                tallies.append(tally)
            if last:
                state, tally, spikes = self.listen(phase, last, state)
                tallies.append(tally)
                told += spikes
        return state, events.total(tallies), told

    def _listened(
        self, phase: Live, most: int, state: SleeperState
    ) -> tuple[SleeperState, Tally, Lists, int]:
        """One window of at most so many cycles, by the program that takes many; and how many."""
        period = self.shared.period
        left = period - int(state.since[0]) % period
        for much in (min(most, left, windows.most_cycles(self.shared)), 1):
            after, tally, spikes = self._advanced(phase, much, state)
            if int(tally.windows[0]) == 1:
                break
        return after, tally, spikes, much

    def _advanced(
        self, phase: Live | Score, count: int, state: SleeperState
    ) -> tuple[SleeperState, Tally, Lists]:
        """Where a list runs over, they are simulated again with more room."""
        leg, much = self.leg(phase), jnp.int32(count)
        after, *told = self.call(cycles.advance, self.shared, leg, much, state)
        while full := overrun(self.shared.network, after.network):
            if any(lost(after, self.config.seeds)):
                break
            roomier = doubled(self.shared.network, state.network, full)
            state = state._replace(network=roomier)
            after, *told = self.call(cycles.advance, self.shared, leg, much, state)
        return after, *told

    def end(self, phase: Live, state: SleeperState) -> SleeperState:
        return state

    def summary(self, report: Tally) -> Lived:
        return events.lived(report, self.shared.population, self.names)

    def marks(self, report: Tally) -> Recalls:
        return recalls.counted(self.config, self.shared, report)

    def score(self, phase: Score, marks: Recalls) -> Scored:
        return recalls.scored(self.config.sequences, phase, marks)

    def seen_at(self, boundary: Boundary, state: SleeperState) -> Iterator[Event]:
        true = self.unpadded(state)
        yield Directions(boundary=boundary, values=along(self.config, self.shared, true))
        shares = between(self.config, self.shared, true)
        yield Between(boundary=boundary, groups=self.names, shares=shares)

    def observed(self, phase: Any, told: Iterable[Event]) -> dict[str, Scores]:
        return {} if isinstance(phase, Interleave) else observed(self.config, told)

    def weights(self, state: SleeperState) -> dict[str, Float[np.ndarray, "seed pre post"]]:
        sizes = {name: each.size for name, each in self.shared.network.populations.items()}
        found = {name: np.asarray(each) for name, each in state.network.weights.items()}
        for name, sources in state.edges.items():
            pre = sizes[self.shared.network.projections[name].pre]
            each = zip(found[name], sources, strict=True)
            found[name] = np.stack([np.asarray(in_pairs(jnp.asarray(w), s, pre)) for w, s in each])
        return found

    def blamed(self, phase: Live | Score, part: str) -> str:
        if isinstance(phase, Sleep | Interleave):
            return "sleep.levels, network"
        return "tasks.stimulus, network"

    def capacity(self, state: SleeperState) -> Capacity:
        return capacity(self.shared.network, state.network)

    def like(self, state: SleeperState, wanted: Capacity) -> SleeperState:
        network = with_capacity(self.shared.network, state.network, wanted)
        return self.unpadded(state._replace(network=network))

    def steps(self, phase: Phase) -> int:
        return phase.cycles * self.config.network.cycle_steps

    def facts(self) -> SequenceFacts:
        config, network = self.config, self.config.network
        return SequenceFacts(
            tasks=config.task_names,
            chance=config.sequences.chance,
            scale=config.protocol.scale,
            shortened=config.shortened,
            step_ms=network.step_ms,
            cycle_steps=network.cycle_steps,
            sizes={name: each.count for name, each in network.populations.items()},
            data=config.contents,
            width=config.sequences.recall.width,
            population=self.shared.population,
            refused=list(self.refused),
            slower=self.slower,
        )
