"""Ion channels, one a file: constants with `steady`, `update` and `conduct`."""

from sleeprun.config.kinds import Kinds
from sleeprun.spiking.neurons.channels.channel import (
    Channel,
    Conducting,
    Gated,
    Gates,
    Site,
    advanced,
    conducting,
)

__all__ = ["CHANNELS", "Channel", "Conducting", "Gated", "Gates", "Site", "advanced", "conducting"]

_HERE = "sleeprun.spiking.neurons.channels"

CHANNELS = Kinds(
    "channel",
    f"{_HERE}.Channel",
    leak=f"{_HERE}.leak.Leak",
    sodium=f"{_HERE}.sodium.Sodium",
    potassium=f"{_HERE}.potassium.Potassium",
    cortical_sodium=f"{_HERE}.cortical_sodium.CorticalSodium",
    persistent_sodium=f"{_HERE}.persistent_sodium.PersistentSodium",
    cortical_potassium=f"{_HERE}.cortical_potassium.CorticalPotassium",
    m_current=f"{_HERE}.m_current.MCurrent",
    calcium_potassium=f"{_HERE}.calcium_potassium.CalciumPotassium",
    high_voltage_calcium=f"{_HERE}.high_voltage_calcium.HighVoltageCalcium",
    thalamic_sodium=f"{_HERE}.thalamic_sodium.ThalamicSodium",
    thalamic_potassium=f"{_HERE}.thalamic_potassium.ThalamicPotassium",
    relay_t_current=f"{_HERE}.relay_t_current.RelayTCurrent",
    reticular_t_current=f"{_HERE}.reticular_t_current.ReticularTCurrent",
    h_current=f"{_HERE}.h_current.HCurrent",
)
