"""What JAX computes on."""

import logging
import os
import re
from functools import cache
from pathlib import Path

import jax
from platformdirs import user_cache_dir
from rich.filesize import decimal

from sleeprun.config import ConfigError
from sleeprun.config.runtime import available_cores
from sleeprun.runs import memory

log = logging.getLogger("sleeprun")
# The kernels of a cycle are too small to be worth handing between threads.
XLA_FLAGS = "--xla_cpu_enable_concurrency_optimized_scheduler=false"

# What the simulation is written for: single precision, in which NaN and infinity stand for what is
# not known, arrays of unlike rank, and numbers that come from the host.
PINNED = {
    "jax_enable_x64": False,
    "jax_debug_nans": False,
    "jax_debug_infs": False,
    "jax_numpy_rank_promotion": "allow",
    "jax_transfer_guard": "allow",
}
UNLESS_GIVEN = {
    "jax_compilation_cache_dir": user_cache_dir("sleeprun"),
    "jax_persistent_cache_min_compile_time_secs": 0.1,
    "jax_default_matmul_precision": "float32",  # a GPU would multiply with fewer digits
}

ADDRESSES = 2 << 30  # bytes that XLA maps, for its threads and for what it compiles


def prepare_jax(wanted: int) -> int:
    """Set JAX up with so many devices and start it; returns how many there are."""
    set_up_jax(wanted)
    memory.forget_programs_if_crowded()
    refuse_absent()
    return min(wanted, jax.local_device_count())


def set_up_jax(wanted: int) -> None:
    """How it is to start, should it be needed, with so many devices at most."""
    _refuse_few_addresses()
    logging.getLogger("jax").setLevel(logging.WARNING)  # not which devices it looked for in vain
    given = os.environ.get("XLA_FLAGS", "")
    if XLA_FLAGS not in given:
        os.environ["XLA_FLAGS"] = f"{XLA_FLAGS} {given}"
    if available_cores() == 1 or os.environ.get("NPROC") == "1":
        os.environ["NPROC"] = "2"  # threads of XLA, which adds up in another order with only one
    free = {name: one for name, one in UNLESS_GIVEN.items() if name.upper() not in os.environ}
    for name, value in (PINNED | free).items():
        jax.config.update(name, value)
    try:
        jax.config.update("jax_num_cpu_devices", wanted)
    except RuntimeError:  # a later job of the same process: the backend is already there
        log.debug("JAX has already started with %d devices", jax.local_device_count())


@cache
def _refuse_few_addresses() -> None:
    """Before JAX is there: where it may not map what it wants, XLA ends the process."""
    if (left := memory.addresses()) < ADDRESSES:
        raise ConfigError(
            f"ulimit -v: leaves {decimal(left)}, and XLA wants {decimal(ADDRESSES)}; raise it, or "
            "limit memory by other means"
        )


def refuse_absent() -> None:
    """Raises ConfigError where JAX is asked for a device that is not here: it starts it to see."""
    asked = {name: jax.config.values[name] for name in ("jax_platforms", "jax_default_device")}
    named = [(name.upper(), value) for name, value in asked.items() if value]
    if not named:
        return
    try:
        if isinstance(device := asked["jax_default_device"], str):
            jax.local_devices(backend=device)
        jax.local_device_count()
    except (RuntimeError, AssertionError):
        name, value = named[0]
        raise ConfigError(
            f"{name}={value}: JAX finds no such device here; must be cpu, or left out to take what "
            "there is"
        ) from None


def device_name(device: jax.Device) -> str:
    """A device's name; of a CPU core, where the system tells it, the processor's."""
    told = Path("/proc/cpuinfo")
    if device.platform != "cpu" or not told.exists():
        return device.device_kind
    names = re.findall(r"model name\s*:\s*(.+)", told.read_text())
    return f"{names[0]} core" if names else device.device_kind
