"""Every continual-learning method by the name that a config gives it."""

from collections.abc import Callable
from typing import Any

from sleeprun.gradient.learners.agem import agem
from sleeprun.gradient.learners.averaging import averaging
from sleeprun.gradient.learners.derpp import derpp
from sleeprun.gradient.learners.ewc import ewc
from sleeprun.gradient.learners.icarl import icarl
from sleeprun.gradient.learners.learner import Learner
from sleeprun.gradient.learners.lwf import lwf
from sleeprun.gradient.learners.naive import naive
from sleeprun.gradient.learners.rehearsal import rehearsal
from sleeprun.gradient.learners.si import si

METHODS: dict[str, Callable[..., Learner]] = {
    "naive": naive,
    "rehearsal": rehearsal,
    "ewc": ewc,
    "si": si,
    "lwf": lwf,
    "derpp": derpp,
    "agem": agem,
    "icarl": icarl,
    "averaging": averaging,
}


def method(kind: str, rate: float, **numbers: Any) -> Learner:
    """A method with its numbers; `rate` is the training's, for one whose steps are implicit."""
    return METHODS[kind](**numbers, rate=rate) if kind == "ewc" else METHODS[kind](**numbers)
