"""By what means a network is simulated and learns: what was wanted, as far as it can be had."""

from typing import Literal, NamedTuple

from sleeprun.config import ConfigError
from sleeprun.spiking import native
from sleeprun.spiking.network import Engine, Network
from sleeprun.spiking.neurons.lif import LIF
from sleeprun.spiking.neurons.rulkov import RulkovMap
from sleeprun.spiking.synapses.current import Current

# How many times slower the portable path is, measured awake with the network of Golden et al. 2022:
# by CPU time of one network, and on an H100 with 132 of them. What a kernel refuses is of
# another kind: for it this is a guess, which serves to foresee a run's time and is not told.
SLOWER = {"native": 12, "fused": 10}
PLAIN_SLOWER = {"by_layer": 12, "by_step": 70}  # on a CPU, where they are wanted
FED_BACK_SLOWER = 100  # beside the compiled kernel: conf/network/inhibition, four of them
FED_BACK = {RulkovMap, LIF, Current}  # what is in it
LEARNS_SLOWER = 4
KERNELS = {"native": "the compiled kernel", "fused": "the fused kernel"}


class Chosen(NamedTuple):
    engine: Engine  # what simulates
    learning: Literal["native", "portable"]  # what changes the weights
    refused: tuple[str, ...]  # what the kernel does not take
    told: str | None  # in a line, with what that costs
    slower: int = 1  # times, than its kernel with nothing refused, as far as it was measured


def choose(network: Network, wanted: Literal["auto"] | Engine, backend: str) -> Chosen:
    """What really simulates a network (whichever engine it names) on a backend, and what learns.

    Raises ConfigError where a kernel that was wanted by its name cannot be had.
    """
    engine = _of_backend(backend) if wanted == "auto" else wanted
    if engine == "native" and not native.available():
        raise ConfigError("runtime.simulate='native': the package was built without its kernel")
    refused = tuple(_refused(network, engine))
    if refused:
        without = f"{KERNELS[engine]} does not take {', '.join(refused)}"
        if wanted != "auto":
            raise ConfigError(f"runtime.simulate='{wanted}': {without}; choose auto")
        stepped = engine == "native" and network.fed_back()
        slower = FED_BACK_SLOWER if stepped else SLOWER[engine]
        kinds: set[type] = {type(population.neuron) for population in network.populations.values()}
        kinds |= {type(projection.synapse) for projection in network.projections.values()}
        measured = stepped and kinds <= FED_BACK
        much = f"about {slower} times slower" if measured else "slower; not measured how much"
        told = f"{without}: simulated by_layer, {much}"
        return Chosen("by_layer", "portable", refused, told, slower)
    if engine != "native":
        slower = PLAIN_SLOWER.get(engine, 1) if backend == "cpu" else 1
        return Chosen(engine, "portable", (), None, slower)
    if unlearned := tuple(native.unlearned(network)):
        without = f"{KERNELS[engine]} does not take {', '.join(unlearned)}"
        told = f"{without}: it simulates but does not learn, about {LEARNS_SLOWER} times slower"
        return Chosen("native", "portable", unlearned, told, LEARNS_SLOWER)
    return Chosen("native", "native", (), None)


def _of_backend(backend: str) -> Engine:
    if native.available():
        return "native"
    return "fused" if backend == "gpu" else "by_layer"


def _refused(network: Network, engine: Engine) -> list[str]:
    if engine == "native":
        return native.refused(network)
    if engine == "fused":
        from sleeprun.spiking import fused

        return fused.refused(network)
    return []
