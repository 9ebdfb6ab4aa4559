"""Beginning a run at a saved boundary of another run: its state, and the record that led there."""

import logging
from dataclasses import dataclass
from pathlib import Path

from sleeprun.config import ConfigError
from sleeprun.directory import checkpoints, snapshots, version
from sleeprun.directory.checkpoints import SavedHeader
from sleeprun.directory.files import write_whole
from sleeprun.directory.mismatch import mismatch
from sleeprun.directory.store import RunDirectory
from sleeprun.directory.subset import of_seeds
from sleeprun.protocol.describe import Protocol
from sleeprun.protocol.events import Origin, Start
from sleeprun.protocol.lines import as_line, events_of
from sleeprun.protocol.phases import Score
from sleeprun.runs.resuming import signature
from sleeprun.subjects.experiment import Experiment

log = logging.getLogger("sleeprun")


class Unfit(Exception):
    """Why a run cannot begin at a boundary, in a line."""


@dataclass(frozen=True)
class Branch:
    """A boundary of another run at which a run can begin."""

    checkpoint: Path
    boundary: str
    header: SavedHeader
    state: bytes
    places: list[int]  # of this run's seeds among those of the other
    whole: bool  # whether they are all of them, in the same order

    @property
    def phases(self) -> int:
        """How many lie behind it."""
        return self.header["phase"]

    @property
    def source(self) -> RunDirectory:
        return RunDirectory(self.checkpoint.parent.parent)

    def told(self) -> Origin:
        """What the record of the new run says of its origin."""
        earlier = self.header.get("branched_from") or {"wall_seconds": 0.0}
        return {
            "path": str(self.checkpoint.absolute()),
            "boundary": self.boundary,
            "phases": self.phases,
            "wall_seconds": earlier["wall_seconds"] + self.header["seconds"],
        }


def find(origin: str, config: Experiment, protocol: Protocol) -> Branch:
    """The boundary that `origin` names, or the furthest one of that run that fits this one."""
    unfit: list[str] = []
    try:
        for checkpoint in _boundaries(Path(origin).expanduser()):
            try:
                branch = _fitting(checkpoint, config, protocol)
            except (Unfit, ConfigError, OSError) as error:
                unfit.append(str(error))
                continue
            except (ValueError, KeyError) as error:
                unfit.append(f"{checkpoint}, or the record beside it, cannot be read ({error})")
                continue
            if unfit:
                log.info("not from a later boundary: %s", unfit[0])
            return branch
        raise Unfit(unfit[0])
    except Unfit as error:
        raise ConfigError(f"from='{origin}': {error}") from None


def off(branch: Branch, config: Experiment, folder: RunDirectory) -> None:
    """Give the run in `folder` its state and its record, those of its own seeds."""
    header, state = branch.header, branch.state
    with branch.source.events_path.open("rb") as file:
        record = file.read(header["events_bytes"])
    if not branch.whole:
        record = _record_of(record, branch.places)
        state = checkpoints.of_seeds(state, branch.places)
        marks = [[of_all[place] for place in branch.places] for of_all in header["marks"]]
        header = {**header, "marks": marks}
    told = events_of(record.splitlines(True))
    snapshots.copy(told, branch.source.path, folder.path, branch.places)
    write_whole(folder.events_path, record)
    header = {**header, "seconds": 0.0, "branched_from": branch.told()}
    folder.keep(branch.checkpoint.stem, header, state)  # last: with it the branch is there


def _record_of(record: bytes, places: list[int]) -> bytes:
    events = (of_seeds(event, places) for event in events_of(record.splitlines(True)))
    return b"".join(as_line(event) for event in events if event is not None)


def _boundaries(origin: Path) -> list[Path]:
    """The checkpoints that `origin` may mean, the furthest one first."""
    pattern = "boundary-*.ckpt"
    if origin.is_dir():
        if found := RunDirectory(origin).furthest("boundary"):
            return found
        raise Unfit(f"no boundary is saved in it (checkpoints/{pattern})")
    if not origin.exists():
        raise Unfit("there is no such file or directory")
    if not origin.match(f"checkpoints/{pattern}"):
        raise Unfit(f"must be a run directory or one of its checkpoints/{pattern}")
    return [origin]


def _fitting(checkpoint: Path, config: Experiment, protocol: Protocol) -> Branch:
    header, state = checkpoints.read(checkpoint)
    source = RunDirectory(checkpoint.parent.parent)
    version.refuse_other(source.path)
    engine, phases = config.engine(), header["phase"]
    start = next((event for event in source.events() if isinstance(event, Start)), None)
    if start is None or not checkpoints.recorded_up_to(header, source.record()):
        raise Unfit(f"{source.events_path} is not what it was at {checkpoint.name}")
    theirs = config.model_copy(update={"seeds": start.seeds})
    known = set(config.seeds) <= set(start.seeds)
    if not known or signature(theirs, engine, protocol[:phases]) != header["signature"]:
        raise Unfit(mismatch(config, protocol, engine, phases, source.path, start))
    tested = protocol[phases - 1]
    assert isinstance(tested, Score)
    return Branch(
        checkpoint,
        tested.boundary.name,
        {**header, "signature": signature(config, engine, protocol[:phases])},
        state,
        [start.seeds.index(seed) for seed in config.seeds],
        whole=config.seeds == start.seeds,
    )
