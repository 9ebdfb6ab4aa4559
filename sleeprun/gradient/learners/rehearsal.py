"""Experience replay (Rolnick et al. 2019; Chaudhry et al. 2019, "tiny episodic memories").

As many images of earlier tasks as a batch has new ones join it, so that half of what a step lowers
is the loss of what was learned before, however few are kept.
"""

import jax.numpy as jnp

from sleeprun import noise
from sleeprun.gradient import perceptron
from sleeprun.gradient.learners import buffer
from sleeprun.gradient.learners.buffer import Ranked
from sleeprun.gradient.learners.keeping import Keeping
from sleeprun.gradient.learners.learner import Scalar, Words
from sleeprun.gradient.perceptron import Batch, Layers, Perceptron
from sleeprun.noise import Purpose


class Rehearsal(Keeping):
    """Half of every batch is of images kept from earlier tasks, all their classes alike."""

    def passes(self, batch: int) -> float:
        return 2

    def loss(
        self, network: Perceptron, memory: Ranked, layers: Layers, batch: Batch, words: Words
    ) -> Scalar:
        return perceptron.batch_loss(network, layers, joined(memory, batch, words), words)


def joined(memory: Ranked, batch: Batch, words: Words) -> Batch:
    """A batch, and as many kept images as it has; alone before the first task is done."""
    if not len(memory.labels):
        return batch
    kept = buffer.by_class(memory, len(batch.labels), noise.stream(words, Purpose.REPLAYED_LABELS))
    replayed = kept._replace(counts=batch.counts)
    return Batch(*(jnp.concatenate(pair) for pair in zip(batch, replayed, strict=True)))
