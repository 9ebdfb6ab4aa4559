"""The network of Gonzalez et al. 2020, whole or its cortex alone, as it lives: what is timed."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from hydra import compose, initialize_config_dir

from sleeprun.cli.folder import conf_dir
from sleeprun.config.plain import plain
from sleeprun.noise import seed_key
from sleeprun.spiking.build import build, local_steps, starting_weights
from sleeprun.spiking.edges import packed, slots, sources_of
from sleeprun.spiking.modulation import modulated
from sleeprun.spiking.native import conducting
from sleeprun.spiking.network import Clock, Network, NetworkState
from sleeprun.spiking.schema import NetworkConfig
from sleeprun.spiking.simulate import advance
from speed import rounds

PLASTIC = ("pyramidal_pyramidal",)
PORTABLE_MS = 50
CORTICAL = ("pyramidal", "interneuron")
THALAMIC = ("relay", "reticular")
ALL_CELLS = CORTICAL + THALAMIC


class Way(NamedTuple):
    step_ms: float
    native: bool = True
    local: bool = False
    plastic: bool = False
    method: str = "exponential_euler"

    @property
    def name(self) -> str:
        told = [f"{self.step_ms} ms", "native" if self.native else "by_step, by synapses"]
        told += ["RK4"] * (self.method == "runge_kutta")
        return ", ".join([*told, *["local steps"] * self.local, *["STDP"] * self.plastic])


class Newborn(NamedTuple):
    config: NetworkConfig
    network: Network
    state: NetworkState


def newborn(way: Way, asleep: bool, thalamus: bool = True) -> Newborn:
    """The shipped network, awake or in N3."""
    cells = [f"+network.neurons.{cell}.method={way.method}" for cell in ALL_CELLS]
    overrides = ["network=gonzalez2020", "sleep=n3", f"network.step_ms={way.step_ms}", *cells]
    told = _composed(overrides)
    if not thalamus:
        told = _composed([*overrides, *without_thalamus(told)])
    config = NetworkConfig.model_validate(told["network"])
    awake, weights = build(config, "by_step"), starting_weights(config, 0)
    network = modulated(awake, told["sleep"]["levels"]["n3"]) if asleep else awake
    return Newborn(config, network, network.init(weights, seed_key(0)))


def _composed(overrides: list[str]) -> dict[str, Any]:
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        return plain(compose("config", overrides=overrides))


def without_thalamus(config: Mapping[str, Any]) -> list[str]:
    """What leaves the thalamus out of a config's network, and out of its N3."""
    network, n3 = config["network"], config["sleep"]["levels"]["n3"]
    gone = [f"populations.{name}" for name in THALAMIC] + [
        f"projections.{name}"
        for name, its in network["projections"].items()
        if {its["pre"], its["post"]} & set(THALAMIC)
    ]
    modulated = {f"{part}.{name}" for part, named in n3.items() for name in named}
    keys = [f"network.local_steps.below.{name}" for name in THALAMIC]
    keys += [f"network.{part}" for part in gone]
    keys += [f"sleep.levels.n3.{part}" for part in gone if part in modulated]
    return [f"~{key}" for key in keys]


class Living:
    """One network by one way, a stretch after another, each of so many seconds.

    With `settling` each is from birth on, under noise of its own, and that many seconds are lived
    before its spikes count.
    """

    def __init__(self, way: Way, born: Newborn, seconds: int = 1, settling: int = 0):
        config, network, state = born
        weights = state.weights
        found = None if way.native else sources_of(weights, slots(network, [weights]))
        self.edges = jax.tree.map(jnp.asarray, found)
        self.born = state if self.edges is None else packed(network, state, self.edges)
        self.state = _copied(self.born)
        self.ms, self.windows = (1000, seconds + settling) if way.native else (PORTABLE_MS, 1)
        self.settling = settling
        self.cycles = round(self.ms / way.step_ms) // network.cycle_steps
        self.cycle = 0
        local = local_steps(config) if way.local else conducting.ALL_STEPS
        self.lives = jax.jit(partial(_lived, network, way, local, self.cycles, self.edges))

    def __call__(self) -> rounds.Sample:
        if self.settling:
            self.state = _copied(self.born)
        took, spikes = 0.0, []
        for _ in range(self.windows):
            one, self.state = rounds.seconds(lambda: self.lives(jnp.int32(self.cycle), self.state))
            took += one
            self.cycle += self.cycles
            spikes.append({name: float(each.mean()) for name, each in self.state.spiked.items()})
        counted, second = spikes[self.settling :], self.ms / 1000
        hertz = {
            name: sum(each[name] for each in counted) / (len(counted) * second)
            for name in counted[0]
        }
        return rounds.Sample(self.windows * second / took, hertz)


def _copied(state: NetworkState) -> NetworkState:
    """As the kernel changes arrays in place."""
    return jax.tree.map(partial(jnp.array, copy=True), state)


def _lived(
    network: Network,
    way: Way,
    local: conducting.LocalSteps,
    cycles: int,
    edges: Any,
    cycle: Any,
    state: NetworkState,
) -> NetworkState:
    """With the spikes of this window alone."""
    state = state._replace(
        spikes={name: each._replace(length=jnp.int32(0)) for name, each in state.spikes.items()},
        spiked={name: jnp.zeros_like(each) for name, each in state.spiked.items()},
    )
    clock, steps = Clock(cycle, 0, seed_key(1)), cycles * network.cycle_steps
    if not way.native:
        return advance(network, state, clock, steps, edges=edges)
    plastic = PLASTIC if way.plastic else ()
    return conducting.window(network, state, clock, steps, {}, plastic, local)
