"""sleeprun: how does sleep keep neural networks from forgetting?

    config = sleeprun.compose("foraging_quick", "seeds=2", "protocol.scale=0.01")
    sleeprun.run(config, "runs/mine")
    told = sleeprun.load("runs/mine")
    told.arms["sleep"].scores, told.arms["sleep"].weights("task1")

What each needs is loaded when it is asked for: `import sleeprun` itself is cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sleeprun.version import VERSION

if TYPE_CHECKING:
    from sleeprun.cli.compose import compose
    from sleeprun.config import ConfigError
    from sleeprun.reading.loaded import LoadedRun, load
    from sleeprun.runs.begin import run

__version__ = VERSION
__all__ = ["ConfigError", "LoadedRun", "compose", "load", "run"]

_HOMES = {
    "ConfigError": "sleeprun.config",
    "LoadedRun": "sleeprun.reading.loaded",
    "compose": "sleeprun.cli.compose",
    "load": "sleeprun.reading.loaded",
    "run": "sleeprun.runs.begin",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sleeprun' has no '{name}'; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
