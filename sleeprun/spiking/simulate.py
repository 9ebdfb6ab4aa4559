"""The simulation of a network over a window of steps.

Where the wiring is feed-forward, one population after another is run over the whole window;
populations that feed back into each other are stepped together. The graph decides. A network's
engine says by what means: "native", a compiled kernel where it knows the network; "fused", one GPU
kernel for any network; "by_layer"; or "by_step", the plain simulation of all populations together,
which is the reference.
"""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int, Int8

from sleeprun.spiking import native
from sleeprun.spiking import spikes as spike_lists
from sleeprun.spiking.network import Clock, Network, NetworkState, now, projection_words
from sleeprun.spiking.neurons import NeuronState
from sleeprun.spiking.synapses import deliver_step, deliver_window

Current = dict[str, Float[Array, "time _"]]


def advance(
    network: Network, state: NetworkState, clock: Clock, steps: int, drive: Current | None = None
) -> NetworkState:
    """Simulate `steps` steps. `drive[population][t]` is added to I before step t."""
    if native.serves(network):
        return native.window(network, state, clock, steps, drive or {})
    if network.engine == "fused":
        from sleeprun.spiking import fused

        state = fused.advance(network, state, clock, steps, drive or {})
    else:
        state = _by_stage(network, state, clock, steps, drive or {})
    spiked = {
        name: spike_lists.fresh_counts(spikes, network.populations[name].size)
        for name, spikes in state.spikes.items()
    }
    return state._replace(spiked=spiked)


def _by_stage(
    network: Network, state: NetworkState, clock: Clock, steps: int, drive: Current
) -> NetworkState:
    """One stage after another: its neurons over the whole window, then the list of its spikes."""
    start = now(network, clock)
    before = {name: spikes.length for name, spikes in state.spikes.items()}
    for stage in network.stages():
        current = {
            name: _arriving(network, state, name, stage, before, clock, steps) for name in stage
        }
        neurons, rasters = _run(network, stage, state, clock, steps, current, drive)
        collected = {
            name: spike_lists.collect(state.spikes[name], rasters[name], start) for name in stage
        }
        state = state._replace(neurons=state.neurons | neurons, spikes=state.spikes | collected)
    return state


def _arriving(
    network: Network,
    state: NetworkState,
    post: str,
    stage: tuple[str, ...],
    before: dict[str, Int[Array, ""]],
    clock: Clock,
    steps: int,
) -> Float[Array, "time neuron"]:
    """Current from the stages already simulated; row t arrives after step t."""
    current = jnp.zeros((steps, network.populations[post].size))
    for name, projection in network.projections.items():
        if projection.post != post or projection.pre in stage:
            continue
        current = deliver_window(
            current,
            state.weights[name],
            state.spikes[projection.pre],
            before[projection.pre],
            now(network, clock),
            projection_words(network, clock, name),
            projection.jitter,
            clock.cycle,
            jnp.int32(clock.step),
        )
    return current / state.resistance[post]


def _run(
    network: Network,
    stage: tuple[str, ...],
    state: NetworkState,
    clock: Clock,
    steps: int,
    current: Current,
    drive: Current,
) -> tuple[dict[str, NeuronState], dict[str, Int8[Array, "time _"]]]:
    """Step the populations of one stage together through the window."""

    def step(stacked, inputs):
        time, arriving, driven = inputs
        fired, after = {}, {}
        for name in stage:
            cell = kinds[name](*stacked[name])
            if name in driven:
                cell = cell._replace(i=cell.i + driven[name])
            cell, fired[name] = network.populations[name].neuron.step(cell)
            after[name] = cell._replace(i=cell.i + arriving[name])
        for name, inside in _inside(network, stage, state, fired, clock, time).items():
            after[name] = after[name]._replace(i=after[name].i + inside)
        rasters = {name: spikes.astype(jnp.int8) for name, spikes in fired.items()}
        return {name: jnp.stack(cell) for name, cell in after.items()}, rasters

    kinds = {name: type(state.neurons[name]) for name in stage}
    # One array a population, not one a variable: half the kernels in the compiled loop.
    stacked = {name: jnp.stack(state.neurons[name]) for name in stage}
    times = clock.step + jnp.arange(steps, dtype=jnp.int32)
    driven = {name: drive[name] for name in stage if name in drive}
    stacked, rasters = lax.scan(step, stacked, (times, current, driven))
    return {name: kinds[name](*stacked[name]) for name in stage}, rasters


def _inside(
    network: Network,
    stage: tuple[str, ...],
    state: NetworkState,
    fired: dict[str, Bool[Array, " _"]],
    clock: Clock,
    time: Int[Array, ""],
) -> dict[str, Float[Array, " _"]]:
    """Current that this step's spikes bring to the populations stepped with them."""
    arriving: dict[str, Float[Array, " _"]] = {}
    for name, projection in network.projections.items():
        if projection.pre in stage and projection.post in stage:
            current = deliver_step(
                state.weights[name],
                fired[projection.pre],
                projection_words(network, clock, name),
                projection.jitter,
                clock.cycle,
                time,
            )
            current = current / state.resistance[projection.post]
            arriving[projection.post] = arriving.get(projection.post, 0.0) + current
    return arriving
