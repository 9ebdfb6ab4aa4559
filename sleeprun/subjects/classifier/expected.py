"""About how long a perceptron's phases take, in operations that a core does one after another."""

from itertools import pairwise

from sleeprun.gradient import promises
from sleeprun.protocol.phases import Decay, Phase, Score
from sleeprun.subjects.classifier import engine
from sleeprun.subjects.classifier.phases import Sleep
from sleeprun.subjects.classifier.schema import Config

# A step of sleep takes as long as so many operations a neuron: measured on 784-1200-1200-10, asleep
# after tasks of MNIST, where a matrix product comes to 80 GFLOP/s.
ASLEEP = {"native": 50, "by_layer": 1_100, "by_step": 43_000}


class Expected:
    """Counts the operations of each phase of one network."""

    def __init__(self, config: Config):
        self.sequence, batch = config.sequence, config.training.batch
        self.shown = batch * promises.passes(config.learner.make(), batch)
        sizes = config.sizes
        self.synapses = sum(pre * post for pre, post in pairwise(sizes))
        self.step_asleep = ASLEEP[engine.chosen(config)] * sum(sizes)

    def operations(self, phase: Phase) -> float:
        match phase:
            case Score():
                (task,) = self.sequence.of([phase.task])
                return 2 * self.synapses * len(task.test_images)
            case Sleep():
                return self.step_asleep * phase.cycles
            case Decay():
                return 2 * self.synapses * phase.cycles
        return 6 * self.synapses * self.shown * phase.cycles  # forward, and twice that backward
