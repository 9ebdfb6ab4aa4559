"""The compiled code: where it is, what it takes by name, and a call of it."""

import ctypes
import sysconfig
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from sleeprun.config import ConfigError

Changing = TypeVar("Changing", bound=PyTree[Array])

# Beside this file, or, for an editable install, where the build put it.
PLACES = (
    Path(__file__).parent,
    Path(sysconfig.get_path("platlib")) / "sleeprun" / "spiking" / "native",
)
BUILDS = ("kernel.so", "kernel_avx2.so", "kernel_avx512.so")  # for any processor, and better ones
CALLS = {
    "sleeprun_window": "SleeprunWindow",
    "sleeprun_plasticity": "SleeprunPlasticity",
    "sleeprun_replay": "SleeprunReplay",
    "sleeprun_conducting": "SleeprunConducting",
}


@cache
def available() -> bool:
    """Whether the kernel is there for this backend; registers it with XLA the first time.

    Raises ConfigError where the kernel that is there was built of other source.
    """
    if jax.default_backend() != "cpu" or _folder() is None:
        return False
    if missing := [symbol for symbol in CALLS.values() if not hasattr(_library(), symbol)]:
        raise ConfigError(
            f"the compiled kernel is older than the source (it has no {missing[0]}); "
            "make .venv/.ready or pip install -e . builds it anew"
        )
    for target, symbol in CALLS.items():
        capsule = jax.ffi.pycapsule(getattr(_library(), symbol))
        jax.ffi.register_ffi_target(target, capsule, platform="cpu")
    return True


def processor() -> int:
    """The best of BUILDS that this processor can run."""
    folder = _folder()
    return ctypes.CDLL(str(folder / BUILDS[0])).SleeprunProcessor() if folder else 0


def _folder() -> Path | None:
    return next((place for place in PLACES if (place / BUILDS[0]).exists()), None)


@cache
def _library() -> ctypes.CDLL:
    folder = _folder()
    assert folder is not None, "asked for without available()"
    builds = [build for build in BUILDS[: processor() + 1] if (folder / build).exists()]
    return ctypes.CDLL(str(folder / builds[-1]))


@cache
def names(of: str) -> tuple[str, ...]:
    """The constants that the kernel takes of something, as they are declared, in its order; none,
    where there is no kernel.
    """
    if _folder() is None:
        return ()
    told = getattr(_library(), f"Sleeprun{of}")
    told.restype = ctypes.c_char_p
    return tuple(told().decode().split())


def constants(of: str, declared: object) -> Float[Array, " constant"]:
    """The same of an object that has them."""
    return jnp.stack([getattr(declared, name).astype(jnp.float32) for name in names(of)])


def call(
    target: str, fixed: Sequence[Array], changing: Changing, **attributes: np.ndarray | int
) -> Changing:
    """A custom call that changes the arrays of a pytree in place; returns them as they came."""
    leaves, structure = jax.tree.flatten(changing)
    call: Callable[..., Sequence[Array]] = jax.ffi.ffi_call(
        target,
        [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in leaves],
        vmap_method="sequential",
        input_output_aliases={len(fixed) + k: k for k in range(len(leaves))},
    )
    return jax.tree.unflatten(structure, call(*fixed, *leaves, **attributes))
