"""The network: populations joined by projections, and the state of all of them."""

from collections.abc import Mapping
from graphlib import TopologicalSorter
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree, UInt32
from scipy.sparse.csgraph import connected_components

from sleeprun.config.runtime import Engine
from sleeprun.spiking import spikes as spike_lists
from sleeprun.spiking.homeostasis import Homeostasis
from sleeprun.spiking.neurons import Neuron, NeuronState
from sleeprun.spiking.plasticity import Plasticity, PlasticState, starting
from sleeprun.spiking.relaxation import Relaxation
from sleeprun.spiking.spikes import SpikeList
from sleeprun.spiking.synapses import Along, Conducting, Synapse
from sleeprun.spiking.synapses.along import Each

Weights = Float[Array, "pre post"]
Words = UInt32[Array, " words"]
Edges = dict[str, Int[Array, "_ _"]]  # `sources` of those whose weights are [slot, post]


class Population(eqx.Module):
    neuron: Neuron
    homeostasis: Homeostasis | None
    size: int = eqx.field(static=True)
    spike_capacity: int = eqx.field(static=True)  # of its spike list at the start
    relaxation: Relaxation | None = None  # with it the kernel skips what is quiet


class Projection(eqx.Module):
    synapse: Synapse
    rule: Plasticity | None
    pre: str = eqx.field(static=True)
    post: str = eqx.field(static=True)
    mirrors: str | None = eqx.field(static=True, default=None)  # weights: -row mean of this one
    excitatory: bool = eqx.field(static=True, default=True)  # counts as a neuron's output

    @property
    def sign(self) -> int:
        """Of what its positive weights deliver; mirrored weights carry their own."""
        return 1 if self.excitatory or self.mirrors else -1


class NetworkState(NamedTuple):
    neurons: dict[str, NeuronState]
    spikes: dict[str, SpikeList]
    spiked: dict[str, Float[Array, " _"]]  # spikes of every neuron since the last `learn`
    resistance: dict[str, Float[Array, " _"]]
    rate: dict[str, Float[Array, " _"]]  # smoothed, spikes a cycle
    weights: dict[str, Float[Array, "_ _"]]
    synapses: dict[str, PyTree[Array]]  # what the synapses of a projection keep
    plastic: dict[str, PlasticState]  # of the projections with a rule
    out_start: dict[str, Float[Array, " _"]]  # summed excitatory output weights at the start


class Clock(NamedTuple):
    """Where a window begins. `words` is the noise stream of the run that is being simulated."""

    cycle: Int[Array, ""]
    step: int
    words: Words


