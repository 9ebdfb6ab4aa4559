"""A network of spiking populations and its simulation over a window of steps.

Where the wiring is feed-forward, one population after another is run over the whole window;
populations that feed back into each other are stepped together. The graph decides. The plain
step-by-step simulation of all populations at once is the reference (`Network.stepwise`).
"""

from collections.abc import Collection
from graphlib import TopologicalSorter
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int, Int8, UInt32
from scipy.sparse.csgraph import connected_components

from sleeprun import spikes as spike_lists
from sleeprun.homeostasis import Homeostasis
from sleeprun.neurons import Neuron, NeuronState
from sleeprun.plasticity import STDP, PlasticState, pass_over
from sleeprun.spikes import SpikeList
from sleeprun.synapses import deliver_step, deliver_window, minus_row_mean

Weights = Float[Array, "pre post"]
Words = UInt32[Array, " words"]
Drive = dict[str, Float[Array, "time neuron"]]


class Population(eqx.Module):
    neuron: Neuron
    homeostasis: Homeostasis | None  # acts on the resistance or on the in-weights' target
    size: int = eqx.field(static=True)
    capacity: int = eqx.field(static=True)  # of the spike list
    regulates: str = eqx.field(static=True, default="resistance")  # or "in_weights"


class Projection(eqx.Module):
    jitter: Float[Array, ""]  # R of the factor U(1 - R, 1 + R) on every spike's current
    rule: STDP | None
    pre: str = eqx.field(static=True)
    post: str = eqx.field(static=True)
    mirrors: str | None = eqx.field(static=True, default=None)  # weights: -row mean of this one
    excitatory: bool = eqx.field(static=True, default=True)


class NetworkState(NamedTuple):
    neurons: dict[str, NeuronState]
    spikes: dict[str, SpikeList]
    resistance: dict[str, Float[Array, " neuron"]]
    rate: dict[str, Float[Array, " neuron"]]  # smoothed, spikes a cycle
    weights: dict[str, Weights]
    plastic: dict[str, PlasticState]  # of the projections with a rule
    out_start: dict[str, Float[Array, " neuron"]]  # summed excitatory output weights at the start


class Clock(NamedTuple):
    """Where a window begins. `words` is the noise stream of the run that is being simulated."""

    cycle: Int[Array, ""]
    step: int
    words: Words


