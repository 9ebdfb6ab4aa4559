"""The spiking agents of all seeds, as a run sees them: what each phase does to their state.

A run's fold knows phases and positions; everything that it needs to know of who lives through
them is here.
"""

from collections.abc import Callable, Iterator
from functools import cache, cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from sleeprun.config import ConfigError
from sleeprun.protocol.events import Event, Scored
from sleeprun.protocol.phases import Boundary, Decay, Interleave, Live, Phase, Score
from sleeprun.spiking.capacity import Capacity, capacity, doubled, overrun, with_capacity
from sleeprun.subjects import listening
from sleeprun.subjects.finite import lost
from sleeprun.subjects.forager import cycles, events, interventions
from sleeprun.subjects.forager.build import build, chosen, newborns, weights_at_birth
from sleeprun.subjects.forager.cycles import Leg
from sleeprun.subjects.forager.expected import simulated
from sleeprun.subjects.forager.phases import Freeze, Lesion, Sleep, Wake
from sleeprun.subjects.forager.record import Foraged, ForagingFacts
from sleeprun.subjects.forager.schema import Config
from sleeprun.subjects.forager.state import AgentState, ClosedLoop, Tally
from sleeprun.subjects.seeds import Over, PerSeed, Seeds, over_seeds
from sleeprun.tasks.agent import chance_of

LINES = 1000  # of progress in the record of a phase, about as many as pictures show
SHOWN = 5  # cycles of a phase that a raster has, where no number is asked for


