"""From a config to a spiking network and a seed's starting weights."""

from math import prod

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from sleeprun.config.promise import array, asking, gave, part_of
from sleeprun.config.runtime import Engine
from sleeprun.noise import Purpose
from sleeprun.spiking.native.conducting import ALL_STEPS, LocalSteps
from sleeprun.spiking.network import Network, Population, Projection
from sleeprun.spiking.neurons.rulkov import RulkovMap
from sleeprun.spiking.relaxation import relaxation_of
from sleeprun.spiking.schema import NetworkConfig
from sleeprun.spiking.synapses.weights import minus_row_mean
from sleeprun.spiking.synapses.wiring import Connected

Wired = dict[str, Bool[np.ndarray, "_ _"]]  # [pre, post] of every projection that has a wiring
_mirrored = jax.jit(minus_row_mean)


def build(config: NetworkConfig, engine: Engine = "by_layer", skip_quiet: bool = False) -> Network:
    """The network that a config describes; only the native engine can skip what is quiet."""
    used = {population.neuron for population in config.populations.values()}
    whole = {"step_ms": config.step_ms}
    neurons = {name: config.neurons[name].make(**whole) for name in sorted(used)}
    relaxations = {
        name: relaxation_of(neuron, config.cycle_steps)
        for name, neuron in neurons.items()
        if skip_quiet and engine == "native" and type(neuron) is RulkovMap
    }
    populations = {
        name: Population(
            neuron=neurons[population.neuron],
            homeostasis=population.homeostasis.make() if population.homeostasis else None,
            size=prod(population.size),
            spike_capacity=population.spike_capacity,
            relaxation=relaxations.get(population.neuron),
        )
        for name, population in config.populations.items()
    }
    projections = {
        name: Projection(
            synapse=projection.synapse.make(**whole),
            rule=config.rules[projection.plasticity].make(**whole)
            if projection.plasticity
            else None,
            pre=projection.pre,
            post=projection.post,
            mirrors=projection.mirrors,
            excitatory=projection.mirrors is None and not config.inhibits(projection),
        )
        for name, projection in config.projections.items()
    }
    return Network(populations, projections, config.cycle_steps, engine)


def local_steps(config: NetworkConfig) -> LocalSteps:
    """How long steps of quiet cells are in the kernel of those built of channels."""
    local = config.local_steps
    return LocalSteps(round(local.length / config.step_ms), local.below) if local else ALL_STEPS


def starting_weights(config: NetworkConfig, seed: int) -> dict[str, Float[Array, "_ _"]]:
    """A seed's weights [pre, post] by projection; 0 where there is no synapse."""
    drawn = {
        name: np.random.default_rng([seed, Purpose.WIRING, index])
        for index, (name, projection) in enumerate(config.projections.items())
        if projection.mirrors is None
    }
    wired = {name: _wire(config, name, rng) for name, rng in drawn.items()}
    weights = {
        name: jnp.asarray(_weigh(config, name, rng, wired).astype(np.float32))
        for name, rng in drawn.items()
    }
    for name, projection in config.projections.items():
        if projection.mirrors is not None:
            weights[name] = _mirrored(weights[projection.mirrors])
    return {name: weights[name] for name in config.projections}


def _wire(config: NetworkConfig, name: str, rng: np.random.Generator) -> Connected:
    projection = config.projections[name]
    assert projection.wiring is not None
    ends, wiring = config.ends(projection), projection.wiring.make()
    with part_of(f"network.projections.{name}"):
        with asking(wiring, "connect"):
            connected = wiring.connect(rng, ends)
        gave(wiring, "connect", connected, array("bool", *ends.shape))
    if ends.recurrent:
        np.fill_diagonal(connected, False)
    return connected


def _weigh(
    config: NetworkConfig, name: str, rng: np.random.Generator, wired: Wired
) -> Float[np.ndarray, "pre post"]:
    projection, connected = config.projections[name], wired[name]
    beside = (
        its
        for its in wired
        if (config.projections[its].pre, config.projections[its].post)
        == (projection.pre, projection.post)
    )
    joined = np.logical_or.reduce([wired[its] for its in beside])
    start = projection.weights.make().among(joined)
    with part_of(f"network.projections.{name}"):
        with asking(start, "draw"):
            weights = start.draw(rng, connected)
        shapes = (array(each, *connected.shape) for each in ("float32", "float64"))
        gave(start, "draw", weights, *shapes)
    return weights
