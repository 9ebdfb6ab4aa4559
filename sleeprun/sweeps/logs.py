"""Every job of a batch has a log of its own; of its messages the console shows warnings alone.

A thread knows which job it runs by a context variable, so nobody's handlers are exchanged.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from omegaconf import DictConfig

_own: ContextVar[list[logging.Handler] | None] = ContextVar("logs of this job", default=None)


class _OfJobs(logging.Handler):
    """Hands a job's messages to the job's own handlers."""

    def emit(self, record: logging.LogRecord) -> None:
        for handler in _own.get() or ():
            if record.levelno >= handler.level:
                handler.handle(record)


def _beside_jobs(record: logging.LogRecord) -> bool:
    return _own.get() is None


@contextmanager
def kept_apart() -> Iterator[None]:
    """Meanwhile what is said inside of `of_job` goes to that job, all else where it went before."""
    root, of_jobs = logging.getLogger(), _OfJobs()
    others = root.handlers[:]
    for handler in others:
        handler.addFilter(_beside_jobs)
    root.addHandler(of_jobs)
    try:
        yield
    finally:
        root.removeHandler(of_jobs)
        for handler in others:
            handler.removeFilter(_beside_jobs)


@contextmanager
def of_job(job_logging: DictConfig | None, name: str) -> Iterator[None]:
    """Meanwhile this thread runs the job that is logged so, and told apart on the console."""
    own = _handlers(job_logging, name)
    token = _own.set(own)
    try:
        yield
    finally:
        _own.reset(token)
        for handler in own:
            handler.close()


def _handlers(told: DictConfig | None, job: str) -> list[logging.Handler]:
    """The file and the console that `hydra.job_logging` asks for, in its format."""
    found: list[logging.Handler] = []
    if told is None or told.get("root") is None:
        return found
    for name in told.root.handlers:
        asked = told.handlers[name]
        style = told.formatters[asked.formatter] if "formatter" in asked else {}
        line = style.get("format", "%(message)s")
        handler: logging.Handler
        if "filename" in asked:
            handler = logging.FileHandler(asked.filename, asked.get("mode", "a"))
        else:
            handler = logging.StreamHandler(sys.stdout)
            handler.setLevel(logging.WARNING)
            line = line.replace("%(message)s", f"{job.replace('%', '%%')}: %(message)s")
        handler.setFormatter(logging.Formatter(line, style.get("datefmt")))
        found.append(handler)
    return found
