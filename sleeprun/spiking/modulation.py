"""Neuromodulation: numbers of a network that change while it lives, as with the stage of sleep.

A level gives values to numbers by their place in the network, `{projections: {ab: {synapse: {gain:
0.4}}}}`: where the network names its parts, so does the level. A course goes from level to level.
All of it are array leaves, so that other values need no other program.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sleeprun.config.declared import constants
from sleeprun.config.messages import misfit
from sleeprun.config.sleep import over
from sleeprun.config.spelling import nearest
from sleeprun.spiking.network import Network

Level = Mapping[str, Any]  # sections down to numbers


class Course(NamedTuple):
    """What the numbers are over time: straight lines between knots, and steps."""

    times: Float[Array, " knot"]
    values: Any  # a level, whose numbers are [knot]

    def at(self, time: Float[Array, ""]) -> Level:
        """Before the first knot and after the last as there."""
        return jax.tree.map(lambda values: jnp.interp(time, self.times, values), self.values)

    def steady(self, time: Float[Array, ""], most: int) -> Int[Array, ""]:
        """At how many of the times `time`, `time` + 1, ..., `most` of them, all is as at the first,
        before anything is not.
        """
        later = jax.tree.leaves(jax.vmap(self.at)(time + jnp.arange(most, dtype=jnp.float32)))
        other = jnp.zeros(most, bool)
        for values in later:
            other |= values != values[0]
        return jnp.where(other.any(), jnp.argmax(other), most).astype(jnp.int32)


class Part(NamedTuple):
    """Of a course: what it comes to, and how long it takes, of which a share is the way there."""

    level: Level
    length: float
    ramp: float


def course(network: Network, parts: Sequence[Part], named: Sequence[Level] = ()) -> Course:
    """From what a network's numbers are by themselves, through all parts from time 0 on.

    What a level does not give is as it is in the network. The course has the numbers that other
    levels have `named`, too: such courses share a program. Raises ValueError as `check` does.
    """
    levels = [part.level for part in parts]
    for level in levels:
        check(network, level)
    own = level_of(network, reduce(over, [*levels, *named], {}))
    times, passed, begin = [], [], 0.0
    for before, part in zip([{}, *levels], parts, strict=False):
        times += [begin, begin + part.ramp * part.length]
        passed += [over(own, before), over(own, part.level)]
        begin += part.length
    times, passed = [*times, begin], [*passed, over(own, levels[-1])]
    values = jax.tree.map(lambda *knots: jnp.asarray(knots, jnp.float32), *passed)
    return Course(jnp.asarray(times, jnp.float32), values)


def modulated(network: Network, level: Level) -> Network:
    """The network with a level's values in the place of its own."""
    return _set(network, level)


def level_of(part: Any, like: Level) -> Level:
    """What the numbers that another level names are in a network."""
    return {
        name: level_of(_inner(part, name), below) if isinstance(below, Mapping) else
        _inner(part, name)
        for name, below in like.items()
    }  # fmt: skip


def check(part: Any, level: Level, key: str = "") -> None:
    """Raises ValueError where a level names what is no number of a network, or gives it a value
    that it may not have.
    """
    for name, below in level.items():
        known, here = _names(part), f"{key}.{name}" if key else name
        if name not in known:
            raise ValueError(f"{here}: no such part of the network{nearest(name, known)}")
        inner = _inner(part, name)
        if isinstance(below, Mapping):
            check(inner, below, here)
        elif name not in constants(type(part)) or not _scalar(inner):
            raise ValueError(f"{here}: is no number that can be modulated")
        elif told := misfit(constants(type(part))[name].annotation, below):
            raise ValueError(f"{here}={below}: {told}")


def _scalar(value: Any) -> bool:
    return bool(eqx.is_inexact_array(value) and value.ndim == 0)


def _names(part: Any) -> list[str]:
    if isinstance(part, Mapping):
        return list(part)
    return list(vars(part)) if isinstance(part, eqx.Module) else []


def _inner(part: Any, name: str) -> Any:
    return part[name] if isinstance(part, Mapping) else getattr(part, name)


def _set(part: Any, level: Any) -> Any:
    if not isinstance(level, Mapping):
        return jnp.asarray(level, jnp.float32)
    changed = {name: _set(_inner(part, name), below) for name, below in level.items()}
    if isinstance(part, Mapping):
        return {**part, **changed}
    return eqx.tree_at(
        lambda one: [getattr(one, name) for name in changed], part, list(changed.values())
    )
