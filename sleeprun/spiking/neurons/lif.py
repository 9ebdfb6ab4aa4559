"""The leaky integrate-and-fire neuron."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.neuron import Neuron, Neurons, Scalar


class LIFState(NamedTuple):
    v: Neurons  # membrane potential, threshold at 1
    i: Neurons  # synaptic current
    wait: Neurons  # steps of refractoriness left


class LIF(Neuron[LIFState]):
    """Leaky integrate-and-fire with a decaying current; potential in units of the threshold.

        v' = v + (gain I - v) / tau,   a spike and v' = 0 where v' >= 1,   I' = current_decay I

    A refractory neuron stays at 0.
    """

    tau: Scalar = number("membrane time constant", unit="steps", ge=1)
    gain: Scalar = number("potential that a lasting current of 1 leads to", gt=0)
    current_decay: Scalar = number("of the synaptic current", unit="a step", gt=0, lt=1)
    refractory: Scalar = number("pause after a spike", unit="steps", ge=0)

    @property
    def slower(self) -> float:
        return 12.0

    def init(self, size: int) -> LIFState:
        return LIFState(jnp.zeros(size), jnp.zeros(size), jnp.zeros(size))

    def step(self, state: LIFState) -> tuple[LIFState, Bool[Array, " neuron"]]:
        v, i, wait = state
        ready = wait <= 0
        v = jnp.where(ready, v + (self.gain * i - v) / self.tau, 0.0)
        spikes = ready & (v >= 1)
        wait = jnp.where(spikes, self.refractory, jnp.maximum(wait - 1, 0.0))
        return LIFState(jnp.where(spikes, 0.0, v), self.current_decay * i, wait), spikes
