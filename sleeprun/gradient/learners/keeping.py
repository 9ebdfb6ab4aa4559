"""What methods share that keep some images of earlier tasks."""

from jaxtyping import Array, Float

from sleeprun.config.declared import count
from sleeprun.gradient.learners import buffer
from sleeprun.gradient.learners.buffer import Ranked
from sleeprun.gradient.learners.learner import Images, Labels, Learner, Words
from sleeprun.gradient.perceptron import Layers, Perceptron


class Keeping(Learner):
    """Images of every task, which all classes seen so far share; drawn, unless ranked otherwise."""

    capacity: int = count("images that are kept")

    def init(self, layers: Layers) -> Ranked:
        return buffer.unranked(layers)

    def consolidate(
        self,
        network: Perceptron,
        memory: Ranked,
        layers: Layers,
        images: Images,
        labels: Labels,
        words: Words,
    ) -> Ranked:
        ranks = self.ranks(network, layers, images, labels, words)
        return buffer.balanced(memory, Ranked(images, labels, ranks), self.capacity)

    def ranks(
        self, network: Perceptron, layers: Layers, images: Images, labels: Labels, words: Words
    ) -> Float[Array, " image"]:
        """Of a task's images: those of the lowest are kept."""
        return buffer.random_scores(labels, words)
