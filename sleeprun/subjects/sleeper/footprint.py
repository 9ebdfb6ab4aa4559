"""How much memory networks that learn sequences take, by the keys that it depends on."""

import equinox as eqx

from sleeprun.config.promise import array
from sleeprun.spiking.edges import slots
from sleeprun.spiking.footprint import bytes_of
from sleeprun.subjects.footprint import Footprint
from sleeprun.subjects.sleeper.build import build, drawn, packs
from sleeprun.subjects.sleeper.schema import Config
from sleeprun.subjects.sleeper.state import birth


def footprint(config: Config) -> Footprint:
    """Bytes of one state of all seeds. Builds the network, but no state; by its synapses alone, it
    is taken to have as many as the first seed's.
    """
    shared, network = build(config), config.network
    ends = {name: network.ends(each) for name, each in network.projections.items()}
    weights = {name: array("float32", *each.shape) for name, each in ends.items()}
    edges = {}
    if packs(shared):
        wide = slots(shared.network, [drawn(config, config.seeds[0])])
        edges = {name: array("int32", count, ends[name].shape[1]) for name, count in wide.items()}
    state = eqx.filter_eval_shape(birth, shared, weights, edges, array("uint32", 2))
    found = bytes_of(network, state, "tasks")
    return Footprint({key: len(config.seeds) * size for key, size in found.items()}, {})
