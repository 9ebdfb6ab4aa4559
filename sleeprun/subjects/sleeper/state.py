"""What a network carries from cycle to cycle, and what happened over some of them."""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax.scipy.special import ndtri
from jaxtyping import Array, Bool, Float, Int, UInt32

from sleeprun import noise
from sleeprun.noise import Purpose
from sleeprun.spiking.edges import packed
from sleeprun.spiking.native.conducting import LocalSteps
from sleeprun.spiking.network import Edges, Network, NetworkState
from sleeprun.spiking.synapses.along import Each, Sources
from sleeprun.tasks.sequences.stimulus import Stimulus


class Stimulated(eqx.Module):
    """What all seeds share: the network, and who in it is stimulated and read, and how."""

    network: Network
    stimulus: Stimulus
    sequences: dict[str, Bool[Array, "_ cell"]]
    groups: Bool[Array, "group cell"]  # all that differ
    spread: Float[Array, ""]  # variance over mean of the noise on starting weights
    population: str = eqx.field(static=True)
    local: LocalSteps  # of the compiled kernel
    step_ms: float = eqx.field(static=True)
    bin_steps: int = eqx.field(static=True)
    replay_steps: int = eqx.field(static=True)
    period: int = eqx.field(static=True)  # cycles
    longest: int = eqx.field(static=True)  # cycles of a call, at most
    stimulated_steps: int = eqx.field(static=True)  # of a period, which begins with them
    tested_periods: int = eqx.field(static=True)  # at a time

    @property
    def bins(self) -> int:
        """Of a cycle."""
        return self.network.cycle_steps // self.bin_steps


class SleeperState(NamedTuple):
    network: NetworkState  # packed, where it has edges
    edges: Edges
    key: UInt32[Array, "2"]
    cycle: Int[Array, ""]
    since: Int[Array, ""]  # cycles since the phase began


class Tally(NamedTuple):
    """What happened over some cycles, and the answers in those that are tested at a time."""

    first: Int[Array, ""]  # cycle of the phase
    cycles: Int[Array, ""]  # how many, and in how many
    windows: Int[Array, ""]
    spikes: dict[str, Int[Array, ""]]
    answers: Int[Array, "cycle bin group"]
    activity: dict[str, Int[Array, " cycle"]]  # spikes of a population
    grouped: Int[Array, "cycle bin group"]  # those of all groups
    potential: Float[Array, " cycle"]  # at its end, mV, the mean of the cells that are read


def birth(
    shared: Stimulated, weights: dict[str, Float[Array, "_ _"]], edges: Edges,
    key: UInt32[Array, "2"],
) -> SleeperState:  # fmt: skip
    """A seed's newborn network, with noise on what can learn; bounds are those without it."""
    network = shared.network
    state = packed(network, network.init(weights, noise.stream(key, Purpose.NEURONS)), edges)
    noisy = {
        name: _noisy(shared, name, key, state.weights[name], edges.get(name))
        for name in network.rules
    }
    state = state._replace(weights=state.weights | noisy)
    return SleeperState(state, edges, key, jnp.int32(0), jnp.int32(0))


def _noisy(
    shared: Stimulated, name: str, key: UInt32[Array, "2"], weights: Each, sources: Sources | None
) -> Each:
    """Each w (1 + z), z normal with the variance `spread` w, and none below 0; drawn by its two
    cells.
    """
    words = noise.stream(key, Purpose.STARTING_WEIGHTS)
    place = (jnp.arange(size, dtype=jnp.int32) for size in weights.shape)
    pre, post = jnp.meshgrid(*place, indexing="ij")
    pre = pre if sources is None else sources
    draws = noise.uniform(words, sorted(shared.network.rules).index(name), pre, post)
    normal = ndtri(noise.inside(draws))
    return weights * jnp.maximum(1 + jnp.sqrt(shared.spread * weights) * normal, 0)


def blank_tally(shared: Stimulated, groups: int, first: Int[Array, ""]) -> Tally:
    """Of a sequence of so many groups."""
    tested = shared.tested_periods * shared.period
    answers = jnp.zeros((tested, shared.bins, groups), jnp.int32)
    many = shared.network.cycle_steps // shared.replay_steps
    silent = dict.fromkeys(shared.network.populations, jnp.zeros(shared.longest, jnp.int32))
    return Tally(
        first=first,
        cycles=jnp.int32(0),
        windows=jnp.int32(0),
        spikes=dict.fromkeys(silent, jnp.int32(0)),
        answers=answers,
        activity=silent,
        grouped=jnp.zeros((shared.longest, many, len(shared.groups)), jnp.int32),
        potential=jnp.zeros(shared.longest),
    )
