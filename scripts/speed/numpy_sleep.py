"""Sleep Replay Consolidation in plain NumPy, touching only what spiked.

What sleeprun's engines are compared with. It is written from the equations of Tadros et al. 2022
and shares nothing with them. Weights are [pre, post], so that what a spike adds lies in one piece.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

Spiking = np.ndarray  # indices of neurons


class Rule(NamedTuple):
    inc: float
    dec: float
    slope: float
    decay: float
    threshold: Sequence[float]  # of each layer, as alpha
    alpha: Sequence[float]


class Drive(NamedTuple):
    max_rate: float  # 1/s
    dt: float  # s
    patch: int  # pixels


def sleep(
    rule: Rule,
    drive: Drive,
    weights: list[np.ndarray],
    membrane: list[np.ndarray],
    image: np.ndarray,
    steps: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """`steps` of sleep in place, shown patches of `image` [row, column]; spikes of each layer."""
    chance = (2 * drive.dt * drive.max_rate * image).astype(np.float32)
    pixel = np.arange(image.size).reshape(image.shape)
    corners = rng.integers(0, np.array(image.shape) - drive.patch + 1, (steps, 2))
    spikes = np.zeros(len(weights), int)
    for row, column in corners:
        shown = slice(row, row + drive.patch), slice(column, column + drive.patch)
        drawn = rng.random((drive.patch, drive.patch), np.float32) < chance[shown]
        spikes += step(rule, weights, membrane, pixel[shown][drawn])
    return spikes


def step(
    rule: Rule, weights: list[np.ndarray], membrane: list[np.ndarray], spiking: Spiking
) -> list[int]:
    """One step in place, layer after layer; how many neurons of each spiked."""
    counts = []
    for layer, (matrix, potential) in enumerate(zip(weights, membrane, strict=True)):
        potential *= np.float32(rule.decay)
        if spiking.size:  # a potential that only decays reaches no threshold
            potential += np.float32(rule.alpha[layer]) * matrix[spiking].sum(axis=0)
            fired = np.flatnonzero(potential >= np.float32(rule.threshold[layer]))
            if fired.size:
                learn(rule, matrix, spiking, fired)
                potential[fired] = 0
            spiking = fired
        counts.append(spiking.size)
    return counts


def learn(rule: Rule, matrix: np.ndarray, spiking: Spiking, fired: Spiking) -> None:
    """The in-synapses of the neurons that fired."""
    columns = matrix[:, fired]
    with np.errstate(over="ignore"):
        g = 2 / (1 + np.exp(columns / np.float32(rule.slope)))
    change = np.float32(-rule.dec) * g
    change[spiking] = np.float32(rule.inc) * g[spiking]
    matrix[:, fired] = columns + change
