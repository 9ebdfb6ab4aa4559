"""One process at a time runs a run directory."""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sleeprun.config import ConfigError

log = logging.getLogger("sleeprun")
NAME = ".lock"


class InUse(ConfigError):
    """Another process runs the directory."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Meanwhile no other process runs the directory. Raises InUse where one does already."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / NAME).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(
                f"{folder}: another process is running it; stop that one, or wait for its end"
            ) from None
        except OSError as error:
            log.warning("%s cannot be locked (%s); see that nobody else runs it", folder, error)
        yield


def in_use(folder: Path) -> bool:
    if not (folder / NAME).exists():
        return False
    try:
        with held(folder):
            return False
    except InUse:
        return True
