"""What methods share that keep some images of earlier tasks."""

from sleeprun.config.declared import count
from sleeprun.gradient.learners import buffer
from sleeprun.gradient.learners.buffer import Ranked
from sleeprun.gradient.learners.learner import Images, Labels, Learner, Words
from sleeprun.gradient.perceptron import Layers, Perceptron


class Keeping(Learner):
    """Images drawn from every task, which all classes seen so far share."""

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
        new = Ranked(images, labels, buffer.random_scores(labels, words))
        return buffer.balanced(memory, new, self.capacity)
