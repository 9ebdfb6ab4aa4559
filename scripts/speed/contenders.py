"""The formulations that are timed against one another."""

from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np

from sleeprun.spiking import native
from sleeprun.subjects.forager import cycles
from sleeprun.subjects.forager.build import build
from sleeprun.subjects.forager.forager import leg_of
from sleeprun.subjects.forager.state import AgentState, ClosedLoop
from sleeprun.subjects.seeds import over_seeds
from speed import naive
from speed.agents import PHASES, Activity, configured, spikes_a_cycle
from speed.rounds import Entries, Sample, seconds

# What each of sleeprun's engines changes in the configuration.
ENGINES = {
    "native": ("runtime.simulate=native", "runtime.skip_quiet=false"),
    "native/skip": ("runtime.simulate=native", "runtime.skip_quiet=true"),
    "by_layer": ("runtime.simulate=by_layer",),
}
STRETCH = 1600  # cycles of all seeds together, the same for every engine
NAIVE_STRETCH = 40
NAIVE_SEEDS = 10  # at most


def stretch(seeds: int) -> int:
    """Cycles that each seed is timed for."""
    return max(10, STRETCH // seeds)


def engines(phase: str, state: AgentState) -> Entries:
    entries: Entries = {}
    for name, overrides in ENGINES.items():
        if native.available() or not name.startswith("native"):
            loop = build(configured(["seeds=1", *overrides]))
            entries[name] = partial(_engine, loop, phase, state)
    return entries


def naively(state: AgentState, activity: Activity) -> Entries:
    if len(state.cycle) > NAIVE_SEEDS:
        return {}
    loop = build(configured(["seeds=1"]))
    kicks = {name: jnp.asarray(chance) for name, chance in activity.kicks.items()}
    return {"naive": partial(_naive, loop, kicks, state)}


def _engine(loop: ClosedLoop, phase: str, state: AgentState) -> Sample:
    count = stretch(len(state.cycle))
    leg = leg_of(loop, PHASES[phase])
    run = over_seeds(cycles.advance, 1)
    took, (_, tally) = seconds(lambda: run(loop, leg, jnp.int32(count), state))
    return Sample(count * len(state.cycle) / took, spikes_a_cycle(tally, count))


def _naive(loop: ClosedLoop, kicks: Any, state: AgentState) -> Sample:
    seeds = len(state.cycle)
    count = max(2, NAIVE_STRETCH // seeds)
    took, spikes = seconds(lambda: naive.run(loop, kicks, jnp.int32(count), state))
    summed = {name: float(np.sum(each)) / count / seeds for name, each in spikes.items()}
    return Sample(count * seeds / took, summed)


def compiled(entries: Entries) -> dict[str, float]:
    """The seconds that each entry's first call takes."""
    return {name: round(seconds(entry)[0], 1) for name, entry in entries.items()}
