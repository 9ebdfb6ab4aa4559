"""Wiring: which neurons are joined by a synapse, drawn with a seed's own generator."""

from abc import abstractmethod
from math import prod
from typing import NamedTuple

import equinox as eqx
import numpy as np
from jaxtyping import Bool, Int

from sleeprun.config.declared import count, setting
from sleeprun.config.kinds import Kinds
from sleeprun.config.values import Fraction

Extent = tuple[int, ...]  # a population's size, of one or two dimensions
Connected = Bool[np.ndarray, "pre post"]
Inputs = Int[np.ndarray, "post input"]
CURVEBALL_ROUNDS = 10  # trades of every neuron


class Ends(NamedTuple):
    """Between what a projection runs."""

    pre: Extent
    post: Extent
    recurrent: bool  # both are one population

    @property
    def shape(self) -> tuple[int, int]:
        return prod(self.pre), prod(self.post)


class Wiring(eqx.Module):
    @abstractmethod
    def connect(self, rng: np.random.Generator, ends: Ends) -> Connected:
        """Who is joined. That a neuron is joined to itself does not count."""

    def misfit(self, ends: Ends) -> str | None:
        """`key=value: why` it cannot join populations of these sizes."""
        return None


class AllToAll(Wiring):
    """Every pair."""

    def connect(self, rng: np.random.Generator, ends: Ends) -> Connected:
        return np.ones(ends.shape, bool)


class RandomPairs(Wiring):
    """Each pair with the given probability, independently."""

    probability: float = setting(Fraction, "that a pair is joined")

    def connect(self, rng: np.random.Generator, ends: Ends) -> Connected:
        return rng.random(ends.shape) < self.probability


class FixedFanIn(Wiring):
    """Each post neuron has `fan_in` distinct inputs; the pre neurons' fan-outs differ by 1 at most.

    Golden et al. 2022: 9 of 49 inputs for each of 784 neurons, so every input has 144 targets.
    Drawn uniformly by the curveball chain (Strona et al. 2014): from a regular wiring, pairs of
    neurons again and again deal out anew the inputs that only one of the two has. A trade that
    would join a neuron to itself is not made.
    """

    fan_in: int = count("inputs of each post neuron")

    def connect(self, rng: np.random.Generator, ends: Ends) -> Connected:
        pre, post = ends.shape
        start = _around_a_circle if ends.recurrent else _one_after_another
        inputs = start(rng, pre, post, self.fan_in)
        for _ in range(CURVEBALL_ROUNDS):
            for one, other in rng.permutation(post)[: post // 2 * 2].reshape(-1, 2):
                ours, theirs = _trade(rng, inputs[one], inputs[other])
                if not (ends.recurrent and (one in ours or other in theirs)):
                    inputs[one], inputs[other] = ours, theirs
        connected = np.zeros(ends.shape, bool)
        connected[inputs, np.arange(post)[:, None]] = True
        return connected

    def misfit(self, ends: Ends) -> str | None:
        there = ends.shape[0] - ends.recurrent
        if self.fan_in <= there:
            return None
        neurons = "other neurons" if ends.recurrent else "neurons"
        instead = f"choose 1 to {there}" if there else "choose another wiring"
        return f"fan_in={self.fan_in}: there are only {there} {neurons}; {instead}"


def _one_after_another(rng: np.random.Generator, pre: int, post: int, fan_in: int) -> Inputs:
    """A regular wiring: each neuron's inputs begin where those of the one before end."""
    places = np.arange(post * fan_in).reshape(post, fan_in) % pre
    return rng.permutation(pre)[places]


def _around_a_circle(rng: np.random.Generator, pre: int, post: int, fan_in: int) -> Inputs:
    """A regular wiring of a population with itself: each neuron's inputs are its next ones."""
    order = rng.permutation(pre)
    inputs = np.empty((post, fan_in), order.dtype)
    inputs[order] = order[(np.arange(post)[:, None] + 1 + np.arange(fan_in)) % pre]
    return inputs


def _trade(
    rng: np.random.Generator, one: Int[np.ndarray, " input"], other: Int[np.ndarray, " input"]
) -> tuple[Int[np.ndarray, " input"], Int[np.ndarray, " input"]]:
    """Keep what both have; deal the rest out at random."""
    both = np.intersect1d(one, other, assume_unique=True)
    pool = rng.permutation(np.setxor1d(one, other, assume_unique=True))
    half = len(pool) // 2
    return np.concatenate([both, pool[:half]]), np.concatenate([both, pool[half:]])


WIRINGS = Kinds(
    "wiring",
    "sleeprun.spiking.synapses.wiring.Wiring",
    all_to_all="sleeprun.spiking.synapses.wiring.AllToAll",
    random="sleeprun.spiking.synapses.wiring.RandomPairs",
    fixed_fan_in="sleeprun.spiking.synapses.wiring.FixedFanIn",
    nearby="sleeprun.spiking.synapses.nearby.Nearby",
)
