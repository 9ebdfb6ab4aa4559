"""What a config says of foraging agents."""

from typing import Annotated, Any, ClassVar

from sleeprun.config import ExperimentConfig, Role
from sleeprun.config.identity import content_hash
from sleeprun.config.values import FolderName, Section
from sleeprun.spiking.schema import NetworkConfig
from sleeprun.subjects.forager.sleeps import AgentSleep, NoiseSleep
from sleeprun.tasks.agent import AgentTasks, names_of
from sleeprun.tasks.tasks import TASKS


class ArmConfig(Section):
    """In what an arm may differ."""

    sleep: AgentSleep


class Config(ExperimentConfig):
    unit: ClassVar[str] = "cycles"
    what: ClassVar[str] = "spiking agents"

    network: NetworkConfig
    tasks: Annotated[Any, TASKS]
    sleep: AgentSleep
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

    def driven(self) -> list[tuple[str, NoiseSleep]]:
        """The sleeps that are ever slept and have a drive, each with its key."""
        return [(key, one) for key, one in self.sleep.by_key() if isinstance(one, NoiseSleep)]
