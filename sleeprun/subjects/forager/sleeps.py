"""What a config says of an agent's sleep: what it is made of."""

from typing import Annotated, Any, Literal

from pydantic import Field

from sleeprun.config.sleep import DecaySleep, SleepConfig
from sleeprun.spiking.drives import DRIVES


class NoiseSleep(SleepConfig):
    """A population is driven by noise while no world is there."""

    kind: Literal["noise"]
    drive: Annotated[Any, DRIVES]
    reward: float  # of every cycle
    also: list["NoiseSleep"]


class AgentDecay(DecaySleep):
    also: list["AgentDecay"]


AgentSleep = Annotated[NoiseSleep | AgentDecay, Field(discriminator="kind")]
