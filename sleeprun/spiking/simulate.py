"""The simulation of a network over a window of steps.

Where the wiring is feed-forward, one population after another is run over the whole window;
populations that feed back into each other are stepped together. The graph decides. A network's
engine says by what means: "native", a compiled kernel, or "fused", one GPU kernel, where they know
all of the network; "by_layer"; or "by_step", the plain simulation of all populations together,
which is the reference.
"""

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int, Int8, PyTree

from sleeprun.spiking import native
from sleeprun.spiking import spikes as spike_lists
from sleeprun.spiking.network import Clock, Edges, Network, NetworkState, along, now
from sleeprun.spiking.neurons import Membrane, NeuronState
from sleeprun.spiking.synapses import Conducting

Current = dict[str, Float[Array, "time _"]]
Synapses = dict[str, PyTree[Array]]  # what those of a projection keep
Rasters = dict[str, Int8[Array, "time _"]]


def advance(
    network: Network,
    state: NetworkState,
    clock: Clock,
    steps: int,
    drive: Current | None = None,
    edges: Edges | None = None,
) -> NetworkState:
    """Simulate `steps` steps. `drive[population][t]` is added to I before step t.

    A state that is `packed` goes with its edges, which no kernel takes.
    """
    drive = drive or {}
    if native.simulates(network) and not edges:
        return native.window(network, state, clock, steps, drive)
    if network.engine == "fused" and not edges:
        from sleeprun.spiking import fused

        if not fused.refused(network):
            return _counted(network, fused.advance(network, state, clock, steps, drive))
    return _counted(network, _by_stage(network, state, clock, steps, drive, edges))


def _counted(network: Network, state: NetworkState) -> NetworkState:
    """With how often each neuron spiked."""
    spiked = {
        name: spike_lists.fresh_counts(spikes, network.populations[name].size)
        for name, spikes in state.spikes.items()
    }
    return state._replace(spiked=spiked)


def _by_stage(
    network: Network,
    state: NetworkState,
    clock: Clock,
    steps: int,
    drive: Current,
    edges: Edges | None,
) -> NetworkState:
    """One stage after another: its neurons over the whole window, then the list of its spikes."""
    start = now(network, clock)
    before = {name: spikes.length for name, spikes in state.spikes.items()}
    rasters: Rasters = {}
    for stage in network.stages():
        current, stepped = _arriving(network, state, stage, before, clock, steps, edges)
        earlier = {pre: rasters[pre] for pre in _pre(network, stepped) if pre not in stage}
        state, fired = _run(
            network, stage, stepped, state, clock, steps, current, drive, earlier, edges
        )
        rasters |= fired
        collected = {
            name: spike_lists.collect(state.spikes[name], fired[name], start) for name in stage
        }
        state = state._replace(spikes=state.spikes | collected)
    return state


def _pre(network: Network, projections: list[str]) -> list[str]:
    return [network.projections[name].pre for name in projections]


def _arriving(
    network: Network,
    state: NetworkState,
    stage: tuple[str, ...],
    before: dict[str, Int[Array, ""]],
    clock: Clock,
    steps: int,
    edges: Edges | None,
) -> tuple[Current, list[str]]:
    """What earlier stages bring, as far as it can be told at once, and the projections to step.

    Row t of the current arrives after step t.
    """
    current = {name: jnp.zeros((steps, network.populations[name].size)) for name in stage}
    stepped = []
    for name, projection in network.projections.items():
        pre, post = projection.pre, projection.post
        if post not in stage:
            continue
        whole = None
        if pre not in stage:
            path, start = along(network, state, clock, name, edges), now(network, clock)
            spikes = state.spikes[pre]
            whole = projection.synapse.over_window(current[post], spikes, before[pre], start, path)
        if whole is None:
            stepped.append(name)
        else:
            current[post] = whole
    return {name: rows / state.resistance[name] for name, rows in current.items()}, stepped


def _run(
    network: Network,
    stage: tuple[str, ...],
    stepped: list[str],
    state: NetworkState,
    clock: Clock,
    steps: int,
    current: Current,
    drive: Current,
    earlier: Rasters,
    edges: Edges | None,
) -> tuple[NetworkState, Rasters]:
    """Step the populations of one stage, and the synapses that lead there, through the window."""

    def step(carry, inputs):
        cells, synapses = carry
        time, arriving, driven, spikes = inputs
        fired = {name: raster > 0 for name, raster in spikes.items()}
        after = {}
        for name in stage:
            cell = _unstacked(cells[name], state.neurons[name])
            if name in driven:
                cell = cell._replace(i=cell.i + driven[name])
            cell, fired[name] = network.populations[name].neuron.step(cell)
            after[name] = cell._replace(i=cell.i + arriving[name])
        synapses, after = _deliver(network, state, synapses, fired, after, clock, time, edges)
        rasters = {name: fired[name].astype(jnp.int8) for name in stage}
        return ({name: _stacked(cell) for name, cell in after.items()}, synapses), rasters

    cells = {name: _stacked(state.neurons[name]) for name in stage}
    synapses = {name: state.synapses[name] for name in stepped}
    times = clock.step + jnp.arange(steps, dtype=jnp.int32)
    driven = {name: drive[name] for name in stage if name in drive}
    inputs = times, current, driven, earlier
    (cells, synapses), rasters = lax.scan(step, (cells, synapses), inputs)
    neurons = {name: _unstacked(cells[name], state.neurons[name]) for name in stage}
    state = state._replace(neurons=state.neurons | neurons, synapses=state.synapses | synapses)
    return state, rasters


def _deliver(
    network: Network,
    state: NetworkState,
    synapses: Synapses,
    fired: dict[str, Bool[Array, " _"]],
    cells: dict[str, NeuronState],
    clock: Clock,
    time: Int[Array, ""],
    edges: Edges | None,
) -> tuple[Synapses, dict[str, NeuronState]]:
    """What this step's spikes do to the synapses that are stepped, and to the neurons there."""
    after: Synapses = {}
    cells, currents = dict(cells), dict[str, Float[Array, " _"]]()
    for name, projection in network.projections.items():
        if name not in synapses:
            continue
        post, synapse = projection.post, projection.synapse
        neuron, cell = network.populations[post].neuron, cells[post]
        v = neuron.potential(cell) if isinstance(neuron, Membrane) else None
        path = along(network, state, clock, name, edges)._replace(
            cycle=clock.cycle + time // network.cycle_steps, step=time % network.cycle_steps
        )
        after[name], brought = synapse.step(synapses[name], fired[projection.pre], path, v)
        brought = brought / state.resistance[post]
        if isinstance(synapse, Conducting):
            assert isinstance(neuron, Membrane), f"{post}: conductances need a potential"
            cells[post] = neuron.open(cell, synapse.gain * brought, synapse.reversal)
        else:
            currents[post] = currents.get(post, 0.0) + brought
    for post, current in currents.items():
        cells[post] = cells[post]._replace(i=cells[post].i + current)
    return after, cells


def _stacked(cell: NeuronState) -> Array | NeuronState:
    """One array a population, not one a variable, where it can be: half the kernels in the loop."""
    leaves = jax.tree.leaves(cell)
    alike = len({(leaf.shape, leaf.dtype) for leaf in leaves}) == 1
    return jnp.stack(leaves) if alike else cell


def _unstacked(stacked: Array | NeuronState, like: NeuronState) -> NeuronState:
    if isinstance(stacked, jax.Array):
        return jax.tree.unflatten(jax.tree.structure(like), stacked)
    return stacked
