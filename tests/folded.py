"""A run of an agent folded by hand, event by event, as far as a test wants it."""

from pathlib import Path

from sleeprun.directory.store import RunDirectory
from sleeprun.protocol.events import Event, Start
from sleeprun.runs.run import Run
from sleeprun.subjects.forager.experiment import AgentExperiment
from sleeprun.subjects.forager.forager import Forager
from sleeprun.subjects.plans import arms_of


def run_of(config: AgentExperiment, path: Path, devices: int = 1) -> Run:
    (protocol,) = arms_of(config).values()
    return Run(config, Forager(config, devices), protocol, RunDirectory(path))


def start_of(run: Run) -> Start:
    return Start(
        resumed=False, time="", name="x", variant=None, seeds=[0, 1], facts=run.subject.facts(),
        device="d", versions={},
    )  # fmt: skip


def carry_out(run: Run, stop_after: int | None = None) -> list[Event]:
    """All events, or the first few: a run that is broken off."""
    run.folder.write(start_of(run))
    events: list[Event] = []
    for event in run.events():
        run.folder.write(event)
        events.append(event)
        if len(events) == stop_after:
            break
    return events
