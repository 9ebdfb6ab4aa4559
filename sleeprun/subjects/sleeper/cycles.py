"""What cycles do to a network: one seed's state; `subjects/seeds.py` maps it over the seeds."""

from typing import Any

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from sleeprun import noise
from sleeprun.noise import Purpose
from sleeprun.spiking.modulation import modulated
from sleeprun.spiking.network import Clock, now
from sleeprun.spiking.spikes import SpikeList
from sleeprun.subjects.sleeper import windows
from sleeprun.subjects.sleeper.legs import Leg
from sleeprun.subjects.sleeper.state import SleeperState, Stimulated, Tally, blank_tally
from sleeprun.subjects.sleeper.windows import Window
from sleeprun.together import most

Lists = dict[str, SpikeList]


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
) -> tuple[SleeperState, Tally, Lists]:
    """`count` cycles of a phase; of a test, as many as are tested at a time at most. With the
    spikes of the last window, where older ones in the lists do not count.
    """

    def more(carry):
        return most(carry[1].cycles < count)

    def window(carry):
        return _window(shared, leg, count, *carry[:2])

    start = state, blank_tally(shared, len(leg.members), state.since), state.network.spikes
    return lax.while_loop(more, window, start)


def _window(
    shared: Stimulated, leg: Leg, count: Int[Array, ""], state: SleeperState, tally: Tally
) -> tuple[SleeperState, Tally, Lists]:
    place = state.since - leg.lead
    most = windows.cycles_of(shared, leg.course, state.since, place % shared.period)
    cycles = jnp.minimum(most, count - tally.cycles)
    network = modulated(shared.network, leg.course.at(state.since.astype(jnp.float32)))
    clock = Clock(state.cycle, 0, noise.stream(state.key, Purpose.SYNAPSES))
    drive = {shared.population: driven(shared, leg, place)}
    lived = windows.live(
        shared, network, state.network, clock, cycles, drive, leg.plastic, state.edges
    )
    state = state._replace(
        network=lived.network, cycle=state.cycle + cycles, since=state.since + cycles
    )
    return state, _counted(shared, leg, lived, clock, tally, cycles), lived.heard


def _counted(
    shared: Stimulated, leg: Leg, lived: Window, clock: Clock, tally: Tally, cycles: Int[Array, ""]
) -> Tally:
    """With what happened in a window of so many cycles."""
    here = tally.cycles + jnp.arange(windows.most_cycles(shared), dtype=jnp.int32)
    activity = {
        name: of_all.at[here].add(_by_cycle(shared, lived, clock, name), mode="drop")
        for name, of_all in tally.activity.items()
    }
    answers, grouped = (
        _by_bin(shared, lived, clock, members, steps)
        for members, steps in (
            (leg.members, shared.bin_steps),
            (shared.groups, shared.replay_steps),
        )
    )
    return Tally(
        first=tally.first,
        cycles=tally.cycles + cycles,
        windows=tally.windows + 1,
        spikes={name: tally.spikes[name] + each for name, each in lived.spikes.items()},
        answers=tally.answers.at[here].add(answers, mode="drop"),
        activity=activity,
        grouped=tally.grouped.at[here].add(grouped, mode="drop"),
        potential=tally.potential.at[here].add(lived.potential, mode="drop"),
    )


def driven(shared: Stimulated, leg: Leg, cycle: Int[Array, ""]) -> Float[Array, "time cell"]:
    """Of the steps of a window, by its first cycle, counted from the first that has any."""
    steps = jnp.arange(windows.driven_steps(shared), dtype=jnp.int32)
    step = (cycle % shared.period) * shared.network.cycle_steps + steps
    time = step.astype(jnp.float32) * shared.step_ms
    groups = jnp.where(cycle >= 0, leg.groups, 0.0)
    return shared.stimulus.drive(time, leg.members, groups)


def _by_bin(
    shared: Stimulated, lived: Window, clock: Clock, members: Any, steps: int
) -> Int[Array, "cycle bin group"]:
    """How often the cells of each group spiked in each bin of so many steps of a window's cycles.

    Spikes are listed in order, so that those of a bin are between two places of the list.
    """
    cycles = jnp.arange(windows.most_cycles(shared), dtype=jnp.int32)
    begin = cycles[:, None] * shared.network.cycle_steps
    bins = shared.network.cycle_steps // steps
    begin = begin + steps * jnp.arange(bins, dtype=jnp.int32)
    time = _times(shared, lived, clock, shared.population)
    neuron = lived.heard[shared.population].neuron
    of_group = jnp.cumsum(members.T[neuron].astype(jnp.int32), axis=0)
    before = jnp.concatenate([jnp.zeros_like(of_group[:1]), of_group])
    first, last = (jnp.searchsorted(time, each) for each in (begin, begin + steps))
    return before[last] - before[first]


def _by_cycle(shared: Stimulated, lived: Window, clock: Clock, name: str) -> Int[Array, " cycle"]:
    """How often a whole population spiked in each of a window's cycles."""
    ends = jnp.arange(windows.most_cycles(shared) + 1, dtype=jnp.int32)
    time = _times(shared, lived, clock, name)
    before = jnp.searchsorted(time, ends * shared.network.cycle_steps)
    return jnp.diff(before).astype(jnp.int32)


def _times(shared: Stimulated, lived: Window, clock: Clock, name: str) -> Int[Array, " spike"]:
    """Steps since a window began; after all, where the list has no more."""
    spikes = lived.heard[name]
    listed = jnp.arange(len(spikes.time), dtype=jnp.int32) < spikes.length
    since = spikes.time - now(shared.network, clock)
    return jnp.where(listed, since, jnp.iinfo(jnp.int32).max)
