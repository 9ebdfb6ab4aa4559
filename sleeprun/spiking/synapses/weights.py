"""Starting weights, drawn with a seed's own generator; 0 where there is no synapse."""

from abc import abstractmethod
from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sleeprun.config.declared import setting
from sleeprun.config.kinds import Kinds
from sleeprun.config.values import NonNegative, Positive, Whole
from sleeprun.spiking.synapses.wiring import Connected

Drawn = Float[np.ndarray, "pre post"]
Weights = Float[Array, "pre post"]


class StartingWeights(eqx.Module):
    @abstractmethod
    def draw(self, rng: np.random.Generator, connected: Connected) -> Drawn:
        """A positive weight for every synapse that exists."""

    def among(self, joined: Connected) -> "StartingWeights":
        """The same, told which pairs this or another projection between the populations joins."""
        return self


class Constant(StartingWeights):
    """The same for all."""

    value: float = setting(Positive, "of every synapse")

    def draw(self, rng: np.random.Generator, connected: Connected) -> Drawn:
        return np.where(connected, self.value, 0.0)


class Shared(StartingWeights):
    """A conductance of the whole cell, shared by as many inputs as the cell with the most has.

    Gonzalez et al. 2020: total / (area M), in mS/cm2, with M the most pre neurons that any post
    neuron has by all projections between the two populations.
    """

    total: float = setting(Positive, "conductance of all inputs", unit="mS")
    area: float = setting(Positive, "of a post neuron's membrane", unit="cm2")
    most: int = eqx.field(static=True, default=1)  # M, which follows from the wiring

    def among(self, joined: Connected) -> "Shared":
        return replace(self, most=max(int(joined.sum(axis=0).max()), 1))

    def draw(self, rng: np.random.Generator, connected: Connected) -> Drawn:
        return np.where(connected, self.total / (self.area * self.most), 0.0)


class Normal(StartingWeights):
    """Normal, cut off at a hundredth of the mean so that no synapse changes its sign."""

    mean: float = setting(Positive, "of the weights before the cut")
    sd: float = setting(NonNegative, "of them")

    def draw(self, rng: np.random.Generator, connected: Connected) -> Drawn:
        drawn = rng.normal(self.mean, self.sd, connected.shape)
        return np.where(connected, np.maximum(drawn, self.mean / 100), 0.0)


class Coins(StartingWeights):
    """`floor` each, plus coins thrown at random over each pre neuron's synapses.

    Golden et al. 2022: every input neuron throws 1440 coins of 0.001 over its 144 synapses.
    """

    floor: float = setting(Positive, "that every synapse has")
    coin: float = setting(NonNegative, "what one coin is worth")
    coins_per_synapse: int = setting(Whole, "on average")

    def draw(self, rng: np.random.Generator, connected: Connected) -> Drawn:
        weights = np.zeros(connected.shape)
        for pre, targets in enumerate(connected):
            fan_out = np.count_nonzero(targets)
            if fan_out:
                thrown = self.coins_per_synapse * fan_out
                won = rng.multinomial(thrown, np.full(fan_out, 1 / fan_out))
                weights[pre, targets] = self.floor + self.coin * won
        return weights


class Mirror(StartingWeights):
    """Inhibition that balances another projection: minus the mean of each pre neuron's weights.

    It runs along the same synapses and follows them as they learn.
    """

    of: str = setting(str, "the projection that is mirrored")

    def draw(self, rng: np.random.Generator, connected: Connected) -> Drawn:
        raise NotImplementedError("follows from what it mirrors")


def minus_row_mean(excitatory: Weights) -> Weights:
    """Inhibition that balances excitation: minus the mean of each pre neuron's weights.

    It runs along the same synapses; one that was cut counts no more.
    """
    exists = excitatory != 0
    number = jnp.maximum(exists.sum(axis=1, keepdims=True), 1).astype(excitatory.dtype)
    return jnp.where(exists, -excitatory.sum(axis=1, keepdims=True) / number, 0.0)


STARTS = Kinds(
    "kind of weights at the start",
    "sleeprun.spiking.synapses.weights.StartingWeights",
    constant="sleeprun.spiking.synapses.weights.Constant",
    shared="sleeprun.spiking.synapses.weights.Shared",
    normal="sleeprun.spiking.synapses.weights.Normal",
    coins="sleeprun.spiking.synapses.weights.Coins",
    mirror="sleeprun.spiking.synapses.weights.Mirror",
)
