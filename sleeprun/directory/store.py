"""A run's directory: the record of events, checkpoints, results. Nothing is ever half written."""

import os
from collections.abc import Iterator
from pathlib import Path

from sleeprun.directory import checkpoints
from sleeprun.directory.checkpoints import Header, SavedHeader
from sleeprun.directory.files import (
    DamagedFile,
    clear_drafts,
    named,
    read_json,
    unreadable,
    write_json,
    write_whole,
)
from sleeprun.protocol.events import Event
from sleeprun.protocol.lines import as_line, events_of
from sleeprun.protocol.results import Results

KEPT = 2  # checkpoints between boundaries


class RunDirectory:
    """The contract: events.jsonl, results.json, protocol.txt, figures/, checkpoints/, DONE."""

    def __init__(self, path: Path, keep_boundaries: bool = True):
        self.path, self.keep_boundaries = path, keep_boundaries
        self.events_path = path / "events.jsonl"
        self.checkpoints = path / "checkpoints"

    @property
    def done(self) -> bool:
        return (self.path / "DONE").exists()

    def begin(self) -> None:
        """For a process that is going to run it."""
        self.path.mkdir(parents=True, exist_ok=True)
        clear_drafts(self.path)
        clear_drafts(self.checkpoints)

    def write(self, event: Event) -> None:
        """Append an event, at once."""
        if event.recorded:
            with named(self.events_path), self.events_path.open("ab") as file:
                file.write(as_line(event))

    def record(self) -> bytes:
        return self.events_path.read_bytes() if self.events_path.exists() else b""

    def events(self) -> Iterator[Event]:
        """All events so far; a last line that was cut off is not one. Raises DamagedFile."""
        if not self.events_path.exists():
            return
        try:
            with self.events_path.open("rb") as file:
                yield from events_of(file)
        except OSError as error:
            unreadable(self.events_path, error)
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedFile(f"{self.events_path} is damaged: {error}") from None

    def rewind(self, header: SavedHeader | None) -> None:
        """Take back what was recorded after a checkpoint, or all. Raises DamagedFile."""
        if header and not checkpoints.recorded_up_to(header, self.record()):
            raise DamagedFile(f"{self.events_path} is not what it was at a checkpoint")
        if self.events_path.exists():
            os.truncate(self.events_path, header["events_bytes"] if header else 0)

    def save(self, name: str, header: Header, state: object) -> Path:
        """Save a checkpoint of `state`, `KIND-...`; older ones of its kind are removed.

        Those of boundaries only if wanted.
        """
        path = self.keep(name, header, checkpoints.leaves(state))
        kind = name.split("-")[0]
        if kind != "boundary" or not self.keep_boundaries:
            others = [other for other in self.furthest(kind) if other != path]
            for old in others[KEPT - 1 :]:
                old.unlink()
        return path

    def keep(self, name: str, header: Header, content: bytes) -> Path:
        """Write a checkpoint, of a record that is on the disk before it."""
        if self.events_path.exists():
            with self.events_path.open("rb") as file:
                os.fsync(file.fileno())
        path = self.checkpoints / f"{name}.ckpt"
        checkpoints.write(path, header, self.record(), content)
        return path

    def report(self, results: Results) -> None:
        write_json(self.path / "results.json", results)

    def results(self) -> Results | None:
        """What was reported, of a run that is done; none where that is not whole."""
        return self.reported() if self.done else None

    def reported(self) -> Results | None:
        """Of a run all of whose phases are, whether or not all that follows them is there."""
        try:
            return read_json(self.path / "results.json")  # type: ignore[return-value]
        except DamagedFile:
            return None

    def finish(self) -> None:
        """Say that everything is there."""
        write_whole(self.path / "DONE", b"")

    def furthest(self, kind: str = "") -> list[Path]:
        """The checkpoints, or those of a kind, the furthest one first."""

        def position(path: Path) -> tuple[int, int]:
            try:
                header = checkpoints.read_header(path)
            except DamagedFile:
                return (1 << 60, 0)  # tried first, so that the user hears of it
            return header["phase"], header["done"]

        return sorted(self.checkpoints.glob(f"{kind}*.ckpt"), key=position, reverse=True)
