"""Measures of a user's own, in plain NumPy, of what a network makes of its tasks."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import equinox as eqx
import numpy as np
from jaxtyping import Float, Int

from sleeprun.config.promise import asking


class Response(NamedTuple):
    """Some of a task's test images, and what one network makes of them."""

    task: str
    images: Float[np.ndarray, "image pixel"]
    labels: Int[np.ndarray, " image"]
    activations: tuple[Float[np.ndarray, "image _"], ...]  # of every layer; the output's come last
    weights: tuple[Float[np.ndarray, "_ _"], ...]  # into every layer


class Probe(eqx.Module):
    """A measure with its constants."""

    @abstractmethod
    def measure(self, tasks: Sequence[Response]) -> float:
        """Of one network, from the tasks trained so far; NaN where it has no value yet."""


def measured(
    probes: Mapping[str, Probe], seeds: Iterable[Sequence[Response]]
) -> dict[str, list[float]]:
    """What each probe finds of every seed's network: lists [seed]."""
    rows = [[_number(probe, tasks) for probe in probes.values()] for tasks in seeds]
    return {name: [row[place] for row in rows] for place, name in enumerate(probes)}


def _number(probe: Probe, tasks: Sequence[Response]) -> float:
    """Raises ConfigError where there is none."""
    with asking(probe, "measure"):
        return float(probe.measure(tasks))
