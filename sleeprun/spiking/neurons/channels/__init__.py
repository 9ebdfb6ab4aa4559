"""Ion channels, one a file: constants with `steady`, `update` and `conduct`."""

from sleeprun.config.kinds import Kinds
from sleeprun.spiking.neurons.channels.channel import (
    Channel,
    Conducting,
    Gates,
    Site,
    advanced,
    conducting,
)

__all__ = ["CHANNELS", "Channel", "Conducting", "Gates", "Site", "advanced", "conducting"]

CHANNELS = Kinds(
    "channel",
    "sleeprun.spiking.neurons.channels.Channel",
    leak="sleeprun.spiking.neurons.channels.leak.Leak",
    sodium="sleeprun.spiking.neurons.channels.sodium.Sodium",
    potassium="sleeprun.spiking.neurons.channels.potassium.Potassium",
)
