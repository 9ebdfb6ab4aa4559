"""An experiment that can be carried out: its keys, its protocol, and who lives through it."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from sleeprun.config import ExperimentConfig
from sleeprun.config.analysis import Analyses
from sleeprun.config.runtime import Engine
from sleeprun.protocol.phases import Protocol
from sleeprun.protocol.results import Results
from sleeprun.subjects.footprint import Footprint
from sleeprun.subjects.seeds import Over
from sleeprun.subjects.sight import Sight
from sleeprun.subjects.subject import Subject


class Experiment(ExperimentConfig):
    """A family of networks derives its own, which says what differs."""

    analysis: Analyses = Field([])  # which records of older versions lack

    def objective(self, arms: Mapping[str, Results]) -> float | None:
        """What a search makes large, from what the arms came to, or the whole run: the mean final
        score over the trained tasks; none where there is none.
        """
        means = [found["metrics"]["accuracy"]["mean"] for found in arms.values()]
        known = [mean for mean in means if mean is not None]
        return sum(known) / len(known) if len(known) == len(means) else None

    @abstractmethod
    def contradictions(self) -> Iterator[str]:
        """Values that are fine alone and impossible together, a line each."""

    def cautions(self) -> Iterator[tuple[str, str]]:
        """What can be run and yet may mislead: a key, and why."""
        lives = [self.arm(name).sleep for name in self.arms] or [self.sleep]
        if self.sleep.also and not any(life.scheduled for life in lives):
            told = "lists sleeps that never come: sleep.schedule=never is theirs as well, unless"
            yield "sleep.also", f"{told} they say schedule: after, or interleaved"

    def unfit(self) -> Iterator[str]:
        """Analyses that cannot be made of what it will record, a line each."""
        for place, section in enumerate(self.analysis):
            for why in section.make().misfits(self):
                yield f"analysis.{place}='{section.kind}': {why}"

    @abstractmethod
    def phases(self) -> Protocol:
        """The protocol. Raises ConfigError where the data don't fit it."""

    def expected_seconds(self, protocol: Protocol) -> list[float]:
        """About how long each phase takes, of one network on a core, where nobody knows better."""
        return [phase.cycles / self.runtime.expected_cycles_per_second for phase in protocol]

    @property
    def timed(self) -> bool:
        """Whether that was measured; else it may well take longer."""
        return True

    def footprint(self) -> Footprint:
        """How much memory it takes. Raises ConfigError where the data don't fit."""
        return Footprint({}, {})

    @property
    def sight(self) -> Sight | None:
        """What it sees, and by which weights; none where it sees nothing."""
        return None

    @abstractmethod
    def engine(self) -> Engine:
        """By what means it is simulated here. Raises ConfigError where that is impossible."""

    @abstractmethod
    def subject(self, devices: int, over: Over) -> Subject[Any, Any]:
        """Who lives through the protocol."""
