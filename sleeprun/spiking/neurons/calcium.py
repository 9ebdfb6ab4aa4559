"""Calcium inside a cell: what its channels let in, and how that goes away."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp

from sleeprun.config.declared import number
from sleeprun.config.kinds import Kinds
from sleeprun.spiking.neurons.channels import Channel, Gates, Site
from sleeprun.spiking.neurons.channels.channel import calcium_current
from sleeprun.spiking.neurons.neuron import Neurons, Scalar

MOLAR = 10 / (2 * 96489)  # mM um / ms that 1 uA/cm2 of calcium brings (Faraday's constant: there)


class Calcium(eqx.Module):
    """A model: declared constants, and the concentration in mM over time."""

    start: Scalar = number("of a newborn network", unit="mM", gt=0, default=1e-4)

    @abstractmethod
    def update(self, calcium: Neurons, current: Neurons, dt: Scalar) -> Neurons:
        """The concentration `dt` ms later under an outward current of calcium (uA/cm2)."""


class Shell(Calcium):
    """A shell under the membrane (Gonzalez et al. 2020), solved exactly at a fixed current:

    Ca' = max(0, -10 I / (2 F depth)) + (rest - Ca) / tau
    """

    depth: Scalar = number("of the shell", unit="um", gt=0, default=1.0)
    rest: Scalar = number("concentration without a current", unit="mM", gt=0, default=2.4e-4)
    tau: Scalar = number("of the way back", unit="ms", gt=0)

    def update(self, calcium: Neurons, current: Neurons, dt: Scalar) -> Neurons:
        influx = jnp.maximum(0.0, -MOLAR / self.depth * current)
        steady = self.rest + self.tau * influx
        return steady + (calcium - steady) * jnp.exp(-dt / self.tau)


CALCIUM = Kinds(
    "calcium dynamics",
    "sleeprun.spiking.neurons.calcium.Calcium",
    default="shell",
    shell="sleeprun.spiking.neurons.calcium.Shell",
)


def after_influx(
    pool: Calcium | None, channels: dict[str, Channel], gates: Gates, site: Site, dt: Scalar
) -> Neurons:
    """The concentration at a site `dt` ms later; it stays where nothing is said of it."""
    calcium = site.calcium + jnp.zeros_like(site.v)
    if pool is None:
        return calcium
    return pool.update(calcium, calcium_current(channels, gates, site), dt)


def check_felt(calcium: object, channels: Mapping[str, Any]) -> None:
    """Raises ValueError where a channel feels calcium that the neuron does not have."""
    feeling = [name for name, channel in channels.items() if channel.declares.feels_calcium]
    if calcium is None and feeling:
        raise ValueError(f"calcium=null: channel {feeling[0]} feels it; say {{tau: 5.0}}, in ms")
