"""How much memory there is for the jobs of a batch."""

import os
from pathlib import Path

import jax

_LIMIT, _USED = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
_MEMINFO = Path("/proc/meminfo")


def free() -> int:
    """Bytes that this process may still take of the machine, or of its share of it."""
    left = [os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    if _MEMINFO.exists():
        (line,) = (line for line in _MEMINFO.read_text().splitlines() if "MemAvailable" in line)
        left = [int(line.split()[1]) * 1024]
    if _LIMIT.exists() and (limit := _LIMIT.read_text().strip()) != "max":
        left.append(int(limit) - int(_USED.read_text()))
    return max(0, min(left))


def of_devices() -> int:
    """Bytes that are free on all devices; a CPU's are the machine's."""
    told = jax.local_devices()[0].memory_stats()
    if told and "bytes_limit" in told:
        return jax.local_device_count() * (told["bytes_limit"] - told["bytes_in_use"])
    return free()
