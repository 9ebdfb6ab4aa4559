"""What the record tells of a perceptron's probes: events."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from sleeprun.gradient import probes
from sleeprun.protocol.family import Scores
from sleeprun.protocol.phases import Boundary
from sleeprun.subjects.classifier.record import Measured, Moved, Overlap, Robustness


def robustness(
    boundary: Boundary, right: Sequence[Mapping[str, Float[np.ndarray, " seed"]]]
) -> Robustness:
    """`right` is of each task, by noise, the share of images classified rightly; the mean."""
    accuracy = {kind: np.mean([task[kind] for task in right], axis=0).tolist() for kind in right[0]}
    return Robustness(boundary=boundary, values=accuracy)


def overlap(
    boundary: Boundary,
    names: Sequence[str],
    hidden: Sequence[Sequence[Float[np.ndarray, "seed _"]]],
) -> Overlap:
    """`hidden` is [task][layer], the mean activations of each seed."""
    layers: dict[str, Scores] = {}
    for name, *of_tasks in zip(names, *hidden, strict=True):
        layers[name] = [probes.overlap(means) for means in np.stack(of_tasks, axis=1)]
    return Overlap(boundary=boundary, values=layers)


def moved(boundary: Boundary, names: Sequence[str], found: probes.WeightChange) -> Moved:
    """Of every layer the shares of weights changed, raised and lowered, and the mean change."""
    raised, lowered, mean = (np.asarray(part, float).T for part in found)
    of_layers = {"share": raised + lowered, "raised": raised, "lowered": lowered, "mean": mean}
    layers = {
        name: {measure: values[layer].tolist() for measure, values in of_layers.items()}
        for layer, name in enumerate(names)
    }
    return Moved(boundary=boundary, values=layers)


def measured(boundary: Boundary, values: Mapping[str, Sequence[float]]) -> Measured:
    """What a user's own probes found, of each seed."""
    return Measured(boundary=boundary, values={name: list(one) for name, one in values.items()})
