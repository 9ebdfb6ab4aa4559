"""Who carries a run: what computes it, what shows it, and what stops it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, runtime_checkable

from rich.console import Console, RenderableType

from sleeprun.config import ExperimentConfig
from sleeprun.runs.run import Run
from sleeprun.runs.signals import stopped_by_signals
from sleeprun.subjects.seeds import Over, over_seeds
from sleeprun.tracking.sink import Shown
from sleeprun.tracking.terminal import Terminal


@runtime_checkable
class Host(Protocol):
    devices: int  # the number of seeds is padded to a multiple of them
    over: Over

    def shown(self, config: ExperimentConfig, seconds: float) -> Shown:
        """For the eyes: a run with all its arms, which takes about so long."""
        ...

    def stopping(self, run: Run) -> AbstractContextManager[None]:
        """Meanwhile, Ctrl-C and SIGTERM stop the run at its next chunk, with a checkpoint."""
        ...

    def tell(self, *told: RenderableType | None) -> None:
        """Print what a run ends with; of what is None, nothing."""
        ...


class Alone:
    """A run that has the process, its devices and its terminal to itself."""

    def __init__(self, devices: int):
        self.devices = devices
        self.over: Over = over_seeds

    def shown(self, config: ExperimentConfig, seconds: float) -> Terminal:
        console = Console(stderr=True)
        shown = config.runtime.progress and console.is_terminal
        return Terminal(console, config, seconds, shown)

    @contextmanager
    def stopping(self, run: Run) -> Iterator[None]:
        def stop() -> None:
            run.stopped = True

        with stopped_by_signals(stop):
            yield

    def tell(self, *told: RenderableType | None) -> None:
        for each in told:
            if isinstance(each, str):
                print(each)
            elif each is not None:
                Console().print(each)
