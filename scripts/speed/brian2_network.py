"""The foraging network in Brian2, as a C++ program: what the simulator is compared with.

Runs in an interpreter of its own, which has Brian2 and not sleeprun:
`brian2_network.py NETWORK.npz FOLDER CYCLES [--stdp]` builds the program FOLDER/main. The program
simulates CYCLES movement cycles with kicks of probability `cells.chance`, given by neuron.

Neurons, wiring, weights, resistances and the jitter of every synapse and spike are sleeprun's.
Plasticity, of hidden -> output alone, is simpler: traces are summed online, each pair changes its
weight at once, and inhibition stays as it is. It is there for the load, not for learning.
"""

import argparse
from collections.abc import Mapping

import numpy as np
from brian2 import (
    BrianLogger,
    Network,
    NeuronGroup,
    SpikeMonitor,
    Synapses,
    defaultclock,
    device,
    ms,
    prefs,
    set_device,
)

CONSTANTS = ("alpha", "beta_e", "mu", "sigma", "current_decay", "v_rest", "plateau")
CYCLE = 600  # steps
DT = 0.5 * ms  # a step
# Brian2's own flags; constants in the precision of the state and room for enough alias checks,
# without which the map isn't vectorised; linked so that denormals are flushed to zero.
FLAGS = ["-w", "-O3", "-ffast-math", "-fno-finite-math-only", "-march=native", "-std=c++11"]
FLAGS += ["-fsingle-precision-constant", "--param=vect-max-version-for-alias-checks=100"]
LINK_FLAGS = ["-ffast-math"]

MODEL = """
v : 1
v1 : 1
v2 : 1
u : 1
current : 1
fired : boolean
chance : 1
resistance : 1
inhibition : 1
"""
# sleeprun's RulkovMap; its numbers are written out, as named constants would be double
STEP = """
drive = u + {beta_e} * current
top = {plateau} + drive
below = {slope} * v / ({span} - v) + drive
silent = int(v <= {threshold})
rising = (1 - silent) * int(v < top) * int(v2 <= {threshold})
spikes = 1 - silent - rising
fired = spikes > 0
u = u - {mu} * (v - current)
current = {current_decay} * current
v2 = v1
v1 = v
v = silent * below + rising * top - spikes * {sigma}
"""
TRACES = """
w : 1
dpre_trace/dt = -pre_trace / tau : 1 (event-driven)
dpost_trace/dt = -post_trace / tau : 1 (event-driven)
"""
JITTER = "(1 + jitter * (2 * rand() - 1))"
EXCITE = f"current_post += w * {JITTER} / resistance_post\n"
INHIBIT = f"current_post -= inhibition_pre * {JITTER} / resistance_post\n"
PRE = "pre_trace += 0.4\nw = clip(w * (1 + post_trace / 600), 1e-5, 1)\n"
POST = "post_trace -= 0.4\nw = clip(w * (1 + pre_trace / 600), 1e-5, 1)\n"


def rulkov(size: int, numbers: Mapping[str, np.ndarray]) -> NeuronGroup:
    """Rulkov neurons; whoever is drawn by `chance` is kicked at the first step of a cycle."""
    constants = {name: float(numbers[name]) for name in CONSTANTS}
    threshold = -constants["v_rest"]
    span = 1 + threshold
    slope = constants["alpha"] / span
    step = STEP.format(threshold=threshold, span=span, slope=slope, **constants)
    cells = NeuronGroup(size, MODEL, threshold="fired", dt=DT, name="cells")
    cells.run_regularly(step, when="groups", name="step")
    kicks = f"current += {numbers['kick']} * int(rand() < chance)"
    cells.run_regularly(kicks, dt=CYCLE * DT, name="kicks")
    cells.v = cells.v1 = cells.v2 = float(numbers["v_start"])
    cells.u = float(numbers["u_start"])
    cells.resistance = 1
    return cells


def wire(pre, post, weights: np.ndarray, action: str, jitter: float, stdp: bool) -> Synapses:
    constants = {"jitter": jitter, "tau": 40 * DT}
    rules = (TRACES, action + PRE, POST) if stdp else ("w : 1", action, None)
    model, on_pre, on_post = rules
    synapses = Synapses(pre, post, model, on_pre=on_pre, on_post=on_post, namespace=constants)
    rows, columns = np.nonzero(weights)
    synapses.connect(i=rows, j=columns)
    synapses.w = weights[rows, columns]
    return synapses


def foraging(numbers: Mapping[str, np.ndarray], stdp: bool) -> Network:
    """Input, hidden and output neurons, one after another in one group: the fewest kernels."""
    first, second = numbers["input_hidden"], numbers["hidden_output"]
    hidden, output = first.shape[0], first.shape[0] + first.shape[1]
    cells = rulkov(output + second.shape[1], numbers)
    cells.resistance = numbers["resistance"]
    jitter = float(numbers["jitter"])
    cells.inhibition[hidden:output] = second.mean(axis=1)
    groups = cells[:hidden], cells[hidden:output], cells[output:]
    return Network(
        cells,
        wire(groups[0], groups[1], first, EXCITE, jitter, stdp=False),  # frozen, as in a task
        wire(groups[1], groups[2], second, EXCITE + INHIBIT, jitter, stdp),
        SpikeMonitor(cells, record=False, name="spikes"),
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("numbers")
    parser.add_argument("folder")
    parser.add_argument("cycles", type=int)
    parser.add_argument("--stdp", action="store_true")
    arguments = parser.parse_args()
    BrianLogger.log_level_error()  # what follows is meant as it is written
    set_device("cpp_standalone", build_on_run=False)
    prefs.core.default_float_dtype = np.float32
    prefs.codegen.cpp.extra_compile_args_gcc = FLAGS
    prefs.codegen.cpp.extra_link_args = LINK_FLAGS
    prefs.devices.cpp_standalone.openmp_threads = 0
    defaultclock.dt = DT
    network = foraging(np.load(arguments.numbers), arguments.stdp)
    network.run(arguments.cycles * CYCLE * DT)
    device.build(arguments.folder, run=False)


if __name__ == "__main__":
    main()
