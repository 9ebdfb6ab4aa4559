"""Synapses that open conductances as the kernel takes them: which it knows, and their arrays."""

from collections.abc import Iterator
from typing import Any

from jaxtyping import Array

from sleeprun.spiking.native.library import constants
from sleeprun.spiking.synapses import Synapse
from sleeprun.spiking.synapses.conductance import Conductance
from sleeprun.spiking.synapses.gaba_b import GABAB
from sleeprun.spiking.synapses.kinetics import AlphaBeta
from sleeprun.spiking.synapses.nmda import NMDA
from sleeprun.spiking.synapses.quantal import Quantal

MOST_STEPS = 4095  # of a pulse: what the kernel takes, less one that round-off may add
KINDS: tuple[type[Synapse], ...] = (Conductance, NMDA, GABAB, Quantal)  # in the kernel's order


def kind(synapse: Synapse) -> int:
    """The number of the kind that the kernel knows it as."""
    return KINDS.index(type(synapse))


def unlike(synapse: Any) -> str | None:
    """What the kernel does not know of a synapse; None: it knows all of it.

    The kernel itself refuses these numbers, too; it can have been given others since.
    """
    if type(synapse) not in KINDS:
        return type(synapse).__name__
    if type(synapse.kinetics) is not AlphaBeta:
        return f"kinetics {type(synapse.kinetics).__name__}"
    if synapse.jitter != 0:
        return f"jitter {synapse.jitter:g}"
    if synapse.kinetics.pulse > MOST_STEPS * synapse.step_ms:
        return f"a pulse of {synapse.kinetics.pulse:g} ms"
    if synapse.kinetics.dead_time < synapse.kinetics.pulse:
        return "a dead time within the pulse"
    return None


def own_constants(synapse: Any) -> Iterator[Array]:
    """What the kernel takes of a synapse."""
    yield constants(type(synapse).__name__, synapse)
    yield constants("AlphaBeta", synapse.kinetics)


def taken(synapse: Synapse, state: Any) -> Any:
    """What of a state the kernel changes. When a release was matters to jitter alone."""
    if isinstance(synapse, Conductance):
        return state.g, state.kinetics, state.depleted, state.strength
    return state


def given_back(synapse: Synapse, state: Any, changed: Any) -> Any:
    """The state with that in it."""
    if isinstance(synapse, Conductance):
        g, kinetics, depleted, strength = changed
        return state._replace(g=g, kinetics=kinetics, depleted=depleted, strength=strength)
    return changed
