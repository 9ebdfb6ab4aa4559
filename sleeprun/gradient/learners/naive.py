"""Training on one task after another and nothing else: the lower bound."""

from sleeprun.gradient.learners.learner import Learner


def naive() -> Learner:
    return Learner()
