"""How fast the network of Gonzalez et al. 2020 is simulated: JSON on stdout, a table on stderr.

Simulated seconds per second of processor time, of one network on one core, awake and in N3: the
compiled kernel at several steps, with and without long steps of quiet cells and with STDP, in turns
with the portable path by its synapses alone. Each is settled for a second and then timed second by
second; the portable one for less.
"""

import argparse
import json
import sys
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from sleeprun.cli.folder import conf_dir
from sleeprun.noise import seed_key
from sleeprun.runs.devices import device_name
from sleeprun.spiking.build import build, local_steps, starting_weights
from sleeprun.spiking.edges import packed, slots, sources_of
from sleeprun.spiking.modulation import modulated
from sleeprun.spiking.native import available, conducting
from sleeprun.spiking.network import Clock, Network, NetworkState
from sleeprun.spiking.schema import NetworkConfig
from sleeprun.spiking.simulate import advance
from speed import rounds

SOMA_SUBSTEPS = {0.02: 1, 0.05: 2, 0.1: 3}
PLASTIC = ("pyramidal_pyramidal",)
PORTABLE_MS = 50
CORTICAL = ("pyramidal", "interneuron")


class Way(NamedTuple):
    step_ms: float
    native: bool = True
    local: bool = False
    plastic: bool = False

    @property
    def name(self) -> str:
        told = [f"{self.step_ms} ms", "native" if self.native else "by_step, by synapses"]
        return ", ".join([*told, *["local steps"] * self.local, *["STDP"] * self.plastic])


WAYS = (
    Way(0.02),
    Way(0.05),
    Way(0.1),
    Way(0.05, local=True),
    Way(0.05, local=True, plastic=True),
    Way(0.1, local=True),
    Way(0.05, native=False),
)


def described(step_ms: float) -> tuple[NetworkConfig, dict[str, Any]]:
    """The shipped network, and what is otherwise in N3."""
    soma = (f"+network.neurons.{cell}.soma_substeps={SOMA_SUBSTEPS[step_ms]}" for cell in CORTICAL)
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        overrides = ["network=gonzalez2020", "sleep=n3", f"network.step_ms={step_ms}", *soma]
        config = compose("config", overrides=overrides)
    plain: Any = OmegaConf.to_container(config, resolve=True)
    return NetworkConfig.model_validate(plain["network"]), plain["sleep"]["levels"]["n3"]


class Living:
    """One network by one way, a stretch after another."""

    def __init__(self, way: Way, asleep: bool):
        config, n3 = described(way.step_ms)
        awake = build(config, "by_step")
        network = modulated(awake, n3) if asleep else awake
        weights = starting_weights(config, 0)
        found = None if way.native else sources_of(weights, slots(network, [weights]))
        self.edges = jax.tree.map(jnp.asarray, found)
        state = jax.tree.map(partial(jnp.array, copy=True), network.init(weights, seed_key(0)))
        self.state = state if self.edges is None else packed(network, state, self.edges)
        self.ms = 1000 if way.native else PORTABLE_MS
        self.cycles = round(self.ms / way.step_ms) // network.cycle_steps
        self.cycle = 0
        local = local_steps(config) if way.local else conducting.ALL_STEPS
        self.lives = jax.jit(partial(_lived, network, way, local, self.cycles, self.edges))

    def __call__(self) -> rounds.Sample:
        took, self.state = rounds.seconds(lambda: self.lives(jnp.int32(self.cycle), self.state))
        self.cycle += self.cycles
        spikes = {name: float(each.mean()) for name, each in self.state.spiked.items()}
        hertz = {name: 1000 / self.ms * mean for name, mean in spikes.items()}
        return rounds.Sample(self.ms / 1000 / took, hertz)


def _lived(
    network: Network,
    way: Way,
    local: conducting.LocalSteps,
    cycles: int,
    edges: Any,
    cycle: Any,
    state: NetworkState,
) -> NetworkState:
    """With the spikes of this stretch alone."""
    state = state._replace(
        spikes={name: each._replace(length=jnp.int32(0)) for name, each in state.spikes.items()},
        spiked={name: jnp.zeros_like(each) for name, each in state.spiked.items()},
    )
    clock, steps = Clock(cycle, 0, seed_key(1)), cycles * network.cycle_steps
    if not way.native:
        return advance(network, state, clock, steps, edges=edges)
    plastic = PLASTIC if way.plastic else ()
    return conducting.window(network, state, clock, steps, {}, plastic, local)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rounds.pin(1)
    line: dict[str, Any] = {"device": device_name(jax.devices()[0]), "unit": "s/s"}
    for stage in ("awake", "n3"):
        ways = {way.name: way for way in WAYS if available() or not way.native}
        entries = {name: Living(way, stage == "n3") for name, way in ways.items()}
        for entry in entries.values():
            entry()
        samples = rounds.in_turns(dict(entries), arguments.rounds)
        line[stage] = {
            name: {"rate": rounds.spread(one.rate for one in taken), "hertz": taken[-1].spikes}
            for name, taken in samples.items()
        }
        for name, found in line[stage].items():
            hertz = ", ".join(f"{cell} {rate:.1f}" for cell, rate in found["hertz"].items())
            print(f"{stage:6}{name:36}{found['rate']['median']:8.2f}  {hertz}", file=sys.stderr)
    print(json.dumps(line))


if __name__ == "__main__":
    main()
