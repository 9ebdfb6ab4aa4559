"""Ctrl-C and SIGTERM leave a mark: where a library swallows the interruption, a run still obeys."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_asked = threading.Event()


def interrupt(number: int, frame: FrameType | None) -> None:
    """What a signal does where no run is to be saved."""
    _asked.set()
    raise KeyboardInterrupt


def interruptible() -> None:
    """For the whole process."""
    for number in SIGNALS:
        signal.signal(number, interrupt)


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """A signal calls `stop`, also one from before; a second one interrupts at once."""

    def heard(number: int, _: FrameType | None) -> None:
        stop()
        signal.signal(number, signal.default_int_handler)  # the run stops, whoever swallows it

    if _asked.is_set():
        stop()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, heard) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
