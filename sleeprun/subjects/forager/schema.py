"""What a config says of foraging agents."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from sleeprun.config import Common, Role, nearest
from sleeprun.config.common import Engine, Footprint
from sleeprun.config.identity import content_hash
from sleeprun.config.messages import unknown_measures
from sleeprun.config.promise import asking
from sleeprun.config.sleep import SleepConfig
from sleeprun.config.values import FolderName, Section
from sleeprun.protocol.phases import Interleave, Live, Score, misnamed
from sleeprun.protocol.plan import numbered
from sleeprun.spiking import schema
from sleeprun.spiking.drives import DRIVES
from sleeprun.spiking.schema import NetworkConfig
from sleeprun.tasks.agent import MOST_CYCLES, AgentTasks, chance_of, names_of
from sleeprun.tasks.tasks import TASKS

if TYPE_CHECKING:
    from sleeprun.protocol.phases import Protocol
    from sleeprun.subjects.forager.forager import Forager
    from sleeprun.subjects.seeds import Over


PUBLISHED = 841 * 600  # neurons x steps, of which `runtime.expected_cycles_per_second` speaks
EVERY_STEP = 2.5  # times longer, where the native kernel skips none


class NoiseSleep(SleepConfig):
    """A population is driven by noise while no world is there."""

    kind: Literal["noise"]
    drive: Annotated[Any, DRIVES]
    reward: float  # of every cycle
    also: list["NoiseSleep"]


class ArmConfig(Section):
    """In what an arm may differ."""

    sleep: NoiseSleep


class Config(Common):
    unit: ClassVar[str] = "cycles"
    what: ClassVar[str] = "spiking agents"

    network: NetworkConfig
    tasks: Annotated[Any, TASKS]
    sleep: NoiseSleep
    arms: dict[FolderName, ArmConfig]

    @property
    def shortened(self) -> bool:
        return self.agent_tasks.shortened(self.protocol.scale)

    @property
    def notes(self) -> str | None:
        """What is said of the network goes where the network goes."""
        return "; ".join(filter(None, [self.network.variant, self.variant])) or None

    @property
    def agent_tasks(self) -> AgentTasks:
        assert isinstance(self.tasks, AgentTasks)
        return self.tasks

    @property
    def bound(self) -> Role | None:
        stages = self.agent_tasks.stages
        if self.sleep.scheduled:
            return None
        if all(len(stage) == 1 for stage in stages):
            return Role.NAIVE
        at_once = any(set(stage) == set(self.trained_tasks) for stage in stages)
        return Role.JOINT if at_once else None

    @property
    def contents(self) -> str:
        return f"{self.agent_tasks.kind}, {content_hash(self.lived())[:10]}"

    def learns(self, contents: str | None) -> bool:
        return contents in (self.contents, None)  # which earlier records did not say

    @property
    def task_names(self) -> list[str]:
        return names_of(self.agent_tasks)

    @property
    def trained_tasks(self) -> list[str]:
        return [name for stage in self.agent_tasks.stages for name in stage]

    def lived(self) -> dict[str, Any]:
        return {
            "network": self.network.model_dump(exclude={"variant"}),
            "tasks": self.agent_tasks.lived(),
        }

    @property
    def arms_share_training(self) -> bool:
        return True

    def phases(self) -> "Protocol":
        from sleeprun.subjects.forager.plan import AgentPlan

        return AgentPlan(self).phases()

    def engine(self) -> Engine:
        from sleeprun.subjects.forager.build import chosen

        return chosen(self).engine

    def expected_seconds(self, protocol: "Protocol") -> list[float]:
        from sleeprun.subjects.forager.build import chosen

        found, network = chosen(self), self.network
        neurons = sum(population.count for population in network.populations.values())
        longer = found.slower * neurons * network.cycle_steps / PUBLISHED
        if found.engine == "native" and not self.runtime.skip_quiet:
            longer *= EVERY_STEP
        a_cycle = longer / self.runtime.expected_cycles_per_second
        return [a_cycle * phase.cycles for phase in protocol]

    @property
    def timed(self) -> bool:
        from sleeprun.subjects.forager.build import chosen

        return chosen(self).measured

    def footprint(self) -> Footprint:
        from sleeprun.subjects.forager.footprint import footprint

        return footprint(self)

    def subject(self, devices: int, over: "Over") -> "Forager":
        from sleeprun.subjects.forager.forager import Forager

        return Forager(self, devices, over)

    def contradictions(self) -> Iterator[str]:
        yield from schema.contradictions(self.network)
        yield from self._roles()
        yield from self._stages()
        yield from self._lengths()
        yield from self._sleeps()
        yield from self._interventions()
        yield from unknown_measures(self, [f"final/{name}" for name in self.task_names])

    def cautions(self) -> Iterator[tuple[str, str]]:
        yield from super().cautions()
        yield from schema.cautions(self.network)
        yield from self._lengthened()

    def _lengthened(self) -> Iterator[tuple[str, str]]:
        """Stages in turns, of which no less than a round is lived, whatever the scale."""
        tasks, scale = self.agent_tasks, self.protocol.scale
        wanted = tasks.cycles(tasks.train, scale)
        for name in self.arms or [""]:
            for phase in self.arm(name).phases():
                if isinstance(phase, Interleave) and phase.cycles > wanted and phase.rounds == 1:
                    told = f"'{phase.title}' takes a round of {phase.cycles} cycles, which is not"
                    told += f" shortened, other stages {wanted}: arms are not trained equally long"
                    yield f"protocol.scale={scale:g}", told
                    return

    def _roles(self) -> Iterator[str]:
        """Who sees, who moves, and whether their sizes fit the world."""
        tasks, populations = self.agent_tasks, self.network.populations
        chance_of(tasks)
        roles = {"sees": tasks.sees, "moves": tasks.moves}
        for role, name in roles.items():
            if name not in populations:
                allowed = nearest(name, list(populations))
                yield f"tasks.{role}='{name}': no such population{allowed}"
        if set(roles.values()) <= set(populations):
            sees, moves = populations[tasks.sees], populations[tasks.moves]
            with asking(tasks, "misfits"):
                misfits = [*tasks.misfits(tuple(sees.size), moves.count)]
            yield from misfits
        for name in tasks.freeze:
            if name not in self.network.projections:
                allowed = nearest(name, list(self.network.projections))
                yield f"tasks.freeze='{name}': no such projection{allowed}"

    def _stages(self) -> Iterator[str]:
        known = self.task_names
        yield from misnamed(known)
        for index, stage in enumerate(self.agent_tasks.stages):
            for name in stage:
                if name not in known:
                    yield f"tasks.stages.{index}='{name}': no such task{nearest(name, known)}"
            if len(set(stage)) < len(stage):
                yield f"tasks.stages.{index}={stage}: the same task twice in one stage"

    def _lengths(self) -> Iterator[str]:
        """Whether the cycles of every arm's life, and of a test at its end, can be counted."""
        lives = {f"arms.{name}.sleep": self.arm(name) for name in self.arms} or {"sleep": self}
        for key, life in lives.items():
            phases = life.phases()
            lived = sum(phase.cycles for phase in phases if isinstance(phase, Live))
            tested = max(phase.cycles for phase in phases if isinstance(phase, Score))
            if lived + tested > MOST_CYCLES:
                yield (
                    f"tasks and {key}: {lived + tested:,d} or more cycles in all, more cycles than "
                    f"can be counted; must be {MOST_CYCLES:,d} at most: make tasks.train, "
                    f"{key}.length or protocol.scale less"
                )
        yield from self._scaled_away()

    def _scaled_away(self) -> Iterator[str]:
        """A phase that `protocol.scale` leaves not a cycle of."""
        tasks, scale = self.agent_tasks, self.protocol.scale
        lengths = {name: getattr(tasks, name) for name in ("unsupervised", "train", "test")}
        shortest = min((name for name in lengths if lengths[name] > 0), key=lengths.__getitem__)
        cycles = lengths[shortest] * tasks.aeon
        if cycles * scale < 0.5:
            yield (
                f"protocol.scale={scale:g}: leaves not one cycle of "
                f"tasks.{shortest}={lengths[shortest]:g}; must be at least {1 / cycles:.2g}"
            )

    def _sleeps(self) -> Iterator[str]:
        arms = {f"arms.{name}.sleep": arm.sleep for name, arm in self.arms.items()}
        stages = numbered(self.agent_tasks.stages)
        for key, sleep in {"sleep": self.sleep, **arms}.items():
            for place, one in enumerate(sleep.sleeps):
                here = f"{key}.also.{place - 1}" if place else key
                yield from one.misfits(here, stages)
                slept = one.schedule != "never"
                if slept and one.drive.population not in self.network.populations:
                    wanted = one.drive.population
                    allowed = nearest(wanted, list(self.network.populations))
                    yield f"{here}.drive.population='{wanted}': no such population{allowed}"

    def _interventions(self) -> Iterator[str]:
        stages = ["unsupervised", *(stage.name for stage in numbered(self.agent_tasks.stages))]
        plastic, populations = self.network.plastic, list(self.network.populations)
        for index, entry in enumerate(self.interventions):
            key = f"interventions.{index}"
            if entry.after not in stages:
                yield f"{key}.after='{entry.after}': no such stage{nearest(entry.after, stages)}"
            if entry.freeze is not None and entry.freeze not in plastic:
                yield f"{key}.freeze='{entry.freeze}': not plastic{nearest(entry.freeze, plastic)}"
            if entry.freeze is not None and entry.freeze in self.agent_tasks.freeze:
                yield f"{key}.freeze='{entry.freeze}': tasks.freeze has frozen it before"
            if entry.lesion is not None and entry.lesion not in populations:
                yield f"{key}.lesion='{entry.lesion}': not one{nearest(entry.lesion, populations)}"
