"""What the kernel takes of a network: feed-forward Rulkov neurons with STDP, no more."""

from sleeprun.spiking.network import Network
from sleeprun.spiking.neurons.rulkov import RulkovMap
from sleeprun.spiking.plasticity.stdp import STDP
from sleeprun.spiking.synapses.current import Current


def simulates(network: Network) -> bool:
    """Whether the kernel is wanted and takes every population and projection."""
    return network.engine == "native" and not refused(network)


def learns(network: Network) -> bool:
    """Whether it takes every rule, too."""
    return simulates(network) and not unlearned(network)


def refused(network: Network) -> list[str]:
    """What the kernel does not know: it knows Rulkov neurons that do not feed back, no more."""
    found = [
        f"population {name} ({type(population.neuron).__name__})"
        for name, population in network.populations.items()
        if type(population.neuron) is not RulkovMap
    ]
    found += [
        f"projection {name} ({type(projection.synapse).__name__})"
        for name, projection in network.projections.items()
        if type(projection.synapse) is not Current
    ]
    if fed_back := network.fed_back():
        found.append(f"feedback among {', '.join(fed_back)}")
    return found


def unlearned(network: Network) -> list[str]:
    """Rules that the kernel does not know: it knows STDP that normalises, no more."""
    return [
        f"projection {name} (rule {type(rule).__name__})"
        for name, rule in network.rules.items()
        if type(rule) is not STDP or not rule.normalise
    ]
