"""Every job of a batch has a log of its own; of its messages the console shows warnings alone.

A thread knows which job it runs by a context variable, so nobody's handlers are exchanged.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from omegaconf import DictConfig, OmegaConf

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
def of_job(job_logging: DictConfig | None) -> Iterator[None]:
    """Meanwhile this thread runs the job that is logged so."""
    own = _handlers(job_logging)
    token = _own.set(own)
    try:
        yield
    finally:
        _own.reset(token)
        for handler in own:
            handler.close()


def _handlers(job_logging: DictConfig | None) -> list[logging.Handler]:
    """The file and the console that `hydra.job_logging` asks for, in its format."""
    told: Any = OmegaConf.to_container(job_logging, resolve=True) if job_logging else {}
    asked = told.get("handlers", {}) if told.get("root") else {}
    found: list[logging.Handler] = []
    for name in told["root"]["handlers"] if asked else []:
        handler: logging.Handler = logging.StreamHandler(sys.stdout)
        handler.setLevel(logging.WARNING)
        if "filename" in asked[name]:
            handler = logging.FileHandler(asked[name]["filename"], asked[name].get("mode", "a"))
        style = told["formatters"].get(asked[name].get("formatter"), {})
        handler.setFormatter(logging.Formatter(style.get("format"), style.get("datefmt")))
        found.append(handler)
    return found
