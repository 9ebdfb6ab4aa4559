"""What a run must have recorded, and the key that has it recorded."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import NamedTuple

from sleeprun.config import ConfigError
from sleeprun.subjects.experiment import Experiment


class Need(NamedTuple):
    """A condition that a config fulfils, and what is said where it does not."""

    told: str
    met: Callable[[Experiment], bool]


BOUNDARIES = Need(
    "runtime.keep_boundaries=true: the weights at every boundary",
    lambda config: config.runtime.keep_boundaries,
)
SNAPSHOTS = Need(
    "runtime.weights_every=N: the weights each N cycles or steps of training and of sleep",
    lambda config: config.runtime.weights_every > 0,
)
SPIKES = Need(
    "runtime.spikes=N: the spikes of all seeds in the last N cycles of every phase",
    lambda config: config.runtime.spikes > 0,
)
SCIKIT_LEARN = Need(
    "scikit-learn: pip install 'sleeprun[analyses]'",
    lambda _: find_spec("sklearn") is not None,
)


def scikit_learn(module: str) -> ModuleType:
    """A module of it, where it is installed. Raises ConfigError."""
    try:
        return import_module(f"sklearn.{module}")
    except ModuleNotFoundError:
        raise ConfigError(f"needs {SCIKIT_LEARN.told}") from None
