"""The calls that change a spiking network: a window of steps, and a plasticity event.

`window.cc` and `plasticity.cc` read the arrays in the order in which they are given here.
"""

from collections.abc import Collection, Iterable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from sleeprun.spiking.native.library import call, constants
from sleeprun.spiking.network import (
    Clock,
    Network,
    NetworkState,
    Population,
    now,
    projection_words,
    signed,
)
from sleeprun.spiking.plasticity.stdp import STDP


def window(
    network: Network,
    state: NetworkState,
    clock: Clock,
    steps: int,
    drive: dict[str, Float[Array, "time _"]],
) -> NetworkState:
    """Simulate `steps` steps of the whole network, as `simulate.advance` does."""
    order = [name for (name,) in network.stages()]
    wires = network.projections
    fixed = [
        jnp.stack([clock.cycle, now(network, clock)]),
        jnp.stack([projection_words(network, clock, name) for name in wires]),
        jnp.stack([projection.synapse.jitter for projection in wires.values()]),
    ]
    for name in order:
        population = network.populations[name]
        fixed += _constants(population)
        fixed += [state.resistance[name], drive.get(name, jnp.zeros((0, population.size)))]
    fixed += [signed(network, state, name) for name in wires]
    changed = call(
        "sleeprun_window",
        fixed,
        [(state.neurons[name], state.spiked[name], state.spikes[name]) for name in order],
        **_ends(network, order),
        steps=steps,
        first_step=clock.step,
    )
    neurons, spiked, spikes = (
        dict(zip(order, part, strict=True)) for part in zip(*changed, strict=True)
    )
    return state._replace(neurons=neurons, spiked=spiked, spikes=spikes)


def _constants(population: Population) -> list[Array]:
    neuron, relaxation = population.neuron, population.relaxation
    own = constants("Rulkov", neuron)
    if relaxation is None:
        nothing = jnp.zeros((0, 2, 0))
        return [own, jnp.zeros(0), nothing, jnp.zeros((0, 0)), jnp.int32(0)]
    return [own, relaxation.limits, relaxation.taylor, relaxation.table, relaxation.reach]


def learn(
    network: Network,
    state: NetworkState,
    clock: Clock,
    reward: Float[Array, ""],
    plastic: Collection[str],
    forgotten: Int[Array, ""],
) -> NetworkState:
    """Plasticity of the named projections, as `learning.learn`; spikes before `forgotten` go."""
    order = [name for (name,) in network.stages()]
    wires, rules = network.projections, dict(state.plastic)
    fixed = [
        jnp.stack([now(network, clock), forgotten]),
        reward,
        *(state.out_start[name] for name in order),
    ]
    for name, rule in network.rules.items():
        fixed += [constants("STDP", rule), rules[name].target, rules[name].locked]
    before = {name: rules[name].own for name in network.rules}
    wired, spiking = call(
        "sleeprun_plasticity",
        fixed,
        (
            [(state.weights[name], before.get(name)) for name in wires],
            [(state.spiked[name], state.spikes[name]) for name in order],
        ),
        **_ends(network, order),
        **_roles(network, plastic),
    )
    weights = {name: after for name, (after, _) in zip(wires, wired, strict=True)}
    for name, (_, learned) in zip(wires, wired, strict=True):
        if learned is not None:
            rules[name] = rules[name]._replace(own=learned)
    spiked, spikes = (dict(zip(order, part, strict=True)) for part in zip(*spiking, strict=True))
    return state._replace(weights=weights, plastic=rules, spikes=spikes, spiked=spiked)


def _ends(network: Network, order: list[str]) -> dict[str, np.ndarray | int]:
    wires = network.projections.values()
    return {
        "pre": _integers(order.index(p.pre) for p in wires),
        "post": _integers(order.index(p.post) for p in wires),
        "populations": len(order),
    }


def _roles(network: Network, plastic: Collection[str]) -> dict[str, np.ndarray]:
    """What the event does with each projection."""
    wires, rules = network.projections, network.rules
    places = list(wires)
    return {
        "mirrors": _integers(places.index(p.mirrors) if p.mirrors else -1 for p in wires.values()),
        "ruled": _integers(name in rules for name in wires),
        "plastic": _integers(name in rules and name in plastic for name in wires),
        "rewarded": _integers(isinstance(p.rule, STDP) and p.rule.rewarded for p in wires.values()),
        "excitatory": _integers(p.excitatory for p in wires.values()),
    }


def _integers(numbers: Iterable[int]) -> np.ndarray:
    return np.array(list(numbers), np.int64)
