"""From a config to a spiking network and a seed's starting weights."""

from math import prod

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sleeprun.config.promise import array, asking, gave, part_of
from sleeprun.config.runtime import Engine
from sleeprun.noise import Purpose
from sleeprun.spiking.network import Network, Population, Projection
from sleeprun.spiking.neurons.rulkov import RulkovMap
from sleeprun.spiking.relaxation import relaxation_of
from sleeprun.spiking.schema import NetworkConfig, ProjectionConfig
from sleeprun.spiking.synapses.weights import minus_row_mean

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
            rule=config.rules[projection.plasticity].make() if projection.plasticity else None,
            pre=projection.pre,
            post=projection.post,
            mirrors=projection.mirrors,
            excitatory=projection.mirrors is None and not config.inhibits(projection),
        )
        for name, projection in config.projections.items()
    }
    return Network(populations, projections, config.cycle_steps, engine)


def starting_weights(config: NetworkConfig, seed: int) -> dict[str, Float[Array, "_ _"]]:
    """A seed's weights [pre, post] by projection; 0 where there is no synapse."""
    weights: dict[str, Float[Array, "_ _"]] = {}
    for index, (name, projection) in enumerate(config.projections.items()):
        if projection.mirrors is None:
            rng = np.random.default_rng([seed, Purpose.WIRING, index])
            with part_of(f"network.projections.{name}"):
                drawn = _draw(config, projection, rng)
            weights[name] = jnp.asarray(drawn.astype(np.float32))
    for name, projection in config.projections.items():
        if projection.mirrors is not None:
            weights[name] = _mirrored(weights[projection.mirrors])
    return {name: weights[name] for name in config.projections}


def _draw(
    config: NetworkConfig, projection: ProjectionConfig, rng: np.random.Generator
) -> Float[np.ndarray, "pre post"]:
    assert projection.wiring is not None
    ends = config.ends(projection)
    wiring, start = projection.wiring.make(), projection.weights.make()
    with asking(wiring, "connect"):
        connected = wiring.connect(rng, ends)
    gave(wiring, "connect", connected, array("bool", *ends.shape))
    if ends.recurrent:
        np.fill_diagonal(connected, False)
    with asking(start, "draw"):
        weights = start.draw(rng, connected)
    gave(start, "draw", weights, *(array(each, *ends.shape) for each in ("float32", "float64")))
    return weights
