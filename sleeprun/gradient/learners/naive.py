"""Training on one task after another and nothing else: the lower bound."""

from sleeprun.gradient.learners.learner import Learner


class Naive(Learner):
    """Plain training."""