class Network(eqx.Module):
    populations: dict[str, Population]
    projections: dict[str, Projection]
    cycle_steps: int = eqx.field(static=True)
    stepwise: bool = eqx.field(static=True, default=False)

    def init(self, weights: dict[str, Weights]) -> NetworkState:
        """The resting network with the given weights [pre, post]; 0 is no synapse."""
        pops = self.populations
        return NetworkState(
            neurons={name: pop.neuron.init(pop.size) for name, pop in pops.items()},
            spikes={name: spike_lists.empty(pop.capacity) for name, pop in pops.items()},
            resistance={name: jnp.ones(pop.size) for name, pop in pops.items()},
            rate={name: jnp.zeros(pop.size) for name, pop in pops.items()},
            weights=dict(weights),
            plastic={
                name: projection.rule.init(weights[name])
                for name, projection in self.projections.items()
                if projection.rule is not None
            },
            out_start=self._out_weights(weights),
        )

    def stages(self) -> tuple[tuple[str, ...], ...]:
        """Populations in the order of simulation; those of one stage are stepped together."""
        names = list(self.populations)
        if self.stepwise:
            return (tuple(names),)
        edges = np.zeros((len(names), len(names)), int)
        for projection in self.projections.values():
            edges[names.index(projection.pre), names.index(projection.post)] = 1
        count, labels = connected_components(edges, directed=True, connection="strong")
        before = {int(label): set() for label in range(count)}
        for pre, post in np.argwhere(edges):
            if labels[pre] != labels[post]:
                before[int(labels[post])].add(int(labels[pre]))
        order = TopologicalSorter(before).static_order()
        return tuple(
            tuple(name for name, its in zip(names, labels, strict=True) if its == label)
            for label in order
        )

    def advance(
        self, state: NetworkState, clock: Clock, steps: int, drive: Drive | None = None
    ) -> NetworkState:
        """Simulate `steps` steps. `drive[population][t]` is added to I before step t."""
        start = now(self, clock)
        before = {name: spikes.count for name, spikes in state.spikes.items()}
        for stage in self.stages():
            current = {
                name: self._arriving(state, name, stage, before, clock, steps) for name in stage
            }
            neurons, rasters = self._run(stage, state, clock, steps, current, drive or {})
            collected = {
                name: spike_lists.collect(state.spikes[name], rasters[name], start)
                for name in stage
            }
            state = state._replace(
                neurons=state.neurons | neurons, spikes=state.spikes | collected
            )
        return state

    def _arriving(
        self,
        state: NetworkState,
        post: str,
        stage: tuple[str, ...],
        before: dict[str, Int[Array, ""]],
        clock: Clock,
        steps: int,
    ) -> Float[Array, "time neuron"]:
        """Current from the stages already simulated; row t arrives after step t."""
        current = jnp.zeros((steps, self.populations[post].size))
        for index, projection in enumerate(self.projections.values()):
            if projection.post != post or projection.pre in stage:
                continue
            current = deliver_window(
                current,
                state.weights[list(self.projections)[index]],
                state.spikes[projection.pre],
                before[projection.pre],
                now(self, clock),
                self._words(clock, index),
                projection.jitter,
                clock.cycle,
                jnp.int32(clock.step),
            )
        return current / state.resistance[post]

    def _run(
        self,
        stage: tuple[str, ...],
        state: NetworkState,
        clock: Clock,
        steps: int,
        current: Drive,
        drive: Drive,
    ) -> tuple[dict[str, NeuronState], dict[str, Int8[Array, "time neuron"]]]:
        """Step the populations of one stage together through the window."""

        def step(stacked, inputs):
            time, arriving, driven = inputs
            fired, after = {}, {}
            for name in stage:
                cell = kinds[name](*stacked[name])
                if name in driven:
                    cell = cell._replace(i=cell.i + driven[name])
                cell, fired[name] = self.populations[name].neuron.step(cell)
                after[name] = cell._replace(i=cell.i + arriving[name])
            for name, inside in self._inside(stage, state, fired, clock, time).items():
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
        self,
        stage: tuple[str, ...],
        state: NetworkState,
        fired: dict[str, Bool[Array, " neuron"]],
        clock: Clock,
        time: Int[Array, ""],
    ) -> dict[str, Float[Array, " neuron"]]:
        """Current that this step's spikes bring to the populations stepped with them."""
        arriving: dict[str, Float[Array, " neuron"]] = {}
        for index, (name, projection) in enumerate(self.projections.items()):
            if projection.pre in stage and projection.post in stage:
                current = deliver_step(
                    state.weights[name],
                    fired[projection.pre],
                    self._words(clock, index),
                    projection.jitter,
                    clock.cycle,
                    time,
                )
                current = current / state.resistance[projection.post]
                arriving[projection.post] = arriving.get(projection.post, 0.0) + current
        return arriving

    def _words(self, clock: Clock, projection: int) -> Words:
        return clock.words + jnp.uint32(0x85EBCA6B) * jnp.uint32(projection + 1)

    def _out_weights(self, weights: dict[str, Weights]) -> dict[str, Float[Array, " neuron"]]:
        """Each neuron's summed excitatory output weights."""
        total = {name: jnp.zeros(pop.size) for name, pop in self.populations.items()}
        for name, projection in self.projections.items():
            if projection.excitatory:
                total[projection.pre] = total[projection.pre] + weights[name].sum(axis=1)
        return total

    def learn(
        self,
        state: NetworkState,
        clock: Clock,
        reward: Float[Array, ""],
        plastic: Collection[str],
    ) -> NetworkState:
        """Plasticity of the named projections; every spike so far counts as seen afterwards."""
        time = now(self, clock)
        out = self._out_weights(state.weights)
        weights, rules = dict(state.weights), dict(state.plastic)
        for name, projection in self.projections.items():
            if projection.rule is None:
                continue
            if name not in plastic:
                rules[name] = pass_over(rules[name])
                continue
            pre = projection.pre
            drift = jnp.where(out[pre] > 0, state.out_start[pre] / out[pre], 0.0)
            weights[name], rules[name] = projection.rule.update(
                rules[name],
                weights[name],
                state.spikes[pre],
                state.spikes[projection.post],
                reward,
                drift,
                time,
            )
        for name, projection in self.projections.items():
            if projection.mirrors in plastic:
                weights[name] = minus_row_mean(weights[projection.mirrors])
        horizon = time - self._reach() if plastic else time + 1
        seen = {name: spike_lists.forget(s, horizon) for name, s in state.spikes.items()}
        return state._replace(weights=weights, plastic=rules, spikes=seen)

    def _reach(self) -> Int[Array, ""]:
        """How far back a spike can still be paired."""
        rules = [projection.rule for projection in self.projections.values() if projection.rule]
        return jnp.max(jnp.stack([rule.reach for rule in rules])) if rules else jnp.int32(0)

    def regulate(
        self,
        state: NetworkState,
        spiked: dict[str, Float[Array, " neuron"]],
        plastic: Collection[str],
    ) -> NetworkState:
        """Homeostasis, given the spikes of the last cycle; frozen in-weights keep their target."""
        resistance, rates, rules = dict(state.resistance), dict(state.rate), dict(state.plastic)
        for name, population in self.populations.items():
            rule = population.homeostasis
            if rule is None:
                continue
            rates[name] = rule.smooth(rates[name], spiked[name])
            if population.regulates == "resistance":
                resistance[name] = rule.up(resistance[name], rates[name])
                continue
            for key in plastic:
                if self.projections[key].post == name:
                    target = rule.down(rules[key].target, rates[name])
                    rules[key] = rules[key]._replace(target=target)
        return state._replace(resistance=resistance, rate=rates, plastic=rules)

    def kick(
        self, state: NetworkState, population: str, current: Float[Array, " neuron"]
    ) -> NetworkState:
        """Add to a population's synaptic current."""
        cell = state.neurons[population]
        neurons = state.neurons | {population: cell._replace(i=cell.i + current)}
        return state._replace(neurons=neurons)

    def counts(self, state: NetworkState) -> dict[str, Float[Array, " neuron"]]:
        """Spikes of every neuron since the last `learn`."""
        return {
            name: spike_lists.fresh_counts(spikes, self.populations[name].size)
            for name, spikes in state.spikes.items()
        }


def now(network: Network, clock: Clock) -> Int[Array, ""]:
    """Steps since the start, on the int32 clock that wraps around."""
    return clock.cycle * jnp.int32(network.cycle_steps) + jnp.int32(clock.step)


def overflowed(state: NetworkState) -> dict[str, Bool[Array, "..."]]:
    """Which spike and trace lists ran over, by the config key that would give them room."""
    flags = {f"{name}.max_spikes": spikes.overflowed for name, spikes in state.spikes.items()}
    for name, rule in state.plastic.items():
        flags[f"projections.{name}.plasticity.max_traces"] = rule.traces.overflowed
    return jax.tree.map(lambda flag: flag, flags)
