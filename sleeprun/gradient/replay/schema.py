"""What a config says of a perceptron's sleep: when it sleeps, and what its sleep is made of."""

from typing import Annotated, Any, Literal

from pydantic import Field

from sleeprun.config.declared import section_of
from sleeprun.config.sleep import DecaySleep, SleepConfig
from sleeprun.gradient.replay import DRIVES, Replay


class ReplayConfig(SleepConfig, section_of(Replay)):  # type: ignore[misc]
    kind: Literal["replay"]
    schedule: Literal["never", "after"]
    drive: Annotated[Any, DRIVES]
    # Largest activations are taken anew over all earlier images; or those of their own time stand
    # for them, and no image is kept; or those of the first sleep stay.
    scale: Literal["every_sleep", "carried", "first_sleep"]
    also: list["ReplayConfig"]


class PerceptronDecay(DecaySleep):
    schedule: Literal["never", "after"]
    also: list["PerceptronDecay"]


PerceptronSleep = Annotated[ReplayConfig | PerceptronDecay, Field(discriminator="kind")]
