"""Training on one task after another and nothing else: the lower bound."""

from sleeprun.learners.learner import Learner


def naive() -> Learner:
    return Learner()
