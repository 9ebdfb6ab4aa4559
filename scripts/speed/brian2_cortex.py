"""A network of cortical cells in Brian2, as a C++ program: what the kernel is compared with.

Runs in an interpreter of its own, which has Brian2 and not sleeprun:
`brian2_cortex.py NETWORK.json FOLDER MS SILENT` builds the program FOLDER/main. The program lives
for so many ms from birth on, each population driven by its `drive`, and counts spikes after SILENT.

Equations, the order of a step, wiring, weights and starting values are sleeprun's. As in its
kernel a synapse costs when it releases and not in every step: a cell keeps the sums of what is open
where transmitter is there, and where it is not. Miniatures differ: they come from a group of sites,
looked at once a pulse, each with a synapse of its own. So what is left of a spike's release and of
a miniature's do not saturate each other, and neither has the other's dead time; spikes of one cell
are taken to be farther apart than that.
"""

import argparse
import json
from collections.abc import Iterator
from math import ceil, exp
from pathlib import Path

import numpy as np
from brian2 import (
    BrianLogger,
    BrianObject,
    Network,
    NeuronGroup,
    Synapses,
    defaultclock,
    device,
    linked_var,
    ms,
    prefs,
    set_device,
)
from brian2_cells import NEVER, Part, population

# Brian2's own flags for speed; constants in the precision of the state and room for enough alias
# checks, without which the step isn't vectorised.
FLAGS = ["-w", "-O3", "-ffast-math", "-march=native", "-std=c++11"]
FLAGS += ["-fsingle-precision-constant", "--param=vect-max-version-for-alias-checks=1000"]
LINK_FLAGS = ["-ffast-math"]

MODEL = """
w : 1
g : 1
opened : 1
ended : 1
depleted : 1
last : 1
"""
BY_SPIKE = """
there = depleted * exp((last - t / ms) / {recovery})
g = w * (1 - there)
depleted = {unpaused} * (there + {use} * (1 - there))
last = t / ms
"""
# All that is open at a synapse goes to the sum where transmitter is there, and back at its end; in
# between and after, the sums go on by themselves.
BEGIN = """
opened = opened * exp({beta} * (ended - t / ms))
left_{name}_post -= g * opened
{released}
bound_{name}_post += g * opened
releasing_{name}_post += g
"""
END = """
bound_{name}_post -= g * ({steady} + (opened - {steady}) * {until})
releasing_{name}_post -= g
opened = {faded} * ({steady} + (opened - {steady}) * {through})
left_{name}_post += g * opened
ended = t / ms
"""


def pulse_steps(its: Part, dt: float) -> int:
    return ceil(its["pulse"] / dt - 1e-3)  # but for rounding


def releasing(
    ends: tuple[NeuronGroup, NeuronGroup], name: str, its: Part, released: str, delay: float
) -> Synapses:
    """Synapses that `released` gives their g, and whose pulses are ended so many ms later."""
    beta, pulse = its["beta"], its["pulse"]
    binding = its["alpha"] * its["transmitter"]
    rate = binding + beta
    begin = BEGIN.format(name=name, beta=beta, released=released)
    end = END.format(
        name=name,
        steady=binding / rate,
        until=exp(-rate * delay),
        through=exp(-rate * pulse),
        faded=exp(-beta * (delay - pulse)),
    )
    return Synapses(*ends, MODEL, on_pre={"begin": begin, "end": end}, delay={"end": delay * ms})


def by_spikes(pre: NeuronGroup, post: NeuronGroup, name: str, its: Part, dt: float) -> Synapses:
    released = "g = w"
    if its["use"]:
        unpaused = exp(its.get("pause", 0.0) / its["recovery"])
        released = BY_SPIKE.format(recovery=its["recovery"], use=its["use"], unpaused=unpaused)
    # The last step of a pulse has less than all of it.
    synapses = releasing((pre, post), name, its, released, dt * (pulse_steps(its, dt) - 1))
    synapses.connect(i=np.array(its["pre_cells"]), j=np.array(its["post_cells"]))
    synapses.w = np.array(its["weights"])
    synapses.ended = synapses.last = NEVER
    return synapses


def by_themselves(
    pre: NeuronGroup, post: NeuronGroup, name: str, its: Part, dt: float
) -> Iterator[BrianObject]:
    """A site a synapse, and what it releases."""
    pulse = dt * pulse_steps(its, dt)
    rate = f"{its['mini_rate'] / 1000} * tanh((t / ms - spiked) / {2 * its['mini_ramp']})"
    drawn = f"-log(clip(rand(), 1e-6, 1)) / ({rate})"
    sites = NeuronGroup(
        len(its["pre_cells"]),
        "spiked : 1 (linked)\nreleased : 1\nwait : 1",
        threshold=f"t / ms - spiked > {its['mini_silence']} and "
        "t / ms - spiked > wait and t / ms - released > wait",
        reset=f"released = t / ms\nwait = clip({drawn}, {its['dead_time']}, {-NEVER})",
        dt=pulse * ms,
        name=f"{name}_sites",
    )
    sites.spiked = linked_var(pre, "spiked", index=np.array(its["pre_cells"]))
    sites.released = NEVER
    yield sites
    synapses = releasing((sites, post), name, its, f"g = {its['mini']} * w", pulse)
    synapses.connect(i=np.arange(len(its["post_cells"])), j=np.array(its["post_cells"]))
    synapses.w = np.array(its["weights"])
    synapses.ended = NEVER
    yield synapses


def cortex(told: Part, silent: float) -> Network:
    dt, wires = told["step_ms"], told["projections"]
    groups = {}
    for name, its in told["populations"].items():
        arrivals = {one: each for one, each in wires.items() if each["post"] == name}
        groups[name] = population(name, its, arrivals, dt, silent)
    network = Network(*groups.values())
    for name, its in wires.items():
        ends = groups[its["pre"]], groups[its["post"]]
        network.add(by_spikes(*ends, name, its, dt))
        if its.get("mini"):
            network.add(*by_themselves(*ends, name, its, dt))
    return network


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("description", type=Path)
    parser.add_argument("folder")
    parser.add_argument("ms", type=float)
    parser.add_argument("silent", type=float)
    arguments = parser.parse_args()
    BrianLogger.log_level_error()  # what follows is meant as it is written
    set_device("cpp_standalone", build_on_run=False)
    prefs.core.default_float_dtype = np.float32
    prefs.codegen.cpp.extra_compile_args_gcc = FLAGS
    prefs.codegen.cpp.extra_link_args = LINK_FLAGS
    prefs.devices.cpp_standalone.openmp_threads = 0
    told = json.loads(arguments.description.read_text())
    defaultclock.dt = told["step_ms"] * ms
    # Half a step less: a step in single precision is so little shorter that one more would fit in.
    cortex(told, arguments.silent).run((arguments.ms - told["step_ms"] / 2) * ms)
    device.build(arguments.folder, run=False)


if __name__ == "__main__":
    main()
