"""What is printed never ends the work: nobody need read it, and any letter can be in it."""

import io
import sys
from typing import Any


class _Unminding(io.FileIO):
    """A stream whose reader may go, or whose disk may be full."""

    def write(self, content: Any) -> int:
        try:
            return super().write(content)
        except OSError:
            return len(memoryview(content))


def print_come_what_may() -> None:
    """For the whole process. What a terminal has no letter for is printed as `?`."""
    sys.stdout, sys.stderr = (_unminding(each) for each in (sys.stdout, sys.stderr))


def _unminding(stream: Any) -> Any:
    if type(stream) is not io.TextIOWrapper:  # somebody else's, who knows why
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Unminding(stream.fileno(), "wb", closefd=False)),
        encoding=stream.encoding,
        errors="replace",
        line_buffering=True,
    )
