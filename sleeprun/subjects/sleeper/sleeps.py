"""What a config says of a sleep that neuromodulators bring about: its stages and their lengths."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from sleeprun.config.sleep import SleepConfig
from sleeprun.config.spelling import nearest
from sleeprun.config.values import Fraction, Positive
from sleeprun.spiking.modulation import Part


class ModulatedSleep(SleepConfig):
    """Levels of neuromodulation in turns; awake, the network is as it is by itself."""

    kind: Literal["modulated"]
    levels: dict[str, dict[str, Any]]  # by name: values of numbers, by their place in the network
    course: Annotated[list[str], Field(min_length=1)]  # the levels that come, in order
    shares: Annotated[list[Positive], Field(min_length=1)]  # of each in the length
    ramp: Fraction  # of each, in which all values go there in straight lines; 0: in one step
    also: list["ModulatedSleep"]

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    @model_validator(mode="after")
    def _told(self) -> "ModulatedSleep":
        for name in self.course:
            if name not in self.levels:
                raise ValueError(f"course: no such level{nearest(name, list(self.levels))}")
        if len(self.shares) != len(self.course):
            raise ValueError(f"shares: {len(self.shares)} of {len(self.course)} in its course")
        return self

    @property
    def awake(self) -> bool:
        """Whether no level that comes changes anything."""
        return not any(self.levels[name] for name in self.course)

    def parts(self, length: float) -> list[Part]:
        """Of its course, in a sleep of some length."""
        unit = length / sum(self.shares)
        whole = zip(self.course, self.shares, strict=True)
        return [Part(self.levels[name], share * unit, self.ramp) for name, share in whole]