class Network(eqx.Module):
    populations: dict[str, Population]
    projections: dict[str, Projection]
    cycle_steps: int = eqx.field(static=True)
    engine: Engine = eqx.field(static=True, default="by_layer")

    @property
    def rules(self) -> dict[str, Plasticity]:
        """Of the projections that have one."""
        return {name: p.rule for name, p in self.projections.items() if p.rule is not None}

    def init(
        self, weights: dict[str, Float[Array, "_ _"]], words: Words | None = None
    ) -> NetworkState:
        """The resting network with the given weights [pre, post]; 0 is no synapse.

        `words` are what is drawn with, where neurons differ; without them they do not.
        """
        pops = self.populations
        return NetworkState(
            neurons={name: self._born(name, words) for name in pops},
            spikes={name: spike_lists.empty(pop.spike_capacity) for name, pop in pops.items()},
            spiked={name: jnp.zeros(pop.size) for name, pop in pops.items()},
            resistance={name: jnp.ones(pop.size) for name, pop in pops.items()},
            rate={name: jnp.zeros(pop.size) for name, pop in pops.items()},
            weights=dict(weights),
            synapses={
                name: each.synapse.born(
                    each.synapse.init(pops[each.pre].size, pops[each.post].size), weights[name]
                )
                for name, each in self.projections.items()
            },
            plastic={name: starting(rule, weights[name]) for name, rule in self.rules.items()},
            out_start=out_weights(self, weights),
        )

    def _born(self, name: str, words: Words | None) -> NeuronState:
        neuron = self.populations[name].neuron
        state = neuron.init(self.populations[name].size)
        return state if words is None else neuron.born(state, _own(words, self.populations, name))

    def stages(self) -> tuple[tuple[str, ...], ...]:
        """Populations in the order of simulation; those of one stage are stepped together."""
        return (tuple(self.populations),) if self.engine == "by_step" else self.layers()

    def layers(self) -> tuple[tuple[str, ...], ...]:
        """Populations in the order in which spikes run; those that feed back stand together."""
        names = list(self.populations)
        edges = np.zeros((len(names), len(names)), int)
        for projection in self.projections.values():
            edges[names.index(projection.pre), names.index(projection.post)] = 1
        count, labels = connected_components(edges, directed=True, connection="strong")
        before: dict[int, set[int]] = {int(label): set() for label in range(count)}
        for pre, post in np.argwhere(edges):
            if labels[pre] != labels[post]:
                before[int(labels[post])].add(int(labels[pre]))
        order = TopologicalSorter(before).static_order()
        return tuple(
            tuple(name for name, its in zip(names, labels, strict=True) if its == label)
            for label in order
        )

    def fed_back(self) -> list[str]:
        """Populations whose spikes come back to them, at once or by others."""
        alone = {p.pre for p in self.projections.values() if p.pre == p.post}
        together = {name for layer in self.layers() if len(layer) > 1 for name in layer}
        return [name for name in self.populations if name in alone | together]


def out_weights(
    network: Network, weights: dict[str, Float[Array, "_ _"]], edges: Edges | None = None
) -> dict[str, Float[Array, " _"]]:
    """Each neuron's summed excitatory output weights."""
    total = {name: jnp.zeros(pop.size) for name, pop in network.populations.items()}
    for name, projection in network.projections.items():
        if projection.excitatory:
            total[projection.pre] = _from_each(total[projection.pre], weights[name], edges, name)
    return total


def _from_each(
    total: Float[Array, " pre"], weights: Each, edges: Edges | None, name: str
) -> Float[Array, " pre"]:
    """With what each neuron has in another projection."""
    if edges and name in edges:
        return total.at[edges[name]].add(weights)
    return total + weights.sum(axis=1)


def kick(
    network: Network, state: NetworkState, population: str, current: Float[Array, " neuron"]
) -> NetworkState:
    """Add to a population's synaptic current."""
    cell = state.neurons[population]
    neurons = state.neurons | {population: cell._replace(i=cell.i + current)}
    return state._replace(neurons=neurons)


def now(network: Network, clock: Clock) -> Int[Array, ""]:
    """Steps since the start, on the int32 clock that wraps around."""
    return clock.cycle * jnp.int32(network.cycle_steps) + jnp.int32(clock.step)


def projection_words(network: Network, clock: Clock, name: str) -> Words:
    """A projection's own stream; a pytree's dictionaries lose their order, so names decide."""
    return _own(clock.words, network.projections, name)


def _own(words: Words, parts: Mapping[str, object], name: str) -> Words:
    place = sorted(parts).index(name)
    return words + jnp.uint32(0x85EBCA6B) * jnp.uint32(place + 1)


def along(
    network: Network, state: NetworkState, clock: Clock, name: str, edges: Edges | None = None
) -> Along:
    """What spikes run along; conductances are positive, whatever their sign."""
    conducts = isinstance(network.projections[name].synapse, Conducting)
    weights = state.weights[name] if conducts else signed(network, state, name)
    words = projection_words(network, clock, name)
    sources = (edges or {}).get(name)
    return Along(weights, words, clock.cycle, jnp.int32(clock.step), sources)


def signed(network: Network, state: NetworkState, name: str) -> Weights:
    """A projection's weights as they act."""
    weights = state.weights[name]
    return weights if network.projections[name].sign == 1 else -weights
