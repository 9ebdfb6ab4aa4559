"""What an ion channel is, and what the channels of a piece of membrane do together.

A neuron's membrane may have several pieces; each has channels, their gates and a site.
"""

from abc import abstractmethod
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree, UInt32

from sleeprun.config.declared import number
from sleeprun.spiking.neurons.channels.gates import Rates, Relaxation
from sleeprun.spiking.neurons.neuron import Neurons, Scalar


class Site(NamedTuple):
    """What a channel feels of the membrane it sits in."""

    v: Neurons  # mV
    calcium: Neurons | float = 0.0  # inside, mM; 0 where the neuron has none


class Conducting(NamedTuple):
    g: Neurons  # mS/cm2
    reversal: Neurons | Scalar  # mV


Own = TypeVar("Own", bound=PyTree[Array])
Gates = dict[str, PyTree[Array]]  # of every channel


class Channel(eqx.Module, Generic[Own]):
    """A model: declared constants, and three pure functions. Units: mV, ms, mS/cm2, mM."""

    feels_calcium: ClassVar[bool] = False
    carries_calcium: ClassVar[bool] = False  # its current is one of calcium

    gain: Scalar = number("factor on its conductance, as of neuromodulators", ge=0, default=1.0)

    @abstractmethod
    def steady(self, site: Site) -> Own:
        """A pytree of gates [neuron], as they are after a long time at this site."""

    @abstractmethod
    def update(self, gates: Own, site: Site, dt: Scalar) -> Own:
        """The gates `dt` ms later, solved exponentially at a fixed site."""

    @abstractmethod
    def conduct(self, gates: Own, site: Site) -> Conducting:
        """The conductance that is open, and its reversal potential."""

    def born(self, gates: Own, words: UInt32[Array, " words"]) -> Own:
        """The gates at a network's birth, where neurons differ in what is drawn for them."""
        return gates


class Gated(Channel[Own]):
    """A channel whose gates move independently, each by rates or towards a steady state."""

    speed: Scalar = number("factor on the rates of all gates", gt=0, default=1.0)

    @abstractmethod
    def moving(self, site: Site) -> Any:
        """How each gate moves at `speed` 1: Rates or Relaxation in the place of every gate."""

    def steady(self, site: Site) -> Own:
        return jax.tree.map(lambda gate: gate.steady, self.moving(site), is_leaf=_moves)

    def update(self, gates: Own, site: Site, dt: Scalar) -> Own:
        def relaxed(motion: Rates | Relaxation, gate: Neurons) -> Neurons:
            return motion.relaxed(gate, self.speed * dt)

        return jax.tree.map(relaxed, self.moving(site), gates, is_leaf=_moves)


def _moves(part: object) -> bool:
    return isinstance(part, Rates | Relaxation)


def steady(channels: dict[str, Channel], site: Site) -> Gates:
    """All gates after a long time at this site."""
    return {name: channel.steady(site) for name, channel in channels.items()}


def advanced(channels: dict[str, Channel], gates: Gates, site: Site, dt: Scalar) -> Gates:
    """All gates `dt` ms later."""
    return {name: channel.update(gates[name], site, dt) for name, channel in channels.items()}


def conducting(channels: dict[str, Channel], gates: Gates, site: Site) -> tuple[Neurons, Neurons]:
    """Sums over the channels: of g (mS/cm2) and of g E (uA/cm2); their current is g E - g V."""
    g, driven = jnp.zeros_like(site.v), jnp.zeros_like(site.v)
    for name, channel in channels.items():
        open_ = _opened(channel, gates[name], site)
        g, driven = g + open_.g, driven + open_.g * open_.reversal
    return g, driven


def _opened(channel: Channel[Own], gates: Own, site: Site) -> Conducting:
    open_ = channel.conduct(gates, site)
    return open_._replace(g=channel.gain * open_.g)


def calcium_current(channels: dict[str, Channel], gates: Gates, site: Site) -> Neurons:
    """What flows through the channels that carry calcium, outwards: g (V - E), uA/cm2."""
    current = jnp.zeros_like(site.v)
    for name, channel in channels.items():
        if channel.carries_calcium:
            open_ = _opened(channel, gates[name], site)
            current = current + open_.g * (site.v - open_.reversal)
    return current


def born(channels: dict[str, Channel], gates: Gates, words: UInt32[Array, " words"]) -> Gates:
    """All gates at a network's birth; a channel's own stream follows from its place by name."""
    places = {name: place for place, name in enumerate(sorted(channels))}
    return {
        name: channel.born(gates[name], words + jnp.uint32(0x9E3779B9 * (places[name] + 1) % 2**32))
        for name, channel in channels.items()
    }
