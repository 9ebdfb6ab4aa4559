"""Agents whose network is as active as a trained one: what every formulation is timed with."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from hydra import compose, initialize_config_dir
from jaxtyping import Array, Float
from omegaconf import OmegaConf

from sleeprun.cli.folder import conf_dir
from sleeprun.spiking.capacity import overrun
from sleeprun.spiking.drives import DRIVES
from sleeprun.subjects.forager import cycles
from sleeprun.subjects.forager.build import build, newborns
from sleeprun.subjects.forager.experiment import AgentExperiment
from sleeprun.subjects.forager.forager import leg_of
from sleeprun.subjects.forager.phases import Sleep, Wake
from sleeprun.subjects.forager.state import AgentState, ClosedLoop, Tally
from sleeprun.subjects.parse import parse
from sleeprun.subjects.seeds import over_seeds

PLASTIC = ("hidden_output",)
DRIVE = DRIVES.section("rate_matched")(kind="rate_matched", population="hidden", kick=0.025)
PHASES = {
    "wake": Wake("task1", cycles=1, plastic=PLASTIC),
    "sleep": Sleep(DRIVE, 0.5, cycles=1, plastic=PLASTIC),
}
# Activity settles within thousands of cycles, not hundreds of thousands.
SETTLING = (
    "network=accelerated",
    "tasks=foraging_accelerated",
    "network.populations.output.homeostasis.step=1e-3",
)
SETTLED = 2  # agents; more are copies that go their own ways
APART = 100  # cycles that copies live apart before they are timed

Spikes = dict[str, float]  # a cycle and network, by population


class Activity(NamedTuple):
    """What a stretch of cycles was like, on average over its cycles and seeds."""

    spikes: Spikes
    traces: float  # that were live at its end
    kicks: dict[str, Float[np.ndarray, " neuron"]]  # each neuron's kicks a cycle, where there are


def configured(overrides: Iterable[str]) -> AgentExperiment:
    OmegaConf.register_new_resolver("sleeprun.folder", lambda *_: "unused", replace=True)
    OmegaConf.register_new_resolver("sleeprun.record", lambda *_: None, replace=True)
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = compose("config", overrides=list(overrides))
    return parse(OmegaConf.to_container(config, resolve=True))  # type: ignore[arg-type]


def live(
    loop: ClosedLoop, phase: Wake | Sleep, count: int, state: AgentState
) -> tuple[AgentState, Tally]:
    leg = leg_of(loop, phase)
    state = over_seeds(cycles.begin, 1)(loop, leg, state)
    return over_seeds(cycles.advance, 1)(loop, leg, jnp.int32(count), state)


def settled(count: int) -> AgentState:
    """Agents after `count` cycles in the unsupervised world and an eighth of it on task 1."""
    config = configured([f"seeds={SETTLED}", *SETTLING])
    loop = build(config)
    everything = tuple(loop.network.rules)
    state = newborns(config, loop, config.seeds)
    state, _ = live(loop, Wake(None, cycles=1, plastic=everything), count, state)
    state, _ = live(loop, PHASES["wake"], count // 8, state)
    if full := overrun(loop.network, state.network):
        raise RuntimeError(f"the lists of {', '.join(full)} ran over while settling")
    return over_seeds(cycles.end, 1)(loop, leg_of(loop, PHASES["wake"]), state)


def copies(agents: AgentState, seeds: int) -> AgentState:
    """So many agents, each in a world and on noise of its own."""
    config = configured([f"seeds={seeds}"])
    loop = build(config)
    index = np.arange(seeds) % SETTLED
    state = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)[index]), agents)
    state = state._replace(key=newborns(config, loop, config.seeds).key)
    return live(loop, PHASES["wake"], APART, state)[0]


def activity(state: AgentState, phase: str, count: int) -> Activity:
    """The next `count` cycles, by the fastest engine there is."""
    loop = build(configured(["seeds=1"]))
    leg = leg_of(loop, PHASES[phase])
    after, tally = over_seeds(cycles.advance, 1)(loop, leg, jnp.int32(count), state)
    spikes = spikes_a_cycle(tally, count)
    kicked = "input" if phase == "wake" else "hidden"
    size = loop.network.populations[kicked].size
    # An input neuron spikes once where it sees food; who is kicked asleep depends on its rate.
    share = (
        np.full(size, spikes["input"] / size)
        if phase == "wake"
        else state.rates["hidden"][:, 0].mean(0)
    )
    traces = np.mean([after.network.plastic[name].own.traces.groups.sum(-1) for name in PLASTIC])
    return Activity(spikes, float(traces), {kicked: np.asarray(share, np.float32)})


def spikes_a_cycle(tally: Tally, count: int) -> Spikes:
    return {name: float(np.mean(spikes)) / count for name, spikes in tally.spikes.items()}


def save(path: Path, state: AgentState) -> None:
    np.savez(path, *(np.asarray(leaf) for leaf in jax.tree.leaves(state)))


def load(path: Path) -> AgentState:
    config = configured([f"seeds={SETTLED}"])
    like = newborns(config, build(config), config.seeds)
    with np.load(path) as file:
        leaves: list[Array] = [jnp.asarray(file[name]) for name in file.files]
    return jax.tree.unflatten(jax.tree.structure(like), leaves)
