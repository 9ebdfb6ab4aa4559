"""Experiments on foraging agents."""

from collections.abc import Iterator

from sleeprun.config.runtime import Engine
from sleeprun.protocol.phases import Protocol
from sleeprun.subjects.experiment import Experiment
from sleeprun.subjects.footprint import Footprint
from sleeprun.subjects.forager import contradictions
from sleeprun.subjects.forager.build import chosen
from sleeprun.subjects.forager.expected import expected_seconds
from sleeprun.subjects.forager.footprint import footprint
from sleeprun.subjects.forager.forager import Forager
from sleeprun.subjects.forager.plan import AgentPlan
from sleeprun.subjects.forager.schema import Config
from sleeprun.subjects.seeds import Over
from sleeprun.subjects.sight import Sight


class AgentExperiment(Config, Experiment):
    def contradictions(self) -> Iterator[str]:
        return contradictions.contradictions(self)

    def cautions(self) -> Iterator[tuple[str, str]]:
        yield from super().cautions()
        yield from contradictions.cautions(self)

    def phases(self) -> Protocol:
        return AgentPlan(self).phases()

    def expected_seconds(self, protocol: Protocol) -> list[float]:
        return expected_seconds(self, chosen(self), protocol)

    @property
    def timed(self) -> bool:
        return chosen(self).measured

    def footprint(self) -> Footprint:
        return footprint(self)

    @property
    def sight(self) -> Sight:
        """Through excitatory projections; where several lead to a population, the first."""
        network, sees = self.network, self.agent_tasks.sees
        through: dict[str, tuple[str, ...]] = {sees: ()}
        for _ in network.projections:
            for name, one in network.projections.items():
                if one.pre in through and one.post not in through and not network.inhibits(one):
                    through[one.post] = (*through[one.pre], name)
        del through[sees]
        return Sight(tuple(network.populations[sees].size), through, self.agent_tasks.moves)

    def engine(self) -> Engine:
        return chosen(self).engine

    def subject(self, devices: int, over: Over) -> Forager:
        return Forager(self, devices, over)
