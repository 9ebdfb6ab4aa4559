"""By what means networks are simulated that have other numbers in their sleep."""

from collections.abc import Iterable

from sleeprun.spiking import engines
from sleeprun.spiking.build import build
from sleeprun.spiking.engines import Chosen
from sleeprun.spiking.modulation import Level, modulated
from sleeprun.spiking.schema import NetworkConfig


def chosen(config: NetworkConfig, levels: Iterable[Level], wanted: engines.Wanted) -> Chosen:
    """A kernel, or by synapses alone; by_step by all pairs of neurons, the reference. A kernel must
    take whatever levels make of a network.
    """
    network, kernel = build(config), engines.OF_CHANNELS
    alike = [network, *(modulated(network, level) for level in levels)]
    worst = max(alike, key=lambda each: len(kernel.refused(each)))
    return engines.chosen(worst, wanted, kernel)
