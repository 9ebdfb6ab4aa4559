"""The fused kernel: a window of a whole network as one Pallas program (GPU, through Triton).

A block of threads simulates one network: the loop over the steps runs inside, the neurons' state
stays in registers, and spikes, which are rare, are found one after another, written to their
list and delivered at once. `vmap` makes the networks the grid of one launch. Same equations,
order of events and counter-based noise as the portable path; any wiring.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton
from jaxtyping import Array, Bool, Float, Int, UInt32

from sleeprun.spiking.network import (
    Clock,
    Network,
    NetworkState,
    now,
    projection_words,
    signed,
)
from sleeprun.spiking.neurons import Neuron, NeuronState
from sleeprun.spiking.neurons.lif import LIF
from sleeprun.spiking.neurons.rulkov import RulkovMap
from sleeprun.spiking.synapses.current import Current
from sleeprun.spiking.synapses.delivery import jitter

NEURONS_A_WARP, MOST_WARPS = 256, 16
KNOWN = (RulkovMap, LIF)

Drive = dict[str, Float[Array, "time _"]]
Refs = Any  # of memory, where the host has arrays
Cells = dict[str, NeuronState]  # in registers
Lengths = dict[str, Int[Array, ""]]  # of the spike lists
# The neuron that spikes, the length of its list, and the currents that change.
Spread = tuple[Int[Array, ""], Int[Array, ""], dict[str, Float[Array, " _"]]]
Step = Int[Array, ""]  # of the window


class Changing(NamedTuple):
    """What a window changes, by population; the kernel works on it in place."""

    cells: dict[str, NeuronState]
    time: dict[str, Int[Array, " _"]]  # of the spike lists
    neuron: dict[str, Int[Array, " _"]]
    length: dict[str, Int[Array, ""]]  # counts the spikes that did not fit, too


class Given(NamedTuple):
    """What a window reads, by population or projection."""

    neurons: dict[str, Neuron]
    resistance: dict[str, Float[Array, " _"]]
    drive: Drive
    weights: dict[str, Float[Array, "_ _"]]
    jitter: dict[str, Float[Array, ""]]
    words: dict[str, UInt32[Array, " words"]]
    cycle: Int[Array, ""]
    step: Int[Array, ""]  # of the cycle, the window's first
    start: Int[Array, ""]  # the same on the spike clock


def refused(network: Network) -> list[str]:
    """What the kernel does not know."""
    found = [
        f"population {name} ({type(population.neuron).__name__})"
        for name, population in network.populations.items()
        if type(population.neuron) not in KNOWN
    ]
    return found + [
        f"projection {name} ({type(projection.synapse).__name__})"
        for name, projection in network.projections.items()
        if type(projection.synapse) is not Current
    ]


def advance(
    network: Network, state: NetworkState, clock: Clock, steps: int, drive: Drive
) -> NetworkState:
    """Simulate `steps` steps. `drive[population][t]` is added to I before step t."""
    before = Changing(
        state.neurons,
        {name: spikes.time for name, spikes in state.spikes.items()},
        {name: spikes.neuron for name, spikes in state.spikes.items()},
        {name: spikes.length for name, spikes in state.spikes.items()},
    )
    given = Given(
        {name: population.neuron for name, population in network.populations.items()},
        state.resistance,
        drive,
        {name: signed(network, state, name) for name in network.projections},
        {name: projection.synapse.jitter for name, projection in network.projections.items()},
        {name: projection_words(network, clock, name) for name in network.projections},
        clock.cycle,
        jnp.int32(clock.step),
        now(network, clock),
    )
    compiled, interpreted = (partial(_call, network, steps, interpret=i) for i in (False, True))
    after = lax.platform_dependent(before, given, cuda=compiled, rocm=compiled, default=interpreted)
    spikes = {
        name: old._replace(
            time=after.time[name],
            neuron=after.neuron[name],
            length=jnp.minimum(after.length[name], old.time.shape[0]),
            overflowed=old.overflowed | (after.length[name] > old.time.shape[0]),
        )
        for name, old in state.spikes.items()
    }
    return state._replace(neurons=after.cells, spikes=spikes)


def _call(
    network: Network, steps: int, before: Changing, given: Given, *, interpret: bool
) -> Changing:
    widest = max(population.size for population in network.populations.values())
    warps = min(max(_lanes(widest) // NEURONS_A_WARP, 1), MOST_WARPS)
    (after,) = pl.pallas_call(
        partial(_kernel, network, steps),
        out_shape=(jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), before),),
        input_output_aliases={leaf: leaf for leaf in range(len(jax.tree.leaves(before)))},
        compiler_params=triton.CompilerParams(num_warps=warps),
        interpret=interpret,
        name="sleeprun_window",
    )(before, given)
    return after


def _kernel(network: Network, steps: int, before: Refs, given: Refs, after: Refs) -> None:
    """What a block does. `before` and `after`, the same memory, are Changing; `given` is Given."""
    neurons = jax.tree.map(lambda ref: ref[...], given.neurons)

    def step(k: Step, carry: tuple[Cells, Lengths]) -> tuple[Cells, Lengths]:
        cells, length = carry
        cells, fired = _step(neurons, cells, given.drive, k)
        for name, population in network.populations.items():
            spiking = fired[name] & (_index(population.size) < population.size)
            cells, length[name] = _spread(
                network, name, spiking, k, cells, length[name], given, after
            )
        return cells, length

    cells = {name: jax.tree.map(_row, cell) for name, cell in before.cells.items()}
    length = {name: ref[...] for name, ref in before.length.items()}
    cells, length = lax.fori_loop(0, steps, step, (cells, length))
    for name, cell in cells.items():
        after.length[name][...] = length[name]
        for ref, value in zip(after.cells[name], cell, strict=True):
            place = _index(ref.shape[0])
            triton.store(ref.at[place], value, mask=place < ref.shape[0])


def _step(
    neurons: dict[str, Neuron], cells: Cells, drive: Refs, k: Step
) -> tuple[Cells, dict[str, Bool[Array, " _"]]]:
    """All neurons advance by the window's step k."""
    after, fired = {}, {}
    for name, cell in cells.items():
        if name in drive:
            cell = cell._replace(i=cell.i + _row(drive[name], k))
        after[name], fired[name] = neurons[name].step(cell)
    return after, fired


