"""The spiking agent: from its config to a `Network` and a seed's starting weights."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sleeprun.spiking import synapses
from sleeprun.spiking.homeostasis import Homeostasis
from sleeprun.spiking.network import Engine, Network, Population, Projection
from sleeprun.spiking.neurons import LIF, Neuron, RulkovMap
from sleeprun.spiking.plasticity import STDP
from sleeprun.spiking.relaxation import relaxation_of

if TYPE_CHECKING:
    from sleeprun.config import NetworkConfig, PlasticityConfig, ProjectionConfig
    from sleeprun.config.network import LIFConfig, RulkovConfig

POPULATIONS = ("input", "hidden", "output")
NEURONS: dict[str, Any] = {"rulkov": RulkovMap, "lif": LIF}
WIRING: dict[str, Callable[..., Any]] = {
    "fixed_fan_in": synapses.fixed_fan_in,
    "all_to_all": synapses.all_to_all,
    "random": synapses.random_pairs,
}
WEIGHTS: dict[str, Callable[..., Any]] = {
    "coins": synapses.coins,
    "constant": synapses.constant,
    "normal": synapses.normal,
}
WIRING_PURPOSE = 1
_mirrored = jax.jit(synapses.minus_row_mean)


def build(
    config: "NetworkConfig", engine: Engine = "by_layer", skip_quiet: bool = False
) -> Network:
    """The network that a config describes; only the native engine can skip what is quiet."""
    cells = {getattr(config, name).neuron for name in POPULATIONS}
    neurons = {name: _neuron(config.neurons[name]) for name in cells}
    relaxations = {
        name: relaxation_of(neuron, config.cycle_steps)
        for name, neuron in neurons.items()
        if skip_quiet and engine == "native" and isinstance(neuron, RulkovMap)
    }
    populations = {}
    for name in POPULATIONS:
        population = getattr(config, name)
        rule = population.homeostasis
        populations[name] = Population(
            neuron=neurons[population.neuron],
            homeostasis=Homeostasis(*floats(rule.target, rule.step, rule.smoothing))
            if rule
            else None,
            size=population.count,
            spike_room=population.spike_room,
            regulates=rule.regulates if rule else "resistance",
            relaxation=relaxations.get(population.neuron),
        )
    return Network(populations, _projections(config), config.cycle_steps, engine)


def _neuron(cell: "RulkovConfig | LIFConfig") -> Neuron:
    return NEURONS[cell.model].create(**cell.model_dump(exclude={"model"}))


def _projections(config: "NetworkConfig") -> dict[str, Projection]:
    return {
        name: Projection(
            jitter=jnp.float32(projection.jitter),
            rule=plasticity_rule(projection.plasticity) if projection.plasticity else None,
            pre=projection.pre,
            post=projection.post,
            mirrors=projection.weights.of if projection.weights.kind == "mirror" else None,
            excitatory=projection.weights.kind != "mirror",
        )
        for name, projection in config.projections.items()
    }


def floats(*numbers: float) -> tuple[Float[Array, ""], ...]:
    return tuple(jnp.float32(number) for number in numbers)


def plasticity_rule(config: "PlasticityConfig") -> STDP:
    return STDP(
        amplitude=jnp.float32(config.amplitude),
        tau=jnp.float32(config.tau),
        reach=jnp.int32(config.reach),
        offset=jnp.float32(config.age_offset),
        gain=jnp.float32(config.gain),
        clip=jnp.float32(config.clip),
        weight_min=jnp.float32(config.weight_min),
        weight_max=jnp.float32(config.weight_max),
        mean_smoothing=jnp.float32(config.mean_smoothing),
        mean_floor=jnp.float32(config.mean_floor),
        rewarded=config.rewarded,
        lifetime=config.lifetime,
        trace_room=config.trace_room,
    )


def starting_weights(config: "NetworkConfig", seed: int) -> dict[str, Float[Array, "_ _"]]:
    """A seed's weights [pre, post] by projection; 0 where there is no synapse."""
    weights: dict[str, Float[Array, "_ _"]] = {}
    for index, (name, projection) in enumerate(config.projections.items()):
        if projection.weights.kind == "mirror":
            continue
        rng = np.random.default_rng([seed, WIRING_PURPOSE, index])
        drawn = _draw(config, projection, rng)
        weights[name] = jnp.asarray(drawn.astype(np.float32))
    for name, projection in config.projections.items():
        if projection.weights.kind == "mirror":
            weights[name] = _mirrored(weights[projection.weights.of])
    return {name: weights[name] for name in config.projections}


def _draw(
    config: "NetworkConfig", projection: "ProjectionConfig", rng: np.random.Generator
) -> Float[np.ndarray, "pre post"]:
    pre = getattr(config, projection.pre).count
    post = getattr(config, projection.post).count
    assert projection.wiring is not None
    wire = partial(WIRING[projection.wiring.kind], **_arguments(projection.wiring))
    weigh = partial(WEIGHTS[projection.weights.kind], **_arguments(projection.weights))
    connected = wire(rng, pre, post)
    if projection.pre == projection.post:
        np.fill_diagonal(connected, False)
    return weigh(rng, connected)


def _arguments(choice: Any) -> dict[str, float | int]:
    return choice.model_dump(exclude={"kind"})
