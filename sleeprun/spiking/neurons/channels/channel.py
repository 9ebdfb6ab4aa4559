"""What an ion channel is, and what the channels of a piece of membrane do together.

A neuron's membrane may have several pieces; each has channels, their gates and a site. What a
channel feels beside the potential, such as a concentration of calcium, joins the site.
"""

from abc import abstractmethod
from typing import Generic, NamedTuple, TypeVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from sleeprun.spiking.neurons.neuron import Neurons, Scalar


class Site(NamedTuple):
    """What a channel feels of the membrane it sits in."""

    v: Neurons  # mV


class Conducting(NamedTuple):
    g: Neurons  # mS/cm2
    reversal: Neurons | Scalar  # mV


Own = TypeVar("Own", bound=PyTree[Array])
Gates = dict[str, PyTree[Array]]  # of every channel


class Channel(eqx.Module, Generic[Own]):
    """A model: declared constants, and three pure functions. Units: mV, ms, mS/cm2."""

    @abstractmethod
    def steady(self, site: Site) -> Own:
        """A pytree of gates [neuron], as they are after a long time at this site."""

    @abstractmethod
    def update(self, gates: Own, site: Site, dt: Scalar) -> Own:
        """The gates `dt` ms later, solved exponentially at a fixed site."""

    @abstractmethod
    def conduct(self, gates: Own, site: Site) -> Conducting:
        """The conductance that is open, and its reversal potential."""


def advanced(channels: dict[str, Channel], gates: Gates, site: Site, dt: Scalar) -> Gates:
    """All gates `dt` ms later."""
    return {name: channel.update(gates[name], site, dt) for name, channel in channels.items()}


def conducting(channels: dict[str, Channel], gates: Gates, site: Site) -> tuple[Neurons, Neurons]:
    """Sums over the channels: of g (mS/cm2) and of g E (uA/cm2); their current is g E - g V."""
    g, driven = jnp.zeros_like(site.v), jnp.zeros_like(site.v)
    for name, channel in channels.items():
        open_ = channel.conduct(gates[name], site)
        g, driven = g + open_.g, driven + open_.g * open_.reversal
    return g, driven
