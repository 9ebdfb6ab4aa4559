"""How much memory agents take, by the keys of the config that it depends on."""

from collections import Counter

import equinox as eqx
import jax
from jax.tree_util import DictKey

from sleeprun.config.promise import array
from sleeprun.config.sleep import DecaySleep
from sleeprun.subjects.footprint import Footprint
from sleeprun.subjects.forager.build import build
from sleeprun.subjects.forager.schema import Config
from sleeprun.subjects.forager.state import birth

BY_PROJECTION = {"weights", "synapses"}  # fields of a network's state


def footprint(config: Config) -> Footprint:
    """Bytes of one state of all seeds. Builds the network, but no state."""
    ends = {name: config.network.ends(each) for name, each in config.network.projections.items()}
    weights = {name: array("float32", *each.shape) for name, each in ends.items()}
    state = eqx.filter_eval_shape(birth, build(config), weights, array("uint32", 2))
    bytes_of: Counter[str] = Counter()
    for path, leaf in jax.tree.leaves_with_path(state):
        size = leaf.size * leaf.dtype.itemsize
        bytes_of[_key(config, [*path])] += len(config.seeds) * size
    if any(isinstance(sleep, DecaySleep) for sleep in config.sleep.scheduled):
        began = sum(each.size * each.dtype.itemsize for each in weights.values())
        bytes_of["sleep.kind"] = len(config.seeds) * began  # what it goes back to
    return Footprint(dict(bytes_of), {})


def _key(config: Config, path: list[object]) -> str:
    """What a leaf of the state depends on: a rule, a projection, a population, or the world."""
    names = [step.key for step in path if isinstance(step, DictKey)]
    fields = {getattr(step, "name", None) for step in path}
    if not names:
        return "tasks"
    if "plastic" in fields:
        return f"network.rules.{config.network.projections[names[0]].plasticity}"
    return f"network.{'projections' if fields & BY_PROJECTION else 'populations'}.{names[0]}"
