"""The mixed cation channel that hyperpolarisation opens."""

from typing import ClassVar, NamedTuple

import jax.numpy as jnp

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.channel import Channel, Conducting, Site
from sleeprun.spiking.neurons.channels.gates import Relaxation, sigmoid
from sleeprun.spiking.neurons.neuron import Neurons, Scalar


class HGates(NamedTuple):
    open: Neurons  # o1, the share of channels that is open
    bound: Neurons  # p1, of the regulating factor with calcium
    locked: Neurons  # o2, the share of channels that it holds open


class HCurrent(Channel[HGates]):
    """Gonzalez et al. 2020: I = g (o1 + k o2) (V - E). With w = V + shift:

    o1' = (h (1 - o1 - o2) - (1 - h) o1) / tau,   h = 1 / (1 + exp((w + 75) / 5.5)),
          tau = 20 + 1000 / (exp((w + 71.5) / 14.2) + exp(-(w + 89) / 11.6))
    p1' = binding ((Ca / half)^4 (1 - p1) - p1)
    o2' = locking ((p1 / share) o1 - o2)

    Each is solved exponentially with the others held.
    """

    feels_calcium: ClassVar[bool] = True

    conductance: Scalar = number("with all channels open", unit="mS/cm2", ge=0, default=0.016)
    reversal: Scalar = number("potential", unit="mV", default=-40.0)
    shift: Scalar = number("added to V, as by neuromodulators", unit="mV", default=0.0)
    held: Scalar = number("k, what a channel that is held open counts", ge=0, default=2.0)
    half: Scalar = number("calcium that binds half of the factor", unit="mM", gt=0, default=0.0015)
    share: Scalar = number("of the factor bound, that holds half", gt=0, default=0.007)
    binding: Scalar = number("rate at which calcium leaves", unit="1/ms", gt=0, default=0.0004)
    locking: Scalar = number("rate at which channels are let go", unit="1/ms", gt=0, default=0.001)

    def steady(self, site: Site) -> HGates:
        attracted = self._attracted(site)
        bound = attracted / (1 + attracted)
        h = self._opening(site).steady
        open_ = h / (1 + h * bound / self.share)
        return HGates(open_, bound, bound / self.share * open_)

    def update(self, gates: HGates, site: Site, dt: Scalar) -> HGates:
        opening, attracted = self._opening(site), self._attracted(site)
        free = opening._replace(steady=opening.steady * (1 - gates.locked))
        bound = Relaxation(attracted / (1 + attracted), 1 / (self.binding * (1 + attracted)))
        locked = Relaxation(gates.bound / self.share * gates.open, 1 / self.locking)
        return HGates(
            free.relaxed(gates.open, dt),
            bound.relaxed(gates.bound, dt),
            locked.relaxed(gates.locked, dt),
        )

    def conduct(self, gates: HGates, site: Site) -> Conducting:
        share = gates.open + self.held * gates.locked
        return Conducting(self.conductance * share, self.reversal)

    def _opening(self, site: Site) -> Relaxation:
        w = site.v + self.shift
        tau = 20 + 1000 / (jnp.exp((w + 71.5) / 14.2) + jnp.exp(-(w + 89) / 11.6))
        return Relaxation(sigmoid(w, -75.0, -5.5), tau)

    def _attracted(self, site: Site) -> Neurons:
        return (site.calcium / self.half) ** 4 + jnp.zeros_like(site.v)
