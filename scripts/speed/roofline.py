"""How far a formulation is from what one core can do.

The work counted is that of stepping every neuron through every step of a cycle; whoever skips
quiet steps does less, and its figure is an equivalent. Additions, multiplications and divisions
of floats count one each, and so do the integer operations of the hash; comparisons and choices
count nothing.
"""

import time
import timeit
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from sleeprun.spiking.network import Network
from sleeprun.spiking.neurons import Neuron
from sleeprun.subjects.forager.state import AgentState, ClosedLoop
from speed.agents import PLASTIC, Activity

FLOAT = 4  # bytes
ARITHMETIC = {"add", "sub", "mul", "div", "neg", "exp", "max", "min"}
# A spike at a synapse: hash 12, to a float in [0, 1) 2, 1 + R (2 d - 1) 4, weight and sum 2.
DELIVERY = 20
# A plastic synapse at a cycle's end: mean of traces 3, its floor 2, strength 2, growth 1,
# bounds 2, scaling 2, sums of rows 2.
SYNAPSE = 14
# A live trace, in two passes: its d 4 each, the sum 1, clipped change 3, growth 3.
TRACE = 15
PAIR = 5  # a new trace: lag 2, kernel 3
# Weight, mean and growth are read and written, the weights again for scaling and for the sums.
SYNAPSE_FLOATS = 9
TRACE_FLOATS = 6  # synapse, time and value, twice


class Work(NamedTuple):
    """Of one network in one cycle."""

    operations: float
    bytes_streamed: float  # the state read and written at every step, as when stepping in cache
    bytes_kept: float  # the state read and written once, as when it stays in registers


class Roof(NamedTuple):
    gflops: float  # reached by a product of float32 matrices: what "peak" means here
    gigabytes: float  # a second, read and written by a copy as big as the state of a network


def operations(neuron: Neuron) -> int:
    """Arithmetic of one neuron in one step, counted from the traced equations."""
    size = 2  # tells what is done for every neuron from what is done once
    traced = jax.make_jaxpr(neuron.step)(neuron.init(size))
    return sum(
        eqn.primitive.name in ARITHMETIC and eqn.outvars[0].aval.shape == (size,)
        for eqn in traced.eqns
    )


def work(loop: ClosedLoop, state: AgentState, activity: Activity) -> Work:
    network = loop.network
    stepping, floats = 0, 0
    for population in network.populations.values():
        stepping += operations(population.neuron) * population.size * network.cycle_steps
        floats += 2 * len(population.neuron.init(1)) * population.size
    events = _events(network, state, activity)
    synapses = sum(np.count_nonzero(state.network.weights[name][0]) for name in PLASTIC)
    pairs = activity.traces / network.projections[PLASTIC[0]].rule.lifetime
    plasticity = SYNAPSE * synapses + TRACE * activity.traces + PAIR * pairs
    learning = SYNAPSE_FLOATS * synapses + TRACE_FLOATS * activity.traces
    other = FLOAT * (3 * events + learning)  # a weight, and a current read and written
    return Work(
        stepping + DELIVERY * events + plasticity,
        FLOAT * floats * network.cycle_steps + other,
        FLOAT * floats + other,
    )


def _events(network: Network, state: AgentState, activity: Activity) -> float:
    """Spikes arriving at synapses."""
    return sum(
        activity.spikes[wires.pre]
        * np.count_nonzero(state.network.weights[name][0])
        / network.populations[wires.pre].size
        for name, wires in network.projections.items()
    )


def measured() -> Roof:
    side = 768
    square = jnp.ones((side, side), jnp.float32)
    product = jax.jit(lambda a: a @ a)
    product(square).block_until_ready()
    best = _best(lambda: product(square).block_until_ready(), 1)
    # The difference between two sizes leaves out the call.
    small, big = (np.zeros((2, size), np.float32) for size in (256, 4096))
    times = [_best(lambda pair=pair: np.copyto(*pair), 1000) for pair in (small, big)]
    return Roof(2 * side**3 / best / 1e9, (big.nbytes - small.nbytes) / (times[1] - times[0]) / 1e9)


def _best(function: Any, calls: int) -> float:
    times = timeit.repeat(function, timer=time.process_time, number=calls, repeat=50)
    return min(times) / calls


def estimate(roof: Roof, needed: Work, rate: float) -> dict[str, float]:
    """Where a speed lies under the roof."""
    reached = needed.operations * rate / 1e9
    return {
        "gflops": round(reached, 2),
        "of_peak": round(reached / roof.gflops, 3),
        "of_streaming_roof": round(reached / _attainable(roof, needed.bytes_streamed, needed), 3),
    }


def described(roof: Roof, needed: Work) -> dict[str, Any]:
    """The work of a cycle and which roof binds it."""
    found: dict[str, Any] = {"operations": round(needed.operations)}
    for way, moved in (("streamed", needed.bytes_streamed), ("kept", needed.bytes_kept)):
        attainable = _attainable(roof, moved, needed)
        found[way] = {
            "bytes": round(moved),
            "intensity": round(needed.operations / moved, 2),
            "binding": "peak" if attainable == roof.gflops else "bandwidth",
            "attainable_gflops": round(attainable, 1),
            "attainable_cycles_per_second": round(attainable * 1e9 / needed.operations),
        }
    return found


def _attainable(roof: Roof, moved: float, needed: Work) -> float:
    return min(roof.gflops, needed.operations / moved * roof.gigabytes)
