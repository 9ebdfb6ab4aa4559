"""Neuron models, one a file: constants with `init(size)` and `step(state)`."""

from sleeprun.config.kinds import Kinds
from sleeprun.spiking.neurons.membrane import Membrane, MembraneState, Opened, closed
from sleeprun.spiking.neurons.neuron import Neuron, NeuronState

__all__ = ["NEURONS", "Membrane", "MembraneState", "Neuron", "NeuronState", "Opened", "closed"]

NEURONS = Kinds(
    "neuron",
    "sleeprun.spiking.neurons.Neuron",
    rulkov="sleeprun.spiking.neurons.rulkov.RulkovMap",
    lif="sleeprun.spiking.neurons.lif.LIF",
    adex="sleeprun.spiking.neurons.adex.AdEx",
    conductance_based="sleeprun.spiking.neurons.conductance_based.ConductanceBased",
    two_compartment="sleeprun.spiking.neurons.two_compartment.TwoCompartment",
)
