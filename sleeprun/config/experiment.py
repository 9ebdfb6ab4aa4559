"""The keys that every experiment has, whatever learns in it, and what they say of it."""

from abc import abstractmethod
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import Field

from sleeprun.config.intervention import InterventionConfig
from sleeprun.config.role import Role
from sleeprun.config.runtime import RuntimeConfig, available_cores
from sleeprun.config.tracking import TrackingConfig
from sleeprun.config.values import FolderName, Name, Positive, Section, Seeds

C = TypeVar("C", bound="ExperimentConfig")


class ProtocolConfig(Section):
    scale: Positive  # of all lengths alike


class ExperimentConfig(Section):
    """A family of networks derives its own. How it is carried out: `subjects/experiment.py`."""

    unit: ClassVar[str]  # of a phase's length
    what: ClassVar[str]  # in words, who learns

    name: Name
    variant: str | None
    seeds: Seeds
    network: Any
    tasks: Any
    sleep: Any
    arms: dict[FolderName, Any]
    interventions: list[InterventionConfig]
    protocol: ProtocolConfig
    runtime: RuntimeConfig
    tracking: TrackingConfig
    joint: str | None
    naive: str | None
    origin: Annotated[str, Field(min_length=1)] | None = Field(None, alias="from")
    dry_run: bool
    resume: Annotated[str, Field(min_length=1)] | None

    @property
    def cores(self) -> int:
        return self.runtime.cores or available_cores()

    @property
    def devices(self) -> int:
        """Over how many devices the seeds are spread."""
        return min(self.cores, len(self.seeds))

    def arm(self: C, name: str) -> C:
        """The experiment as one of its arms has it; as a whole without a name."""
        if not name:
            return self
        changed = {part: getattr(self.arms[name], part) for part in self.arm_sections()}
        return self.model_copy(update={**changed, "name": f"{self.name}:{name}", "arms": {}})

    @classmethod
    def arm_sections(cls) -> tuple[str, ...]:
        """The sections in which an arm may differ."""
        return ("sleep",)

    @property
    def shortened(self) -> bool:
        """Whether any phase is shorter than it was in the publication."""
        return False

    @property
    def notes(self) -> str | None:
        """What a record must say beside the name."""
        return self.variant

    @property
    @abstractmethod
    def bound(self) -> Role | None:
        """Which of the bounds it is that others lie between: naive, joint, or none."""

    @property
    def role(self) -> Role:
        if self.bound or not (sleeps := self.sleep.scheduled):
            return self.bound or Role.AWAKE
        return self.sleep.role if any(sleep.plasticity for sleep in sleeps) else self.sleep.idle

    @property
    @abstractmethod
    def contents(self) -> str | None:
        """Who learns what, so that runs are compared only where it is the same."""

    def learns(self, contents: str | None) -> bool:
        """Whether it is what a run recorded as its contents."""
        return contents == self.contents

    @property
    @abstractmethod
    def task_names(self) -> list[str]:
        """All tasks that are scored."""

    @property
    @abstractmethod
    def trained_tasks(self) -> list[str]:
        """Those that are trained, in order."""

    @abstractmethod
    def lived(self) -> dict[str, Any]:
        """What a state depends on beside its phases and seeds: sections, by their keys."""

    @property
    @abstractmethod
    def arms_share_training(self) -> bool:
        """Whether what arms have in common is run once, up to where they part."""