def _spread(
    network: Network,
    population: str,
    fired: Bool[Array, " _"],
    k: Step,
    cells: Cells,
    length: Int[Array, ""],
    given: Refs,
    lists: Refs,
) -> tuple[Cells, Int[Array, ""]]:
    """Append a population's spikes to its list and deliver them along its projections."""
    outgoing = {name: p.post for name, p in network.projections.items() if p.pre == population}
    capacity = lists.time[population].shape[0]
    index = _index(fired.shape[0])
    end = fired.shape[0]

    def following(neuron: Int[Array, ""] | int) -> Int[Array, ""]:
        return jnp.where(fired & (index > neuron), index, end).min()

    def spike(carry: Spread) -> Spread:
        neuron, length, current = carry
        fits = length < capacity
        triton.store(lists.time[population].at[length], given.start[...] + k, mask=fits)
        triton.store(lists.neuron[population].at[length], neuron, mask=fits)
        for name, post in outgoing.items():
            arriving = _arriving(given, name, k, neuron) / _row(given.resistance[post], other=1.0)
            current[post] = current[post] + arriving
        return following(neuron), length + 1, current

    current = {post: cells[post].i for post in outgoing.values()}
    _, length, current = lax.while_loop(
        lambda carry: carry[0] < end, spike, (following(-1), length, current)
    )
    return cells | {post: cells[post]._replace(i=i) for post, i in current.items()}, length


def _arriving(
    given: Refs, projection: str, k: Step, neuron: Int[Array, ""]
) -> Float[Array, " post"]:
    """What one spike sends along a projection."""
    words, weights = given.words[projection], given.weights[projection]
    factor = jitter(
        (words[0], words[1]),
        given.jitter[projection][...],
        given.cycle[...],
        given.step[...] + k,
        neuron,
        _index(weights.shape[1]),
    )
    return _row(weights, neuron) * factor


def _row(ref: Refs, *place: Int[Array, ""], other: float = 0.0) -> Float[Array, " _"]:
    """The last axis at a place, padded with `other` to a size that Triton takes."""
    index = _index(ref.shape[-1])
    return triton.load(ref.at[*place, index], mask=index < ref.shape[-1], other=other)


def _index(size: int) -> Int[Array, " _"]:
    return jnp.arange(_lanes(size), dtype=jnp.int32)


def _lanes(size: int) -> int:
    """Triton's arrays have sizes that are powers of two."""
    return pl.next_power_of_2(size)
