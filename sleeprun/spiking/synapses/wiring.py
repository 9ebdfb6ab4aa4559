"""Wiring: which neurons are joined by a synapse, drawn with a seed's own generator."""

from abc import abstractmethod
from math import prod

import equinox as eqx
import numpy as np
from jaxtyping import Bool, Int

from sleeprun.config.declared import count, setting
from sleeprun.config.kinds import Kinds
from sleeprun.config.values import Fraction

Extent = tuple[int, ...]  # a population's size, of one or two dimensions
Connected = Bool[np.ndarray, "pre post"]
CURVEBALL_ROUNDS = 10  # trades of every neuron


class Wiring(eqx.Module):
    @abstractmethod
    def connect(self, rng: np.random.Generator, pre: Extent, post: Extent) -> Connected:
        """Who of two populations is joined; a neuron is never joined to itself."""

    def misfit(self, pre: Extent, post: Extent) -> str | None:
        """`key=value: why` it cannot join two populations of these sizes."""
        return None


class AllToAll(Wiring):
    """Every pair."""

    def connect(self, rng: np.random.Generator, pre: Extent, post: Extent) -> Connected:
        return np.ones((prod(pre), prod(post)), bool)


class RandomPairs(Wiring):
    """Each pair with the given probability, independently."""

    probability: float = setting(Fraction, "that a pair is joined")

    def connect(self, rng: np.random.Generator, pre: Extent, post: Extent) -> Connected:
        return rng.random((prod(pre), prod(post))) < self.probability


class FixedFanIn(Wiring):
    """Each post neuron has `fan_in` distinct inputs; the pre neurons' fan-outs differ by 1 at most.

    Golden et al. 2022: 9 of 49 inputs for each of 784 neurons, so every input has 144 targets.
    Drawn uniformly by the curveball chain (Strona et al. 2014): from a regular wiring, pairs of
    neurons again and again deal out anew the inputs that only one of the two has.
    """

    fan_in: int = count("inputs of each post neuron")

    def connect(self, rng: np.random.Generator, pre: Extent, post: Extent) -> Connected:
        inputs_there, targets, fan_in = prod(pre), prod(post), self.fan_in
        places = np.arange(targets * fan_in).reshape(targets, fan_in) % inputs_there
        inputs = rng.permutation(inputs_there)[places]
        for _ in range(CURVEBALL_ROUNDS):
            for one, other in rng.permutation(targets)[: targets // 2 * 2].reshape(-1, 2):
                inputs[one], inputs[other] = _trade(rng, inputs[one], inputs[other])
        connected = np.zeros((inputs_there, targets), bool)
        connected[inputs, np.arange(targets)[:, None]] = True
        return connected

    def misfit(self, pre: Extent, post: Extent) -> str | None:
        if self.fan_in <= prod(pre):
            return None
        return f"fan_in={self.fan_in}: there are only {prod(pre)} neurons; choose 1 to {prod(pre)}"


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
)
