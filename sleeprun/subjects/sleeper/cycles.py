"""What a cycle does to a network: one seed's state; `subjects/seeds.py` maps it over the seeds."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from sleeprun import noise
from sleeprun.noise import Purpose
from sleeprun.spiking.learning import learn
from sleeprun.spiking.modulation import Course, modulated
from sleeprun.spiking.network import Clock, NetworkState
from sleeprun.spiking.simulate import advance as simulate
from sleeprun.subjects.sleeper.state import SleeperState, Stimulated, Tally, blank_tally


class Leg(eqx.Module):
    """A phase: the numbers of the network in its course, and what is stimulated."""

    course: Course
    members: Any  # Bool[group, cell] of the sequence
    groups: Float[Array, ""]  # how many of them are stimulated: 0 none, 1 a cue
    lead: Int[Array, ""]  # cycles before that
    plastic: tuple[str, ...] = eqx.field(static=True)


def begin(state: SleeperState) -> SleeperState:
    return state._replace(since=jnp.int32(0))


def copy_for_test(
    task: Int[Array, ""], boundary: Int[Array, ""], state: SleeperState
) -> SleeperState:
    """A copy on noise streams of its own."""
    key = noise.stream(noise.stream(state.key, Purpose.TEST.value + boundary), task)
    return begin(state._replace(key=key))


def advance(
    shared: Stimulated, leg: Leg, count: Int[Array, ""], state: SleeperState
) -> tuple[SleeperState, Tally]:
    """`count` cycles of a phase; of a test, a period at most."""

    def one(place, carry):
        return _cycle(shared, leg, place, *carry)

    return lax.fori_loop(0, count, one, (state, blank_tally(shared, state.since)))


def _cycle(
    shared: Stimulated, leg: Leg, place: Int[Array, ""], state: SleeperState, tally: Tally
) -> tuple[SleeperState, Tally]:
    level = leg.course.at(state.since.astype(jnp.float32))
    network, steps = modulated(shared.network, level), shared.network.cycle_steps
    clock = Clock(state.cycle, 0, noise.stream(state.key, Purpose.SYNAPSES))
    drive = {shared.population: _drive(shared, leg, state.since - leg.lead)}
    net = simulate(network, state.network, clock, steps, drive, state.edges)
    answers = tally.answers.at[place].set(_answers(shared, leg, net, state.cycle), mode="drop")
    spikes = {
        name: tally.spikes[name] + each.sum().astype(jnp.int32) for name, each in net.spiked.items()
    }
    after = clock._replace(cycle=state.cycle + 1)
    net = learn(network, net, after, jnp.float32(0), leg.plastic, state.edges)
    state = state._replace(network=net, cycle=state.cycle + 1, since=state.since + 1)
    return state, tally._replace(spikes=spikes, answers=answers)


def _drive(shared: Stimulated, leg: Leg, cycle: Int[Array, ""]) -> Float[Array, "time cell"]:
    """Of the steps of a cycle, counted from the first that has any."""
    steps = jnp.arange(shared.network.cycle_steps, dtype=jnp.int32)
    step = (cycle % shared.period) * shared.network.cycle_steps + steps
    time = step.astype(jnp.float32) * shared.step_ms
    groups = jnp.where(cycle >= 0, leg.groups, 0.0)
    return shared.stimulus.drive(time, leg.members, groups)


def _answers(
    shared: Stimulated, leg: Leg, net: NetworkState, cycle: Int[Array, ""]
) -> Int[Array, "bin group"]:
    """How often the cells of each group spiked in each bin of a cycle."""
    spikes, steps = net.spikes[shared.population], shared.network.cycle_steps
    index = jnp.arange(len(spikes.time), dtype=jnp.int32)
    bin_ = (spikes.time - cycle * steps) // shared.bin_steps
    counted = (index >= spikes.fresh) & (index < spikes.length)
    bin_ = jnp.where(counted, bin_, shared.bins)
    each = leg.members.T[spikes.neuron].astype(jnp.int32)
    return jnp.zeros((shared.bins, len(leg.members)), jnp.int32).at[bin_].add(each, mode="drop")