class Forager(Seeds):
    def __init__(self, config: Config, devices: int, over: Over = over_seeds):
        super().__init__(len(config.seeds), devices, over)
        self.config = config
        found = chosen(config)
        self.loop = build(config, found.engine)
        self.engine, self.refused = found.engine, found.refused
        self.slower = found.slower if found.measured else None
        self.leg = cache(partial(_leg, self.loop))  # a phase has many calls

    def birth(self) -> AgentState:
        return self.padded(newborns(self.config, self.loop, self.config.seeds))

    @cached_property
    def start(self) -> dict[str, Float[Array, "seed _ _"]]:
        """The weights that every seed began with, which decay goes to."""
        return self.padded(weights_at_birth(self.config, self.config.seeds))

    def begin(self, phase: Phase, state: AgentState) -> AgentState:
        """What comes before a phase's first cycle; for a test, a copy in a world of its own."""
        match phase:
            case Freeze():
                percent = jnp.float32(phase.percent)
                return self._call(interventions.freeze_strongest, phase.projection, percent, state)
            case Lesion():
                percent = jnp.float32(phase.percent)
                return self._call(interventions.cut_synapses, phase.population, percent, state)
            case Score():
                leg, boundary = self.leg(phase), jnp.int32(phase.boundary.index)
                return self._call(cycles.copy_for_test, leg, boundary, state)
            case Interleave():
                return state
        return self._call(cycles.begin, self.leg(phase), state)

    def chunk(self, phase: Live | Score) -> int:
        return max(self.config.runtime.chunk_cycles, phase.cycles // LINES)

    def advance(
        self, phase: Live | Score, count: int, state: AgentState
    ) -> tuple[AgentState, Tally]:
        """`count` of a phase's cycles, or of its rounds; the tally is of the true seeds alone.

        Where a list runs over, they are simulated again with more room.
        """
        function, *how = self._program(phase)
        after, tally = self._call(function, *how, jnp.int32(count), state)
        while full := overrun(self.loop.network, after.network):
            if any(lost(after, self.config.seeds)):
                break  # nor do its spikes mean anything
            state = self._roomier(function, how, state, full)
            after, tally = self._call(function, *how, jnp.int32(count), state)
        if after.world.crowded.any():
            raise ConfigError(self.config.agent_tasks.crowded)
        return after, self.unpadded(tally)

    @property
    def wanted(self) -> int:
        """Cycles of each phase whose spikes are told, if only of the first seed."""
        return self.config.runtime.spikes or SHOWN

    def heard(self, phase: Live) -> int:
        if isinstance(phase, Decay):
            return 0  # nobody spikes
        return min(self.wanted, 1 if isinstance(phase, Interleave) else phase.cycles)

    def listen(
        self, phase: Live, count: int, state: AgentState
    ) -> tuple[AgentState, Tally, list[Event]]:
        if not isinstance(phase, Interleave):
            return self._listen(phase, count, state)
        tallies, spikes = [], []
        for leg in phase.phases:
            state, tally, heard = self._listen(leg, leg.cycles, self.begin(leg, state))
            state = self.end(leg, state)
            tallies.append(tally)
            spikes += heard
        return state, _total(tallies), spikes

    def _listen(
        self, phase: Live, count: int, state: AgentState
    ) -> tuple[AgentState, Tally, list[Event]]:
        """`count` cycles, of which the last ones are taken one by one."""
        singly = min(count, self.heard(phase))
        tallies: list[Tally] = []
        spikes: list[Event] = []
        if count > singly:
            state, tally = self.advance(phase, count - singly, state)
            tallies.append(tally)
        for _ in range(singly):
            state, tally = self.advance(phase, 1, state)
            tallies.append(tally)
            spikes += self._spikes(phase, state)
        return state, _total(tallies), spikes

    def _spikes(self, phase: Live, state: AgentState) -> Iterator[Event]:
        """Those of the last cycle simulated."""
        return listening.told(
            phase,
            state.network.spikes,
            np.asarray(state.cycle, np.int64) - 1,
            self.config.network.cycle_steps,
            seeds=self.seeds if self.config.runtime.spikes else None,
        )

    def end(self, phase: Live, state: AgentState) -> AgentState:
        if isinstance(phase, Interleave):
            return state
        return self._call(cycles.end, self.leg(phase), state)

    def summary(self, report: Tally) -> Foraged:
        return events.tally(report)

    def marks(self, report: Tally) -> Int[np.ndarray, "2 seed"]:
        """Rewarded and punished particles eaten."""
        return np.stack([report.rewarded, report.punished])

    def score(self, phase: Score, marks: Int[np.ndarray, "2 seed"]) -> Scored:
        return events.score(phase, marks)

    def steps(self, phase: Phase) -> int:
        return simulated(phase) * self.config.network.cycle_steps

    def facts(self) -> ForagingFacts:
        config, tasks = self.config, self.config.agent_tasks
        return ForagingFacts(
            tasks=tasks.names,
            chance=chance_of(tasks),
            scale=config.protocol.scale,
            shortened=config.shortened,
            aeon=tasks.aeon,
            step_ms=config.network.step_ms,
            cycle_steps=config.network.cycle_steps,
            shape={name: list(each.size) for name, each in config.network.populations.items()},
            refused=list(self.refused),
            slower=self.slower,
            data=config.contents,
        )

    def seen_at(self, boundary: Boundary, state: AgentState) -> Iterator[Event]:
        """What the record tells of a boundary, beside its scores."""
        yield from events.weights(self.loop, boundary, self.unpadded(state))

    def weights(self, state: AgentState) -> dict[str, Float[np.ndarray, "seed pre post"]]:
        return {name: np.asarray(each) for name, each in state.network.weights.items()}

    def blamed(self, phase: Live | Score, part: str) -> str:
        _, owner, *_ = [*part.split("."), ""]
        if owner in ("weights", "plastic"):
            return "network.rules"
        if owner in ("resistance", "rate"):
            return "network.populations.*.homeostasis"
        return "sleep.drive, network.neurons" if isinstance(phase, Sleep) else "network.neurons"

    def capacity(self, state: AgentState) -> Capacity:
        return capacity(self.loop.network, state.network)

    def like(self, state: AgentState, wanted: Capacity) -> AgentState:
        """The shape of a saved state whose lists have so much capacity."""
        network = with_capacity(self.loop.network, state.network, wanted)
        return self.unpadded(state._replace(network=network))

    def _roomier(
        self, function: Callable, how: list[Any], state: AgentState, full: list[str]
    ) -> AgentState:
        """Room for one more cycle or round at least, so that what runs away is soon seen."""
        network = self.loop.network
        while full:
            state = state._replace(network=doubled(network, state.network, full))
            after, _ = self._call(function, *how, jnp.int32(1), state)
            full = overrun(network, after.network)
        return state

    def _program(self, phase: Live | Score) -> tuple[Any, ...]:
        """What carries a phase out, and with what."""
        if isinstance(phase, Interleave):
            decays = any(isinstance(part, Decay) for part in phase.phases)
            start = PerSeed(self.start) if decays else None
            return cycles.take_turns, tuple(map(self.leg, phase.phases)), start
        if isinstance(phase, Decay):
            return cycles.fade, self.leg(phase), PerSeed(self.start)
        return cycles.advance, self.leg(phase)

    def _call(self, function: Callable, *arguments: Any) -> Any:
        return self.call(function, self.loop, *arguments)


def _total(tallies: list[Tally]) -> Tally:
    counted = max((tally.spikes for tally in tallies), key=len)  # decay tells of none
    none = jax.tree.map(np.zeros_like, counted)
    alike = [tally._replace(spikes=tally.spikes or none) for tally in tallies]
    return jax.tree.map(lambda *counts: sum(counts), *alike)


def _leg(loop: ClosedLoop, phase: Wake | Sleep | Decay | Score) -> Leg:
    if isinstance(phase, Score):
        phase = Wake(phase.task, cycles=phase.cycles)
    return leg_of(loop, phase)


def leg_of(loop: ClosedLoop, phase: Wake | Sleep | Decay) -> Leg:
    """A phase's task or drive as arrays."""
    world, task, label = loop.world, None, -1
    if isinstance(phase, Wake):
        task = world.tasks[phase.task] if phase.task else world.unsupervised
        label = list(world.tasks).index(phase.task) if phase.task else -1
    return Leg(
        task=task,
        label=jnp.int32(label),
        drive=phase.drive.make() if isinstance(phase, Sleep) else None,
        share=jnp.float32(phase.share) if isinstance(phase, Decay) else None,
        reward=jnp.float32(phase.reward if isinstance(phase, Sleep) else 0.0),
        cycles=jnp.int32(phase.cycles),
        plastic=phase.plastic,
    )
