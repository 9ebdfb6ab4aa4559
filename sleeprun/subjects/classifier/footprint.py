"""How much memory perceptrons take, by the keys of the config that it depends on."""

from itertools import pairwise
from typing import Any

import equinox as eqx
import jax

from sleeprun.config.promise import array
from sleeprun.config.sleep import DecaySleep
from sleeprun.gradient import promises
from sleeprun.gradient.learners.training import starting_state
from sleeprun.gradient.perceptron import Layer
from sleeprun.subjects.classifier.promises import check, perceptron
from sleeprun.subjects.classifier.schema import Config
from sleeprun.subjects.footprint import Footprint


def footprint(config: Config) -> Footprint:
    """Bytes of one state of all seeds, and of the images that they are shown. Reads the data.

    Raises ConfigError where a class of a user's own does not do what it must.
    """
    sequence, seeds = config.sequence, len(config.seeds)
    sizes = config.sizes
    biases = [array("float32", b) if config.network.biases else None for b in sizes[1:]]
    weights = [array("float32", a, b) for a, b in pairwise(sizes)]
    layers = tuple(map(Layer, weights, biases))
    check(config, layers)
    learner, descent = config.learner.make(), config.training.make()
    state = eqx.filter_eval_shape(starting_state, learner, descent, layers)
    network, tasks = perceptron(config.network), [len(task.images) for task in sequence.tasks]
    memory = promises.remembered(learner, network, state.memory, layers, tasks)
    own = config.image_tasks.order_seed == "by_seed"
    shown = sum(task.images.nbytes + task.test_images.nbytes for task in sequence.tasks)
    states = {
        "network.hidden": seeds * _bytes((state.layers, state.momentum)),
        "learner": seeds * _bytes(memory),
    }
    if any(isinstance(sleep, DecaySleep) for sleep in config.sleep.scheduled):
        states["sleep.kind"] = seeds * _bytes(weights)  # those that they began with
    return Footprint(states, {"tasks.data": shown * (seeds if own else 1)})


def _bytes(tree: Any) -> int:
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))
