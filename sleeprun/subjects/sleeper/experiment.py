"""Experiments on networks that learn sequences and sleep."""

import math
from collections.abc import Iterator, Mapping

from sleeprun.config import nearest
from sleeprun.config.messages import unknown_measures
from sleeprun.config.runtime import Engine
from sleeprun.config.values import is_whole
from sleeprun.protocol.phases import Interleave, Protocol, misnamed
from sleeprun.protocol.plan import UNTRAINED, numbered
from sleeprun.protocol.results import Results
from sleeprun.spiking import schema
from sleeprun.spiking.build import build
from sleeprun.spiking.modulation import check
from sleeprun.subjects.experiment import Experiment
from sleeprun.subjects.footprint import Footprint
from sleeprun.subjects.seeds import Over
from sleeprun.subjects.sleeper.footprint import footprint
from sleeprun.subjects.sleeper.objective import worth
from sleeprun.subjects.sleeper.phases import Train
from sleeprun.subjects.sleeper.plan import SleeperPlan
from sleeprun.subjects.sleeper.schema import Config
from sleeprun.subjects.sleeper.sleeper import Sleeper

NEURON_STEPS = 2.3e8  # of the compiled kernel in a second of a core, where it was measured


class SleeperExperiment(Config, Experiment):
    def contradictions(self) -> Iterator[str]:
        yield from schema.contradictions(self.network)
        yield from self._roles()
        yield from misnamed(self.task_names)
        stages = [stage.name for stage in numbered([[name] for name in self.sequences.stages])]
        for key, one in self.sleeps.items():
            yield from one.misfits(key, stages, [UNTRAINED.name])
        if self.interventions:
            yield "interventions: are for spiking agents; must be []"
        if wanted := self.sequences.objective:
            yield from wanted.misfits(self.sequences.sequences, self.arms)
        yield from unknown_measures(self, [f"final/{name}" for name in self.task_names])

    def cautions(self) -> Iterator[tuple[str, str]]:
        yield from super().cautions()
        arms = [self.arm(name) for name in self.arms or [""]]
        yield from dict.fromkeys(told for arm in arms for told in arm.unequal())

    def unequal(self) -> Iterator[tuple[str, str]]:
        """Sequences that whole turns with sleep train for another time than was asked for."""
        for turns in (phase for phase in self.phases() if isinstance(phase, Interleave)):
            for train in (part for part in turns.phases if isinstance(part, Train)):
                trained = turns.rounds * train.cycles * self.cycle_ms / 1000
                asked = self.protocol.scale * self.sequences.sequences[train.task].train
                if not math.isclose(trained, asked):
                    told = f"trains {train.task} for {trained:g} s in whole turns, not {asked:g} s"
                    where = f"tasks.alternate={self.sequences.alternate:g}"
                    yield where, f"{told}: arms are not trained equally long"

    def _roles(self) -> Iterator[str]:
        tasks, network = self.sequences, self.network
        if tasks.population not in network.populations:
            allowed = nearest(tasks.population, list(network.populations))
            yield f"tasks.population='{tasks.population}': no such population{allowed}"
            return
        yield from tasks.misfits(network.populations[tasks.population].count)
        if tasks.projection not in network.plastic:
            allowed = nearest(tasks.projection, list(network.plastic))
            yield f"tasks.projection='{tasks.projection}': none that learns{allowed}"
        yield from self._grids()
        yield from self._levels()

    def _grids(self) -> Iterator[str]:
        """Times that steps and cycles cannot have."""
        tasks, cycle = self.sequences, self.cycle_ms
        for key, width in {"recall.bin": tasks.recall.bin, "replay.bin": tasks.replay.bin}.items():
            if not (is_whole(self.in_steps(width)) and is_whole(cycle / width)):
                yield f"tasks.{key}={width}: must part a cycle, {cycle:g} ms, evenly, into steps"
        times = {"oscillation.bin": tasks.oscillation.bin, "stimulus.period": tasks.stimulus.period}
        for key, time in times.items():
            if not is_whole(self.in_cycles(time)):
                yield f"tasks.{key}={time}: must be some whole cycles, of {cycle:g} ms each"

    def _levels(self) -> Iterator[str]:
        """Values of what is no number of the network."""
        network = build(self.network)
        for key, level in self.levels.items():
            try:
                check(network, level)
            except ValueError as error:
                yield f"{key}.{error}"

    def objective(self, arms: Mapping[str, Results]) -> float | None:
        wanted = self.sequences.objective
        return worth(wanted, arms) if wanted else super().objective(arms)

    def phases(self) -> Protocol:
        return SleeperPlan(self).phases()

    def expected_seconds(self, protocol: Protocol) -> list[float]:
        neurons = sum(each.count for each in self.network.populations.values())
        a_cycle = self.chosen.slower * neurons * self.network.cycle_steps / NEURON_STEPS
        return [a_cycle * phase.cycles for phase in protocol]

    @property
    def timed(self) -> bool:
        return self.chosen.measured

    def footprint(self) -> Footprint:
        return footprint(self)

    def engine(self) -> Engine:
        return self.chosen.engine

    def subject(self, devices: int, over: Over) -> Sleeper:
        return Sleeper(self, devices, over)
