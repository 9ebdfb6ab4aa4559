"""A process that dies at one of its file operations: at a write, before it or half-way through.

Counted are all operations by which the process changes what is in one folder.
"""

import io
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

OPERATIONS = ("mkdir", "rename", "replace", "unlink", "rmdir", "truncate", "fsync")
NEVER = 0


class Death:
    """Kills this process at its operation `at`, counted from 1."""

    def __init__(self, folder: Path, at: int):
        self.folder, self.at, self.count = f"{folder}{os.sep}", at, 0

    def due(self) -> bool:
        self.count += 1
        return self.count == self.at

    def comes(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def inside(self, place: Any) -> bool:
        """Whether a path, or an open file, is in the folder."""
        if isinstance(place, int):
            place = os.readlink(f"/proc/self/fd/{place}")
        return os.path.abspath(os.fsdecode(place)).startswith(self.folder)

    def before(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        def watched(place: Any, *rest: Any, **named: Any) -> Any:
            if self.inside(place) and self.due():
                self.comes()
            return operation(place, *rest, **named)

        return watched

    def opening(self, opened: Callable[..., Any]) -> Callable[..., Any]:
        def watched(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
            if not set(mode) & set("wax+") or not self.inside(file):
                return opened(file, mode, *rest, **named)
            if self.due():
                self.comes()
            raw = _Dying(file, mode.replace("b", "").replace("t", ""))
            raw.death = self
            buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            if "b" in mode:
                return buffered
            encoding = named.get("encoding") or (rest[1] if len(rest) > 1 else None)
            return io.TextIOWrapper(buffered, encoding)

        return watched


class _Dying(io.FileIO):
    death: Death

    def write(self, content: Any) -> int:
        if self.death.due():
            self.death.comes()
        if self.death.due():
            super().write(bytes(content)[: len(bytes(content)) // 2])
            self.death.comes()
        return super().write(content)


def die(folder: Path, at: int) -> Death:
    """Have this process die at an operation in a folder; `NEVER`: only count them."""
    import builtins

    death = Death(folder, at)
    for name in OPERATIONS:
        setattr(os, name, death.before(getattr(os, name)))
    builtins.open = io.open = death.opening(io.open)
    return death
