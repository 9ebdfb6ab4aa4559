"""The compiled kernel of a window of Rulkov neurons (CPU), where the package was built with it."""

import ctypes
import sysconfig
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt32

from sleeprun.neurons import RulkovMap, RulkovState
from sleeprun.spikes import SpikeList

# Beside this file, or, for an editable install, where the build put it.
PLACES = (Path(__file__).parent, Path(sysconfig.get_path("platlib")) / "sleeprun" / "native")
TARGET = "sleeprun_window"


class Arriving(NamedTuple):
    """A projection's spikes of this window: those of the list from index `first` on."""

    weights: Float[Array, "pre post"]
    spikes: SpikeList
    first: Int[Array, ""]
    words: UInt32[Array, " words"]
    jitter: Float[Array, ""]


@cache
def available() -> bool:
    """Whether the kernel is there for this backend; registers it with XLA the first time."""
    found = [place / "window.so" for place in PLACES if (place / "window.so").exists()]
    if jax.default_backend() != "cpu" or not found:
        return False
    library = ctypes.CDLL(str(found[0]))
    jax.ffi.register_ffi_target(TARGET, jax.ffi.pycapsule(library.SleeprunWindow), platform="cpu")
    return True


def window(
    neuron: RulkovMap,
    state: RulkovState,
    spikes: SpikeList,
    resistance: Float[Array, " neuron"],
    drive: Float[Array, "time neuron"],
    arriving: Sequence[Arriving],
    cycle: Int[Array, ""],
    start: Int[Array, ""],
    first_step: int,
    steps: int,
) -> tuple[RulkovState, SpikeList]:
    """Simulate `steps` steps from time `start`; the spikes are appended to the list."""
    cells = jnp.stack(state)
    names = ("alpha", "beta_e", "mu", "sigma", "current_decay", "v_rest", "plateau")
    constants = jnp.stack([getattr(neuron, name) for name in names])
    like = jax.ShapeDtypeStruct
    scalar = like((), jnp.int32)
    incoming = [
        array
        for p in arriving
        for array in (
            p.weights, p.spikes.time, p.spikes.neuron, p.first, p.spikes.length, p.words, p.jitter
        )
    ]  # fmt: skip
    call = jax.ffi.ffi_call(
        TARGET,
        (
            like(cells.shape, cells.dtype),
            like(spikes.time.shape, jnp.int32),
            like(spikes.neuron.shape, jnp.int32),
            scalar,
            scalar,
        ),
        vmap_method="sequential",
    )
    cells, time, who, length, overflowed = call(
        cells,
        constants,
        resistance,
        drive,
        jnp.stack([cycle, start]),
        spikes.time,
        spikes.neuron,
        spikes.length,
        *incoming,
        steps=steps,
        first_step=first_step,
    )
    appended = spikes._replace(
        time=time,
        neuron=who,
        length=length,
        overflowed=spikes.overflowed | (overflowed > 0),
    )
    return RulkovState(*cells), appended
