"""Experience replay (Rolnick et al. 2019; Chaudhry et al. 2019, "tiny episodic memories").

A step sees as many images of earlier tasks as it sees new ones, however few are kept, and lowers
the loss of the new ones and, as heavily where `strength` is 1, that of the kept ones.
"""

from sleeprun import noise
from sleeprun.config.declared import number
from sleeprun.gradient import perceptron
from sleeprun.gradient.learners import buffer
from sleeprun.gradient.learners.buffer import Ranked
from sleeprun.gradient.learners.keeping import Keeping
from sleeprun.gradient.learners.learner import Scalar, Words
from sleeprun.gradient.perceptron import Batch, Layers, Perceptron
from sleeprun.noise import Purpose


class Rehearsal(Keeping):
    """Half of what a step sees is of images kept from earlier tasks, all their classes alike."""

    strength: Scalar = number("of the kept images' loss, beside the new ones'", ge=0)

    def passes(self, batch: int) -> float:
        return 2

    def loss(
        self, network: Perceptron, memory: Ranked, layers: Layers, batch: Batch, words: Words
    ) -> Scalar:
        task = perceptron.batch_loss(network, layers, batch, words)
        if not len(memory.labels):
            return task
        apart = noise.stream(words, Purpose.REPLAYED_LABELS)
        replayed = perceptron.batch_loss(network, layers, remembered(memory, batch, apart), apart)
        return task + self.strength * replayed


def remembered(memory: Ranked, batch: Batch, words: Words) -> Batch:
    """As many kept images as a batch has new ones, its padding included."""
    return buffer.by_class(memory, len(batch.labels), words)._replace(counts=batch.counts)
