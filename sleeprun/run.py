"""A run is a fold over phases: state -> phase -> state, with a record at each boundary.

`Run.events()` does the work and yields what happens as plain dictionaries; who listens (the
record, the terminal, W&B) is not its business.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sleeprun import cycles, records
from sleeprun.config import Config, ConfigError
from sleeprun.cycles import AgentState, Experiment, Leg, Tally
from sleeprun.phases import Boundary, Freeze, Interleave, Lesion, Phase, Score, Sleep, Wake
from sleeprun.protocol import Protocol, cycles_of
from sleeprun.room import Room, doubled, overrun, room, with_room
from sleeprun.seeds import over_seeds, pad
from sleeprun.sleep import DRIVES
from sleeprun.store import DamagedCheckpoint, RunDirectory, load, read_header

Event = dict[str, Any]


class Run:
    """One protocol carried out with all seeds, from its start or from a checkpoint."""

    def __init__(
        self,
        config: Config,
        experiment: Experiment,
        protocol: Protocol,
        newborns: AgentState,
        folder: RunDirectory,
        devices: int,
    ):
        self.config, self.experiment, self.protocol = config, experiment, protocol
        self.folder, self.devices = folder, devices
        self.seeds = len(config.seeds)
        self.phase, self.done, self.cycle = 0, 0, 0
        self.state = self.tested = pad(newborns, devices)
        self.eaten = np.zeros((2, self.seeds), int)  # by the tested copy: rewarded, punished
        self.branched_from: dict[str, Any] | None = None  # where in which run; none: from birth
        self.stopped = False  # set from outside: save and stop at the next chunk
        self.earlier_seconds = 0.0
        self.began = self.saved = time.monotonic()

    def seconds(self) -> float:
        """Wall time spent on this run so far, before interruptions too."""
        return self.earlier_seconds + time.monotonic() - self.began

    def cycles_done(self) -> int:
        """Movement cycles a seed simulated so far, tests included."""
        behind = sum(cycles_of(phase) for phase in self.protocol[: self.phase])
        if self.phase == len(self.protocol):
            return behind
        return behind + self.done * units(self.protocol[self.phase])[1]

    def own_cycles(self) -> int:
        """Those of them that were not simulated by the run that this one branched off."""
        phases = self.branched_from["phases"] if self.branched_from else 0
        return self.cycles_done() - sum(cycles_of(phase) for phase in self.protocol[:phases])

    def resume(self) -> Iterator[Event]:
        """Go on from the furthest whole checkpoint; from the start if there is none."""
        for path in self.folder.newest():
            try:
                header = read_header(path)
                if header["signature"] != self._signature(header["phase"], header["done"]):
                    raise ConfigError(
                        f"resume={self.folder.path}: {path.name} was made with another "
                        "configuration (network, world, seeds, protocol, runtime.simulate or "
                        "runtime.skip_quiet)"
                    )
                state, tested = load(path, self._like(header["room"]))
            except DamagedCheckpoint as error:
                yield {"event": "warning", "message": f"{error}; trying an older checkpoint"}
                continue
            self.state, self.tested = pad(state, self.devices), pad(tested, self.devices)
            self.phase, self.done, self.cycle = (header[key] for key in ("phase", "done", "cycle"))
            self.eaten = np.array(header["eaten"], int)
            self.earlier_seconds = header["seconds"]
            self.branched_from = header.get("branched_from")
            self.folder.rewind(header["events_bytes"])
            break
        else:
            if any(self.folder.newest()):
                raise ConfigError(
                    f"resume={self.folder.path}: no checkpoint is whole; nothing was changed"
                )
            self.folder.rewind(0)

    def events(self) -> Iterator[Event]:
        """Carry out what is left of the protocol. An interruption leaves a checkpoint."""
        for event in self._events():
            yield event
            if self.stopped and event["event"] in ("progress", "tested"):
                self.save()
                raise KeyboardInterrupt

    def _events(self) -> Iterator[Event]:
        while self.phase < len(self.protocol):
            phase = self.protocol[self.phase]
            yield records.phase(self.phase, phase, self.cycle, again=self.done > 0)
            match phase:
                case Score():
                    yield from self._score(phase)
                case Wake() | Sleep() | Interleave():
                    yield from self._live(phase)
                case Freeze() | Lesion():
                    self.state = self._intervene(phase)
            self._next_phase()
            if isinstance(phase, Score) and self._ends(phase.boundary):
                self.save(f"boundary-{phase.boundary.index:02d}")

    def save(self, name: str | None = None) -> Path:
        """Save the position and the state; between boundaries the oldest are removed."""
        header = {
            "signature": self._signature(self.phase, self.done),
            "phase": self.phase,
            "done": self.done,
            "cycle": self.cycle,
            "eaten": self.eaten.tolist(),
            "seconds": self.seconds(),
            "branched_from": self.branched_from,
            "room": [room(state.network) for state in (self.state, self.tested)],
        }
        self.saved = time.monotonic()
        name = name or f"cycle-{self.phase:04d}-{self.done:010d}"
        return self.folder.save(name, header, self._slice((self.state, self.tested)))

    def _live(self, phase: Wake | Sleep | Interleave) -> Iterator[Event]:
        """Training or sleep, a chunk at a time."""
        legs = tuple(leg_of(self.experiment, part) for part in parts_of(phase))
        solo = not isinstance(phase, Interleave)
        total, turn = units(phase)
        chunk = max(1, self.config.runtime.chunk_cycles // turn)
        if self.done == 0 and solo:
            self.state = self._call(cycles.begin, legs[0], self.state)
        while self.done < total:
            count = min(chunk, total - self.done)
            function = cycles.advance if solo else cycles.take_turns
            what = legs[0] if solo else legs
            self.state, tally = self._simulate(function, what, count, self.state)
            self.done += count
            self.cycle += count * turn
            yield records.progress(self.phase, phase, self.cycle, count * turn, tally)
            self._save_if_due()
        if solo:
            self.state = self._call(cycles.end, legs[0], self.state)
        yield from records.rasters(self.experiment, phase, self.state)

    def _score(self, phase: Score) -> Iterator[Event]:
        """Test one task on a copy."""
        leg = leg_of(self.experiment, Wake(phase.task, phase.cycles))
        if self.done == 0:
            if phase.task == next(iter(self.experiment.tasks)):
                yield from records.weights(self.experiment, phase.boundary, self._slice(self.state))
            boundary = jnp.int32(phase.boundary.index)
            self.tested = self._call(cycles.copy_for_test, leg, boundary, self.state)
            self.eaten = np.zeros((2, self.seeds), int)
        while self.done < phase.cycles:
            count = min(self.config.runtime.chunk_cycles, phase.cycles - self.done)
            self.tested, tally = self._simulate(cycles.advance, leg, count, self.tested)
            self.done += count
            self.eaten = self.eaten + np.stack([tally.rewarded, tally.punished])
            yield {"event": "tested", "phase": self.phase, "cycles": count}
            self._save_if_due()
        yield records.score(phase, self.eaten)

    def _intervene(self, phase: Freeze | Lesion) -> AgentState:
        percent = jnp.float32(phase.percent)
        if isinstance(phase, Freeze):
            return self._call(cycles.freeze_strongest, phase.projection, percent, self.state)
        return self._call(cycles.cut_synapses, phase.population, percent, self.state)

    def _simulate(
        self, function: Callable, legs: Any, count: int, state: AgentState
    ) -> tuple[AgentState, Tally]:
        """Some cycles; where a list runs over, they are simulated again with more room."""
        after, tally = self._call(function, legs, jnp.int32(count), state)
        while full := overrun(after.network):
            state = state._replace(network=doubled(state.network, full))
            after, tally = self._call(function, legs, jnp.int32(count), state)
        if after.world.crowded.any():
            raise ConfigError("world.particles: no legal spot was left for all of them")
        return after, self._slice(tally)

    def _call(self, function: Callable, *arguments: Any) -> Any:
        """Run a compiled function for all seeds; what comes back has really been computed."""
        compiled = over_seeds(function, self.devices)
        return jax.block_until_ready(compiled(self.experiment, *arguments))

    def _next_phase(self) -> None:
        self.phase, self.done, self.tested = self.phase + 1, 0, self.state

    def _ends(self, boundary: Boundary) -> bool:
        """Whether the last task of this boundary has just been scored."""
        following = self.protocol[self.phase : self.phase + 1]
        return not any(isinstance(p, Score) and p.boundary == boundary for p in following)

    def _save_if_due(self) -> None:
        if time.monotonic() - self.saved > 60 * self.config.runtime.checkpoint_minutes:
            self.save()

    def _like(self, rooms: list[Room]) -> Any:
        """The shape of a checkpoint with so much room for the state and the tested copy."""
        agents = zip((self.state, self.tested), rooms, strict=True)
        return self._slice(
            tuple(
                agent._replace(network=with_room(agent.network, wanted)) for agent, wanted in agents
            )
        )

    def _slice(self, tree: Any) -> Any:
        """Without the seeds that only pad."""
        return jax.tree.map(lambda leaf: np.asarray(leaf)[: self.seeds], tree)

    def _signature(self, phase: int, done: int) -> str:
        behind = self.protocol[: phase + (done > 0)]
        return signature(self.config, self.experiment.network.engine, behind)


def signature(config: Config, engine: str, behind: Protocol) -> str:
    """What a checkpoint depends on; `behind` are the phases up to its own."""
    sections = {"network", "world", "seeds"}
    parts = [config.model_dump(include=sections), [engine, config.runtime.skip_quiet]]
    text = json.dumps([*parts, repr(behind)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def parts_of(phase: Phase) -> tuple[Wake | Sleep, ...]:
    if isinstance(phase, Interleave):
        return phase.phases
    return (phase,) if isinstance(phase, Wake | Sleep) else ()


def units(phase: Phase) -> tuple[int, int]:
    """How many steps the fold takes through a phase, and the movement cycles of each."""
    if isinstance(phase, Interleave):
        return phase.rounds, phase.cycles_a_round
    return cycles_of(phase), 1


def leg_of(experiment: Experiment, phase: Wake | Sleep) -> Leg:
    task, label = None, -1
    if isinstance(phase, Wake):
        task = experiment.tasks[phase.task] if phase.task else experiment.unsupervised
        label = list(experiment.tasks).index(phase.task) if phase.task else -1
    return Leg(
        task=task,
        label=jnp.int32(label),
        drive=DRIVES[phase.drive](jnp.float32(phase.kick)) if isinstance(phase, Sleep) else None,
        reward=jnp.float32(phase.reward if isinstance(phase, Sleep) else 0.0),
        cycles=jnp.int32(phase.cycles),
        plastic=phase.plastic,
    )
