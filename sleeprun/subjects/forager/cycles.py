"""What a cycle of waking or sleeping does to an agent: here the network meets the world.

Every function carries one seed's state; `subjects/seeds.py` maps them over the seeds.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from sleeprun import noise
from sleeprun.noise import Purpose
from sleeprun.spiking.drives import Drive
from sleeprun.spiking.learning import decay, learn, regulate
from sleeprun.spiking.network import Clock, NetworkState, kick
from sleeprun.spiking.simulate import advance as simulate
from sleeprun.subjects.forager.state import AgentState, ClosedLoop, Start, Tally, blank_tally


def enter_world(loop: ClosedLoop, state: AgentState, task: Any) -> AgentState:
    """Begin a waking phase: a new world, and a fresh count of spikes."""
    words = noise.stream(state.key, Purpose.WORLD)
    world = loop.world.lay(task, words, state.cycle)
    world = world._replace(crowded=world.crowded | state.world.crowded)
    quiet = jax.tree.map(jnp.zeros_like, state.heard)
    return state._replace(world=world, heard=quiet, heard_cycles=jnp.int32(0))


def leave_world(state: AgentState, label: Int[Array, ""]) -> AgentState:
    """End a waking phase: its mean rates are what sleep will match for this task."""
    cycles = jnp.maximum(state.heard_cycles, 1).astype(jnp.float32)
    row = jnp.where(label < 0, state.trained.shape[0], label)
    rates = {
        name: state.rates[name].at[row].set(heard.astype(jnp.float32) / cycles, mode="drop")
        for name, heard in state.heard.items()
    }
    return state._replace(rates=rates, trained=state.trained.at[row].set(True, mode="drop"))


def wake_cycle(
    loop: ClosedLoop, state: AgentState, tally: Tally, task: Any, plastic: tuple[str, ...]
) -> tuple[AgentState, Tally]:
    """One movement cycle awake (Golden et al. 2022, "Order of events")."""
    network = loop.network
    clock = Clock(state.cycle, 0, noise.stream(state.key, Purpose.SYNAPSES))
    earlier = state.network.spiked
    net = simulate(network, state.network, clock, 1)
    spiked = net.spiked
    words = noise.stream(state.key, Purpose.WORLD)
    world, meal = loop.world.move(state.world, task, spiked[loop.moves], words, state.cycle)
    net = learn(network, net, clock, meal.reward, plastic)
    sees = loop.world.see(world)
    net = kick(network, net, loop.sees, jnp.where(sees, loop.world.kick, 0.0))
    if plastic:
        net = regulate(network, net, spiked, plastic)
    net = simulate(network, net, clock._replace(step=1), network.cycle_steps - 1)
    own = _own_spikes(earlier, spiked, net)
    tally = tally._replace(
        awake=tally.awake + 1,
        rewarded=tally.rewarded + meal.rewarded.astype(jnp.int32),
        punished=tally.punished + meal.punished.astype(jnp.int32),
        neutral=tally.neutral + meal.neutral.astype(jnp.int32),
        spikes=_count(tally, own),
    )
    state = state._replace(
        network=net,
        world=world,
        cycle=state.cycle + 1,
        heard={name: heard + own[name].astype(jnp.int32) for name, heard in state.heard.items()},
        heard_cycles=state.heard_cycles + 1,
    )
    return state, tally


def sleep_cycle(
    loop: ClosedLoop, state: AgentState, tally: Tally, leg: "Leg"
) -> tuple[AgentState, Tally]:
    """One cycle asleep (Golden et al. 2022, "Sleep")."""
    assert leg.drive is not None
    network = loop.network
    clock = Clock(state.cycle, 0, noise.stream(state.key, Purpose.SYNAPSES))
    driven = leg.drive.population
    tasks = jnp.maximum(state.trained.sum(), 1).astype(jnp.float32)
    rates = jnp.where(state.trained[:, None], state.rates[driven], 0.0).sum(axis=0) / tasks
    words = noise.stream(state.key, Purpose.SLEEP)
    first, later = leg.drive(rates, words, state.cycle, network.cycle_steps)
    earlier = state.network.spiked
    net = simulate(network, state.network, clock, 1, {driven: first})
    spiked = net.spiked
    net = learn(network, net, clock, leg.reward, leg.plastic)
    if leg.plastic:
        net = regulate(network, net, spiked, leg.plastic)
    train = {} if later is None else {driven: later}
    net = simulate(network, net, clock._replace(step=1), network.cycle_steps - 1, train)
    own = _own_spikes(earlier, spiked, net)
    tally = tally._replace(asleep=tally.asleep + 1, spikes=_count(tally, own))
    return state._replace(network=net, cycle=state.cycle + 1), tally


def decay_cycle(
    loop: ClosedLoop, state: AgentState, tally: Tally, leg: "Leg", start: Start | None
) -> tuple[AgentState, Tally]:
    """One cycle in which weights decay, and neurons and world stand still."""
    assert start is not None
    assert leg.share is not None
    net = decay(loop.network, state.network, start, leg.share, leg.plastic)
    return state._replace(network=net, cycle=state.cycle + 1), tally


def _own_spikes(
    earlier: dict[str, Float[Array, " _"]],
    spiked: dict[str, Float[Array, " _"]],
    after: NetworkState,
) -> dict[str, Float[Array, " _"]]:
    """The spikes of a cycle's own steps: of its first one, and of all that follow.

    `earlier` were there when the cycle began, `spiked` after its first step.
    """
    return {name: spiked[name] - earlier[name] + later for name, later in after.spiked.items()}


def _count(tally: Tally, spiked: dict[str, Float[Array, " _"]]) -> dict[str, Array]:
    return {
        name: tally.spikes[name] + spikes.sum().astype(jnp.int32) for name, spikes in spiked.items()
    }


class Leg(eqx.Module):
    """A stretch of waking (on a task), sleep (with a drive) or decay, of a number of cycles."""

    task: Any  # None asleep
    label: Int[Array, ""]  # the task's index in the world, -1 for the unsupervised world
    drive: Drive | None
    share: Float[Array, ""] | None  # of the way to where weights started, a cycle of decay
    reward: Float[Array, ""]  # of every cycle asleep
    cycles: Int[Array, ""]
    plastic: tuple[str, ...] = eqx.field(static=True)


def begin(loop: ClosedLoop, leg: Leg, state: AgentState) -> AgentState:
    return state if leg.task is None else enter_world(loop, state, leg.task)


def end(loop: ClosedLoop, leg: Leg, state: AgentState) -> AgentState:
    return state if leg.task is None else leave_world(state, leg.label)


def advance(
    loop: ClosedLoop, leg: Leg, count: Int[Array, ""], state: AgentState
) -> tuple[AgentState, Tally]:
    """`count` cycles of a leg of waking or sleep."""
    return _cycles(loop, leg, count, (state, blank_tally(loop)))


def fade(
    loop: ClosedLoop, leg: Leg, start: Start, count: Int[Array, ""], state: AgentState
) -> tuple[AgentState, Tally]:
    """`count` cycles of a leg of decay, which has no spikes to tell of."""
    state, tally = _cycles(loop, leg, count, (state, blank_tally(loop)), start)
    return state, tally._replace(spikes={})


def take_turns(
    loop: ClosedLoop,
    legs: tuple[Leg, ...],
    start: Start | None,
    count: Int[Array, ""],
    state: AgentState,
) -> tuple[AgentState, Tally]:
    """`count` rounds of the legs in turn, each from its begin to its end."""

    def one(_, carry):
        state, tally = carry
        for leg in legs:
            state = begin(loop, leg, state)
            state, tally = _cycles(loop, leg, leg.cycles, (state, tally), start)
            state = end(loop, leg, state)
        return state, tally

    return lax.fori_loop(0, count, one, (state, blank_tally(loop)))


def _cycles(
    loop: ClosedLoop,
    leg: Leg,
    count: Int[Array, ""],
    carry: tuple[AgentState, Tally],
    start: Start | None = None,
) -> tuple[AgentState, Tally]:
    def one(_, carry):
        if leg.share is not None:
            return decay_cycle(loop, *carry, leg, start)
        if leg.task is None:
            return sleep_cycle(loop, *carry, leg)
        return wake_cycle(loop, *carry, leg.task, leg.plastic)

    return lax.fori_loop(0, count, one, carry)


def copy_for_test(
    loop: ClosedLoop, leg: Leg, boundary: Int[Array, ""], state: AgentState
) -> AgentState:
    """A copy of the agent in a new world of the tested task, on noise streams of its own."""
    key = noise.stream(noise.stream(state.key, Purpose.TEST.value + boundary), leg.label)
    return begin(loop, leg, state._replace(key=key))
