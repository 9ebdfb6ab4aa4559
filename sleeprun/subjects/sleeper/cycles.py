"""What cycles do to a network: one seed's state; `subjects/seeds.py` maps it over the seeds."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from sleeprun import noise
from sleeprun.noise import Purpose
from sleeprun.spiking.modulation import Course, modulated
from sleeprun.spiking.network import Clock, now
from sleeprun.subjects.sleeper import windows
from sleeprun.subjects.sleeper.state import SleeperState, Stimulated, Tally, blank_tally
from sleeprun.subjects.sleeper.windows import Window


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

    def more(carry):
        return carry[0] < count

    def window(carry):
        return _window(shared, leg, count, *carry)

    start = jnp.int32(0), state, blank_tally(shared, state.since)
    _, state, tally = lax.while_loop(more, window, start)
    return state, tally


def _window(
    shared: Stimulated,
    leg: Leg,
    count: Int[Array, ""],
    done: Int[Array, ""],
    state: SleeperState,
    tally: Tally,
) -> tuple[Int[Array, ""], SleeperState, Tally]:
    place = state.since - leg.lead
    most = windows.cycles_of(shared, leg.course, state.since, place % shared.period)
    cycles = jnp.minimum(most, count - done)
    network = modulated(shared.network, leg.course.at(state.since.astype(jnp.float32)))
    clock = Clock(state.cycle, 0, noise.stream(state.key, Purpose.SYNAPSES))
    drive = {shared.population: driven(shared, leg, place)}
    lived = windows.live(
        shared, network, state.network, clock, cycles, drive, leg.plastic, state.edges
    )
    here = done + jnp.arange(windows.most_cycles(shared), dtype=jnp.int32)
    answers = tally.answers.at[here].add(_answers(shared, leg, lived, clock), mode="drop")
    spikes = {name: tally.spikes[name] + each for name, each in lived.spikes.items()}
    state = state._replace(
        network=lived.network, cycle=state.cycle + cycles, since=state.since + cycles
    )
    return done + cycles, state, tally._replace(spikes=spikes, answers=answers)


def driven(shared: Stimulated, leg: Leg, cycle: Int[Array, ""]) -> Float[Array, "time cell"]:
    """Of the steps of a window, by its first cycle, counted from the first that has any."""
    steps = jnp.arange(windows.driven_steps(shared), dtype=jnp.int32)
    step = (cycle % shared.period) * shared.network.cycle_steps + steps
    time = step.astype(jnp.float32) * shared.step_ms
    groups = jnp.where(cycle >= 0, leg.groups, 0.0)
    return shared.stimulus.drive(time, leg.members, groups)


def _answers(
    shared: Stimulated, leg: Leg, lived: Window, clock: Clock
) -> Int[Array, "cycle bin group"]:
    """How often the cells of each group spiked in each bin of a window's cycles.

    Spikes are listed in order, so that those of a bin are between two places of the list.
    """
    spikes = lived.heard[shared.population]
    cycles = jnp.arange(windows.most_cycles(shared), dtype=jnp.int32)
    begin = cycles[:, None] * shared.network.cycle_steps
    begin = begin + shared.bin_steps * jnp.arange(shared.bins, dtype=jnp.int32)
    listed = jnp.arange(len(spikes.time), dtype=jnp.int32) < spikes.length
    time = jnp.where(listed, spikes.time - now(shared.network, clock), jnp.iinfo(jnp.int32).max)
    of_group = jnp.cumsum(leg.members.T[spikes.neuron].astype(jnp.int32), axis=0)
    before = jnp.concatenate([jnp.zeros_like(of_group[:1]), of_group])
    first, last = (jnp.searchsorted(time, each) for each in (begin, begin + shared.bin_steps))
    return before[last] - before[first]
