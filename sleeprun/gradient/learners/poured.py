"""A fraction of every earlier task's images, poured into the pile of the new task's.

Each is shown once an epoch, as a new one is, so that few of them drown.
"""

from collections.abc import Sequence

from jaxtyping import Array

from sleeprun.config.declared import setting
from sleeprun.config.values import Fraction
from sleeprun.gradient.learners import buffer
from sleeprun.gradient.learners.buffer import Buffer, Ranked
from sleeprun.gradient.learners.learner import Images, Labels, Learner, Words
from sleeprun.gradient.perceptron import Layers, Perceptron


class Poured(Learner):
    """The fraction is class-balanced; a fraction of 1 keeps every image."""

    fraction: float = setting(Fraction, "of every earlier task's images")

    def init(self, layers: Layers) -> Buffer:
        return buffer.empty(layers)

    def mix(self, memory: Buffer, images: Images, labels: Labels) -> tuple[Array, Array]:
        return buffer.joined(Buffer(images, labels), memory)

    def kept(self, earlier: Sequence[int]) -> int:
        return sum(round(self.fraction * images) for images in earlier)

    def misfit(self, images: int) -> str | None:
        if self.fraction == 0 or self.kept([images]):
            return None
        least = f"{1 / images:.2g}"
        return f"fraction={self.fraction:g}: keeps none of {images} images; must be {least} or more"

    def consolidate(
        self,
        network: Perceptron,
        memory: Buffer,
        layers: Layers,
        images: Images,
        labels: Labels,
        words: Words,
    ) -> Buffer:
        """The buffer, longer by a fraction of this task's images."""
        new = Ranked(images, labels, buffer.random_scores(labels, words))
        chosen = buffer.balanced(buffer.unranked(layers), new, self.kept([len(labels)]))
        return buffer.joined(memory, Buffer(chosen.images, chosen.labels))
