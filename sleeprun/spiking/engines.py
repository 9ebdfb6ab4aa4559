"""By what means a network is simulated and learns: what was wanted, as far as it can be had."""

import logging
from collections.abc import Callable
from functools import cache
from typing import Literal, NamedTuple

import jax

from sleeprun.config import ConfigError
from sleeprun.config.runtime import Engine
from sleeprun.spiking import native
from sleeprun.spiking.native import conducting, nearest
from sleeprun.spiking.network import Network
from sleeprun.spiking.neurons.lif import LIF
from sleeprun.spiking.neurons.rulkov import RulkovMap
from sleeprun.spiking.synapses.current import Current

# How many times slower the portable path is, measured awake with the network of Golden et al. 2022:
# by CPU time of one network, and on an H100 with 1,000 of them. For other kinds than were measured
# it is a guess, which serves to foresee a run's time and is not told.
SLOWER = {"native": 12, "fused": 15}
BY_STEP_SLOWER = 70  # on a CPU
FED_BACK_SLOWER = 100  # beside the compiled kernel: conf/network/inhibition, four of them
FED_BACK = {RulkovMap, LIF, Current}  # what is in it
OF_CHANNELS_SLOWER = 110  # by synapses, beside the compiled kernel: conf/network/gonzalez2020
LEARNS_SLOWER = 4
KERNELS = {"native": "the compiled kernel", "fused": "the fused kernel"}
NO_KERNEL = (
    "the package was built without its compiled kernel, so the portable path is used, which is "
    "several times slower; for the kernel, install g++ 11 or clang++ 14, or newer, and then the "
    "package again (pip install --force-reinstall --no-deps)"
)
Wanted = Literal["auto"] | Engine
log = logging.getLogger("sleeprun")


class Chosen(NamedTuple):
    engine: Engine  # what simulates
    learning: Literal["native", "portable"]  # what changes the weights
    refused: tuple[str, ...]  # what the kernel does not take
    told: str | None  # in a line, with what that costs
    slower: int = 1  # times, than its kernel with nothing refused
    measured: bool = True  # that; otherwise it is a guess


class Kernel(NamedTuple):
    """A compiled kernel: what it does not take of a network, and what that costs."""

    refused: Callable[[Network], list[str]]
    unlearned: Callable[[Network], list[str]]
    learns_apart: bool  # whether something else can learn between its windows
    slower: Callable[[Network], tuple[int, bool]]  # by_layer on a CPU, times; whether it is known


def chosen(network: Network, wanted: Wanted, kernel: Kernel | None = None) -> Chosen:
    """`choose` on this machine; what a kernel does not take is told once."""
    backend = jax.default_backend()
    found = choose(network, wanted, backend, kernel)
    if found.told:
        _tell(found.told)
    elif wanted == "auto" and not native.available() and backend == "cpu":
        _tell(NO_KERNEL)
    return found


@cache
def _tell(line: str) -> None:
    log.warning(line)


def choose(network: Network, wanted: Wanted, backend: str, kernel: Kernel | None = None) -> Chosen:
    """What really simulates a network (whichever engine it names) on a backend, and what learns.

    Raises ConfigError where a kernel that was wanted by its name cannot be had.
    """
    kernel = kernel or FEED_FORWARD
    engine = _of_backend(backend) if wanted == "auto" else wanted
    if engine == "native" and not native.available():
        raise ConfigError("runtime.simulate='native': the package was built without its kernel")
    refused = tuple(_refused(network, engine, kernel))
    if refused:
        without = f"{KERNELS[engine]} does not take {', '.join(refused)}"
        if wanted != "auto":
            raise ConfigError(f"runtime.simulate='{wanted}': {without}; choose auto")
        on_cpu = engine == "native"
        slower, measured = kernel.slower(network) if on_cpu else (SLOWER[engine], False)
        much = f"about {slower} times slower" if measured else "slower; not measured how much"
        told = f"{without}: simulated by_layer, {much}"
        return Chosen("by_layer", "portable", refused, told, slower, measured)
    if engine == "fused":
        return Chosen(engine, "portable", (), None)
    if engine != "native":
        by_layer = engine == "by_layer"
        slower, measured = kernel.slower(network) if by_layer else (BY_STEP_SLOWER, False)
        on_cpu = backend == "cpu"
        return Chosen(engine, "portable", (), None, slower if on_cpu else 1, measured and on_cpu)
    if unlearned := tuple(kernel.unlearned(network)):
        without = f"{KERNELS[engine]} does not take {', '.join(unlearned)}"
        told = f"{without}, so XLA computes the learning: about {LEARNS_SLOWER} times slower"
        return Chosen("native", "portable", unlearned, told, LEARNS_SLOWER)
    return Chosen("native", "native", (), None)


def _of_backend(backend: str) -> Engine:
    if native.available():
        return "native"
    return "fused" if backend == "gpu" else "by_layer"


def _by_layer(network: Network) -> tuple[int, bool]:
    """How many times slower than the compiled kernel that is on a CPU, and whether it is known."""
    neurons = [population.neuron for population in network.populations.values()]
    synapses: set[type] = {type(projection.synapse) for projection in network.projections.values()}
    if network.fed_back():
        return FED_BACK_SLOWER, {type(neuron) for neuron in neurons} | synapses <= FED_BACK
    told = [neuron.slower if "slower" in vars(type(neuron)) else None for neuron in neurons]
    known = [times for times in told if times is not None]
    return round(max(known, default=SLOWER["native"])), known == told and synapses <= {Current}


def _of_channels(network: Network) -> tuple[int, bool]:
    """The same of cells built of channels."""
    return OF_CHANNELS_SLOWER, not conducting.refused(network)


FEED_FORWARD = Kernel(native.refused, native.unlearned, True, _by_layer)
OF_CHANNELS = Kernel(conducting.refused, nearest.unlearned, False, _of_channels)


def _refused(network: Network, engine: Engine, kernel: Kernel) -> list[str]:
    if engine == "native":
        unlearned = [] if kernel.learns_apart else kernel.unlearned(network)
        return [*kernel.refused(network), *unlearned]
    if engine == "fused":
        from sleeprun.spiking import fused

        return fused.refused(network)
    return []
