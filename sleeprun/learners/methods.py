"""Every continual-learning method by the name that a config gives it."""

from collections.abc import Callable
from typing import Any

from sleeprun.learners.agem import agem
from sleeprun.learners.averaging import averaging
from sleeprun.learners.derpp import derpp
from sleeprun.learners.ewc import ewc
from sleeprun.learners.icarl import icarl
from sleeprun.learners.learner import Learner
from sleeprun.learners.lwf import lwf
from sleeprun.learners.naive import naive
from sleeprun.learners.rehearsal import rehearsal
from sleeprun.learners.si import si

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
