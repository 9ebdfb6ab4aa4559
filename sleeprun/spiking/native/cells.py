"""Cells built of channels as the kernel takes them: which it knows, and their arrays in order."""

from collections.abc import Iterator
from typing import Any

import jax
from jaxtyping import Array

from sleeprun.spiking.native.library import constants, names
from sleeprun.spiking.neurons import Neuron, NeuronState
from sleeprun.spiking.neurons.calcium import Shell
from sleeprun.spiking.neurons.channels import Channel, Gates, Site, conducting
from sleeprun.spiking.neurons.channels.leak import Leak
from sleeprun.spiking.neurons.conductance_based import ConductanceBased
from sleeprun.spiking.neurons.two_compartment import TwoCompartment

OURS = "sleeprun.spiking.neurons.channels."
Places = list[tuple[str, Channel]]  # where a channel's gates are, and the channel


def kind(neuron: Neuron) -> int | None:
    """The number of the kind of cell that a neuron is to the kernel; None: it is unlike any."""
    if type(neuron) not in (ConductanceBased, TwoCompartment):
        return None
    for number, told in enumerate(_kinds()):
        cell, *channels = (part.split() for part in told)
        own = [cell[1:], *channels]
        if type(neuron).__name__ == cell[0] and _built_of(neuron) == [sorted(one) for one in own]:
            return number
    return None


def unlike(neuron: Any) -> str | None:
    """What the kernel does not know of a neuron; None: it knows all of it."""
    if kind(neuron) is None:
        others = " of other channels" if type(neuron) in (ConductanceBased, TwoCompartment) else ""
        return f"{type(neuron).__name__}{others}"
    if neuron.method != "exponential_euler":
        return f"method {neuron.method}"
    if type(neuron.calcium) is not Shell:
        return f"calcium {type(neuron.calcium).__name__}"
    return None


def _kinds() -> list[list[str]]:
    every = " ".join(names("Cells")).split(";")[:-1]
    return [told.split("/") for told in every]


def _built_of(neuron: Any) -> list[list[str]]:
    """The names of the channels of each piece of membrane, but for the leaks outside."""
    outside, *inside = _pieces(neuron)
    alike = [[one for one in outside.values() if type(one) is not Leak]]
    alike += [list(one.values()) for one in inside]
    return [
        sorted(
            type(one).__name__ if type(one).__module__.startswith(OURS) else "" for one in channels
        )
        for channels in alike
    ]


def _pieces(neuron: Any) -> list[dict[str, Channel]]:
    return [neuron.dendrite, neuron.soma] if hasattr(neuron, "soma") else [neuron.channels]


def _in_order(neuron: Any) -> list[Places]:
    """The channels of each piece but for leaks, in the kernel's order."""
    order = [part.split() for part in _kinds()[kind(neuron) or 0]]
    order[0] = order[0][1:]
    found = []
    for channels, wanted in zip(_pieces(neuron), order, strict=True):
        by_class = {type(one).__name__: (name, one) for name, one in channels.items()}
        found.append([by_class[name] for name in wanted])
    return found


def own_constants(neuron: Any) -> Iterator[Array]:
    """What the kernel takes of a neuron."""
    yield constants(type(neuron).__name__, neuron)
    yield constants("Shell", neuron.calcium)
    for places in _in_order(neuron):
        yield from (constants(type(channel).__name__, channel) for _, channel in places)


def leaks(neuron: Any, cells: Any) -> tuple[Array, Array]:
    """What the leaks of each cell conduct, and drive."""
    gates = cells.dendrite if hasattr(cells, "dendrite") else cells.gates
    outside = _pieces(neuron)[0]
    its: dict[str, Channel] = {
        name: channel for name, channel in outside.items() if type(channel) is Leak
    }
    return conducting(its, gates, Site(cells.v, cells.calcium))


def taken(neuron: Any, cells: Any) -> list[Array]:
    """A state's arrays, as the kernel takes them."""
    pieces = [cells.dendrite, cells.soma] if hasattr(cells, "soma") else [cells.gates]
    inside = [cells.v_soma] if hasattr(cells, "soma") else []
    gates = [
        leaf
        for places, of_piece in zip(_in_order(neuron), pieces, strict=True)
        for name, _ in places
        for leaf in jax.tree.leaves(of_piece[name])
    ]
    return [cells.v, cells.calcium, *inside, *gates, cells.i, *cells.opened]


def given_back(neuron: Any, cells: Any, arrays: list[Array]) -> NeuronState:
    """The state with those arrays in it."""
    left = iter(arrays)
    two = hasattr(cells, "soma")
    cells = cells._replace(v=next(left), calcium=next(left))
    if two:
        cells = cells._replace(v_soma=next(left))
    fields = ("dendrite", "soma") if two else ("gates",)
    for field, places in zip(fields, _in_order(neuron), strict=True):
        gates: Gates = dict(getattr(cells, field))
        for name, _ in places:
            gates[name] = jax.tree.map(lambda _: next(left), gates[name])
        cells = cells._replace(**{field: gates})
    i, g, driven = left
    return cells._replace(i=i, opened=cells.opened._replace(g=g, driven=driven))
