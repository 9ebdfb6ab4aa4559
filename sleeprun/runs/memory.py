"""How much memory there is for the jobs of a batch, and what a process keeps of it."""

import ctypes
import os
import resource
import sys
from pathlib import Path

import jax

_CGROUP, _OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
_MEMINFO, _MAPPED = Path("/proc/meminfo"), Path("/proc/self/statm")
_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None)  # the C library of GNU has it
_MAPS, _MOST_MAPS = Path("/proc/self/maps"), Path("/proc/sys/vm/max_map_count")


def free() -> int:
    """Bytes that this process may still take of the machine, or of its share of it."""
    return max(0, min([_of_machine(), addresses(), *map(_left_of, _groups())]))


def _of_machine() -> int:
    """What is available; of a machine that does not tell (macOS), half of all that it has."""
    if _MEMINFO.exists():
        (line,) = (line for line in _MEMINFO.read_text().splitlines() if "MemAvailable" in line)
        return int(line.split()[1]) * 1024
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def addresses() -> int:
    """Bytes that this process may still map, where `ulimit -v` sets a bound and Linux tells."""
    bound, _ = resource.getrlimit(resource.RLIMIT_AS)
    if bound == resource.RLIM_INFINITY or not _MAPPED.exists():
        return sys.maxsize
    return bound - int(_MAPPED.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _groups() -> list[Path]:
    """The control groups (v2) that this process is in, the innermost first, which have limits."""
    if not _OWN.exists():
        return []
    (place, *_) = [line[3:] for line in _OWN.read_text().splitlines() if line[:3] == "0::"] or [""]
    own = _CGROUP / place.lstrip("/")
    between = [own, *own.parents][: len(own.relative_to(_CGROUP).parts) + 1]
    limits = [group / "memory.max" for group in between]
    return [path.parent for path in limits if path.exists() and path.read_text().strip() != "max"]


def _left_of(group: Path) -> int:
    """Bytes below the group's limit; what it only keeps of files it can do without."""
    limit, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
    told = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    return limit - used + int(told.get("inactive_file", 0))


def of_devices() -> int:
    """Bytes that are free on all devices; a CPU's are the machine's."""
    told = jax.local_devices()[0].memory_stats()
    if told and "bytes_limit" in told:
        return jax.local_device_count() * (told["bytes_limit"] - told["bytes_in_use"])
    return free()


def whole_of_devices() -> int:
    """Bytes that all devices have, whoever holds them now; a CPU's are the machine's."""
    told = jax.local_devices()[0].memory_stats()
    if told and "bytes_limit" in told:
        return jax.local_device_count() * int(told["bytes_limit"])
    limits = (int((group / "memory.max").read_text()) for group in _groups())
    return min([os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), *limits])


def shortage(error: Exception) -> str | None:
    """What an error says of too little memory, in a line; none of one that has another cause."""
    told = str(error).partition("\n")[0] or type(error).__name__
    return told if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in told else None


def give_back() -> None:
    """Hand what was freed back to the system: of a compilation, hundreds of MB that the C library
    would keep.
    """
    if _TRIM is not None:
        _TRIM(0)


def forget_programs_if_crowded() -> None:
    """Let go of compiled programs before Linux's limit on a process's memory maps is near.

    A CPU program holds tens of them, and past the limit the compiler ends the process. Programs
    that are still wanted are traced again, and most come back from the compilation cache.
    """
    if _MAPS.exists() and _MOST_MAPS.exists():
        with _MAPS.open("rb") as maps:
            count = sum(1 for _ in maps)
        if count > int(_MOST_MAPS.read_text()) // 2:
            jax.clear_caches()
