"""What a config says of networks that learn sequences and sleep."""

from functools import cached_property
from typing import Annotated, Any, ClassVar

from sleeprun.config import ExperimentConfig, Role
from sleeprun.config.identity import content_hash
from sleeprun.config.values import FolderName, Section
from sleeprun.spiking.engines import Chosen
from sleeprun.spiking.modulation import Level
from sleeprun.spiking.schema import NetworkConfig
from sleeprun.subjects.sleeper import engine
from sleeprun.subjects.sleeper.sleeps import ModulatedSleep
from sleeprun.tasks.sequences.tasks import Sequences
from sleeprun.tasks.tasks import TASKS

TOLD = {"stages", "cues", "recall", "oscillation", "replay", "objective"}  # that none lives by


class ArmConfig(Section):
    """In what an arm may differ."""

    sleep: ModulatedSleep


class Config(ExperimentConfig):
    unit: ClassVar[str] = "cycles"
    what: ClassVar[str] = "networks that learn sequences"

    network: NetworkConfig
    tasks: Annotated[Any, TASKS]
    sleep: ModulatedSleep
    arms: dict[FolderName, ArmConfig]

    @property
    def sequences(self) -> Sequences:
        assert isinstance(self.tasks, Sequences)
        return self.tasks

    def cycles(self, seconds: float) -> int:
        """Of the protocol, at its scale."""
        return self.cycles_of(self.protocol.scale * seconds)

    def cycles_of(self, seconds: float) -> int:
        return _whole(self.in_cycles(1000 * seconds))

    @property
    def cycle_ms(self) -> float:
        return self.network.cycle_steps * self.network.step_ms

    def in_cycles(self, ms: float) -> float:
        return ms / self.cycle_ms

    def in_steps(self, ms: float) -> float:
        return ms / self.network.step_ms

    @property
    def cycles_a_bin(self) -> int:
        """In which Up states are looked for."""
        return _whole(self.in_cycles(self.sequences.oscillation.bin))

    @property
    def cycles_a_period(self) -> int:
        return _whole(self.in_cycles(self.sequences.stimulus.period))

    @property
    def recall_steps(self) -> int:
        """Of a bin in which answers are counted."""
        return _whole(self.in_steps(self.sequences.recall.bin))

    @property
    def replay_steps(self) -> int:
        """Of a bin in which spikes of groups are counted."""
        return _whole(self.in_steps(self.sequences.replay.bin))

    @property
    def bins_a_cycle(self) -> int:
        """How many of these."""
        return self.network.cycle_steps // self.replay_steps

    @property
    def sleeps(self) -> dict[str, ModulatedSleep]:
        """Its own and those of its arms, by their keys."""
        lives = {f"arms.{name}.sleep": arm.sleep for name, arm in self.arms.items()}
        return {
            f"{key}.also.{place - 1}" if place else key: one
            for key, life in {"sleep": self.sleep, **lives}.items()
            for place, one in enumerate(life.sleeps)
        }

    @property
    def levels(self) -> dict[str, Level]:
        """All that it may come to, by their keys."""
        found: dict[str, Level] = {"tasks.training": self.sequences.training}
        for key, one in self.sleeps.items():
            named = one.levels.items() if one.schedule != "never" else ()
            found |= {f"{key}.levels.{name}": level for name, level in named}
        return found

    @cached_property  # builds the network, and as each of its levels has it
    def chosen(self) -> Chosen:
        """What simulates it here."""
        return engine.chosen(self.network, self.levels.values(), self.runtime.simulate)

    @property
    def shortened(self) -> bool:
        return self.protocol.scale < 1

    @property
    def bound(self) -> Role | None:
        return None if self.sleep.scheduled else Role.NAIVE

    @property
    def role(self) -> Role:
        sleeps = self.sleep.scheduled
        return Role.QUIET if sleeps and all(one.awake for one in sleeps) else super().role

    @property
    def contents(self) -> str:
        return f"{self.sequences.kind}, {content_hash(self.lived())[:10]}"

    @property
    def task_names(self) -> list[str]:
        return list(self.sequences.sequences)

    @property
    def trained_tasks(self) -> list[str]:
        return self.sequences.stages

    def lived(self) -> dict[str, Any]:
        tasks = self.sequences.model_dump(exclude=TOLD)
        return {"network": self.network.model_dump(exclude={"variant"}), "tasks": tasks}

    @property
    def arms_share_training(self) -> bool:
        return True


def _whole(number: float) -> int:
    return max(1, round(number))
