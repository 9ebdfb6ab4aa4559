"""Replay: whether groups of cells spike one after another in the order of a sequence.

Counts are the spikes of each group in small bins, the groups in the order of the sequence.
"""

from itertools import permutations
from math import factorial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

Counts = Int[np.ndarray, "bin group"]


class Replays(NamedTuple):
    """In how many of so many Up states."""

    forward: int
    reverse: int
    counted: int


def following(counts: Counts, lag: int) -> Float[np.ndarray, "group group"]:
    """How many pairs of spikes there are of one group and then another, within `lag` bins; less
    those the other way round.
    """
    after = np.zeros((counts.shape[1],) * 2)
    for shift in range(1, min(lag, len(counts) - 1) + 1):
        after += counts[:-shift].T @ counts[shift:]
    return after - after.T


def chances(counts: Counts, lag: int) -> tuple[float, float]:
    """The p of a sequence and of its reverse, among all orders of the groups.

    The measure of an order is the sum of `following` over its neighbours, p the share of orders
    that have at least as much. So of three groups none can be less than 1/6.
    """
    after = following(counts, lag)
    orders = np.array(list(permutations(range(counts.shape[1]))))
    measure = after[orders[:, :-1], orders[:, 1:]].sum(axis=1)
    own = measure[0]  # of the order in which they are given
    return float(np.mean(measure >= own)), float(np.mean(measure >= -own))


def in_an_up_state(counts: Counts, lag: int, sure: float) -> tuple[float, float] | None:
    """The same of one Up state; None of one in which fewer than two groups spike, and where so few
    groups have no order that is so sure.
    """
    if 1 / factorial(counts.shape[1]) > sure or (counts.sum(axis=0) > 0).sum() < 2:
        return None
    return chances(counts, lag)


def replays(counts: Counts, ups: Int[np.ndarray, "up 2"], lag: int, sure: float) -> Replays:
    """In how many Up states, from a bin to the one before another, a sequence runs, or its reverse:
    those with a p of at most `sure`.

    Were their spikes independent, each would run in that share of them; what spreads along the
    cells runs through groups that lie beside one another, too: what a sequence's order is worth is
    told by networks that did not learn it.
    """
    told = (in_an_up_state(counts[begin:end], lag, sure) for begin, end in ups)
    found = np.array([each for each in told if each]).reshape(-1, 2)
    forward, reverse = (found <= sure).sum(axis=0).tolist()
    return Replays(forward, reverse, len(found))
