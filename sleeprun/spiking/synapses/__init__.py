"""Synapses: who is joined, with which weights at the start, and what a spike does there."""

from sleeprun.config.kinds import Kinds
from sleeprun.spiking.synapses.along import Along
from sleeprun.spiking.synapses.synapse import Conducting, Synapse
from sleeprun.spiking.synapses.weights import STARTS
from sleeprun.spiking.synapses.wiring import WIRINGS

__all__ = ["STARTS", "SYNAPSES", "WIRINGS", "Along", "Conducting", "Synapse"]

SYNAPSES = Kinds(
    "synapse",
    "sleeprun.spiking.synapses.Synapse",
    current="sleeprun.spiking.synapses.current.Current",
    conductance="sleeprun.spiking.synapses.conductance.Conductance",
    nmda="sleeprun.spiking.synapses.nmda.NMDA",
    gaba_b="sleeprun.spiking.synapses.gaba_b.GABAB",
    quantal="sleeprun.spiking.synapses.quantal.Quantal",
)
