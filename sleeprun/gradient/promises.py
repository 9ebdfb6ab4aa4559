"""What a perceptron's parts promise, whoever wrote them: shapes of what their functions give."""

from sleeprun.config.promise import array, given, keeps
from sleeprun.gradient.learners import Learner, Step
from sleeprun.gradient.perceptron import Batch, Layers, Perceptron
from sleeprun.gradient.replay import Drive

WORDS, NUMBER = array("uint32", 2), array("float32")
FEW = 4  # images, or steps


def check_learner(learner: Learner, network: Perceptron, layers: Layers) -> None:
    """Raises ConfigError where a learner of a user's own gives another thing than it must."""
    pixels, classes = len(layers[0].weights), layers[-1].weights.shape[1]
    images, labels = array("float32", FEW, pixels), array("int32", FEW)
    batch = Batch(images, labels, array("bool", FEW))
    memory = given(learner, "begin", network, given(learner, "init", layers), layers)
    keeps(learner, "loss", (network, memory, layers, batch, WORDS), NUMBER)
    keeps(learner, "direct", (network, memory, layers, layers, NUMBER, WORDS), layers)
    step = Step(batch, layers, layers, layers)
    keeps(learner, "follow", (network, memory, step, WORDS), memory)
    scores = array("float32", FEW, classes)
    keeps(learner, "outputs", (network, memory, layers, images), scores)


def check_drive(drive: Drive, pixels: int, shape: tuple[int, int] | None) -> None:
    """Raises ConfigError where a drive of a user's own draws other inputs than there are."""
    told = array("float32", pixels), shape, WORDS, array("int32"), FEW
    keeps(drive, "draw", told, array("bool", FEW, pixels))
