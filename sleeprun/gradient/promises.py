"""What a perceptron's parts promise, whoever wrote them: shapes of what their functions give."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from sleeprun.config.promise import array, asking, broken, gave, given, keeps
from sleeprun.gradient.learners import Learner, Step
from sleeprun.gradient.perceptron import Batch, Layers, Perceptron
from sleeprun.gradient.replay import Drive

WORDS, NUMBER = array("uint32", 2), array("float32")
FEW = 4  # images, or steps


def check_learner(learner: Learner, network: Perceptron, layers: Layers) -> None:
    """Raises ConfigError where a learner of a user's own gives another thing than it must."""
    pixels, classes = len(layers[0].weights), layers[-1].weights.shape[1]
    images, labels = array("float32", FEW, pixels), array("int32", FEW)
    batch, scores = Batch(images, labels, array("bool", FEW)), array("float32", FEW, classes)
    step = Step(batch, layers, layers, layers)
    memory = given(learner, "init", layers)
    for earlier in ([], [FEW]):  # the second task has what is left of the first
        mixed = FEW + kept(learner, earlier)
        both = array("float32", mixed, pixels), array("int32", mixed)
        found = given(learner, "mix", memory, images, labels)
        gave(learner, "mix", tuple(found) if isinstance(found, tuple) else found, both)
        memory = given(learner, "begin", network, memory, layers)
        keeps(learner, "loss", (network, memory, layers, batch, WORDS), NUMBER)
        keeps(learner, "direct", (network, memory, layers, layers, NUMBER, WORDS), layers)
        keeps(learner, "follow", (network, memory, step, WORDS), memory)
        memory = given(learner, "consolidate", network, memory, layers, images, labels, WORDS)
        keeps(learner, "outputs", (network, memory, layers, images), scores)


def remembered(
    learner: Learner, network: Perceptron, memory: Any, layers: Layers, tasks: Iterable[int]
) -> Any:
    """The shapes of a learner's memory after tasks of so many images, from those before them."""
    for images in tasks:
        shown = array("float32", images, len(layers[0].weights)), array("int32", images)
        memory = given(learner, "consolidate", network, memory, layers, *shown, WORDS)
    return memory


def kept(learner: Learner, earlier: Sequence[int]) -> int:
    """How many images a learner mixes in. Raises ConfigError where it does not say."""
    with asking(learner, "kept"):
        found = learner.kept(earlier)
    if not isinstance(found, int):
        raise broken(learner, "kept", f"gives {found!r}; must give a whole number of images")
    return found


def passes(learner: Learner, batch: int) -> float:
    """What a training step costs, in batches. Raises ConfigError where a learner does not say."""
    with asking(learner, "passes"):
        found = learner.passes(batch)
    if not isinstance(found, int | float) or not 0 < found < math.inf:
        raise broken(learner, "passes", f"gives {found!r}; must give a number above 0")
    return found


def misfit(part: Learner | Drive, told: Any) -> str | None:
    """Why a part cannot be with such images. Raises ConfigError where it does not say."""
    with asking(part, "misfit"):
        return part.misfit(told)


def check_drive(drive: Drive, pixels: int, shape: tuple[int, int] | None) -> None:
    """Raises ConfigError where a drive of a user's own draws other inputs than there are."""
    told = array("float32", pixels), shape, WORDS, array("int32"), FEW
    keeps(drive, "draw", told, array("bool", FEW, pixels))
