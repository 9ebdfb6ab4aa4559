"""How much memory agents take, by the keys of the config that it depends on."""

import equinox as eqx

from sleeprun.config.promise import array
from sleeprun.config.sleep import DecaySleep
from sleeprun.spiking.footprint import bytes_of
from sleeprun.subjects.footprint import Footprint
from sleeprun.subjects.forager.build import build
from sleeprun.subjects.forager.schema import Config
from sleeprun.subjects.forager.state import birth


def footprint(config: Config) -> Footprint:
    """Bytes of one state of all seeds. Builds the network, but no state."""
    ends = {name: config.network.ends(each) for name, each in config.network.projections.items()}
    weights = {name: array("float32", *each.shape) for name, each in ends.items()}
    state = eqx.filter_eval_shape(birth, build(config), weights, array("uint32", 2))
    found = bytes_of(config.network, state, "tasks")
    if any(isinstance(sleep, DecaySleep) for sleep in config.sleep.scheduled):
        began = sum(each.size * each.dtype.itemsize for each in weights.values())
        found["sleep.kind"] = began  # what it goes back to
    return Footprint({key: len(config.seeds) * size for key, size in found.items()}, {})
