"""How much memory a network's state takes, by the keys of the config that it depends on."""

from collections import Counter
from typing import Any

import jax
from jax.tree_util import DictKey

from sleeprun.spiking.schema import NetworkConfig

BY_PROJECTION = {"weights", "synapses"}  # fields of a network's state


def bytes_of(config: NetworkConfig, state: Any, beside: str) -> Counter[str]:
    """Of what a state holds a network in; what is of no part of it goes by the key `beside`."""
    found: Counter[str] = Counter()
    for path, leaf in jax.tree.leaves_with_path(state):
        found[_key(config, [*path], beside)] += leaf.size * leaf.dtype.itemsize
    return found


def _key(config: NetworkConfig, path: list[object], beside: str) -> str:
    """What a leaf of the state depends on: a rule, a projection, a population, or neither."""
    names = [step.key for step in path if isinstance(step, DictKey)]
    fields = {getattr(step, "name", None) for step in path}
    if not names:
        return beside
    if "plastic" in fields:
        return f"network.rules.{config.projections[names[0]].plasticity}"
    wired = fields & BY_PROJECTION or names[0] in config.projections
    return f"network.{'projections' if wired else 'populations'}.{names[0]}"
