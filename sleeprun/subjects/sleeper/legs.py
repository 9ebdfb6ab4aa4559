"""A phase as the arrays that its cycles take."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sleeprun.protocol.phases import Score
from sleeprun.spiking.modulation import Course, Part, course
from sleeprun.subjects.sleeper.phases import QuietWake, Sleep, Train
from sleeprun.subjects.sleeper.schema import Config
from sleeprun.subjects.sleeper.state import Stimulated


class Leg(eqx.Module):
    """The numbers of the network in its course, and what is stimulated."""

    course: Course
    members: Any  # Bool[group, cell] of the sequence
    groups: Float[Array, ""]  # how many of them are stimulated: 0 none, 1 a cue
    lead: Int[Array, ""]  # cycles before that
    plastic: tuple[str, ...] = eqx.field(static=True)


def leg_of(config: Config, shared: Stimulated, phase: Any) -> Leg:
    """A phase's values and stimuli as arrays; of all phases alike, so that they share a program."""
    tasks, network = config.sequences, shared.network
    task, groups, lead, parts = next(iter(shared.sequences)), 0, 0, [Part({}, 1.0, 0.0)]
    if isinstance(phase, Train):
        task, groups = phase.task, len(shared.sequences[phase.task])
        parts = [Part(tasks.training, 1.0, 0.0)]
    if isinstance(phase, Score):
        task, groups, lead = phase.task, 1, tasks.lead * shared.period
    if isinstance(phase, Sleep | QuietWake):
        parts = phase.sleep.parts(float(phase.cycles))
    return Leg(
        course=course(network, parts, [*config.levels.values()]),
        members=shared.sequences[task],
        groups=jnp.float32(groups),
        lead=jnp.int32(lead),
        plastic=phase.plastic,
    )
