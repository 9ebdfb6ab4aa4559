"""A run's directory: the record of events, checkpoints, results. Nothing is ever half written."""

import hashlib
import io
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn, TypedDict, TypeVar

import equinox as eqx
import numpy as np

from sleeprun.config import ConfigError
from sleeprun.protocol.events import Event, Origin
from sleeprun.protocol.lines import as_line, events_of, without_nan
from sleeprun.protocol.results import Results

KEPT = 2  # checkpoints between boundaries
Tree = TypeVar("Tree")


class DamagedCheckpoint(Exception):
    """A checkpoint file that is not whole."""


class Header(TypedDict):
    """Where a run was when its state was saved."""

    signature: str  # what the state depends on
    phase: int
    done: int  # of the phase
    cycle: int
    eaten: list[list[int]]  # marks of the tested copy: what went well, what not; of all seeds
    seconds: float
    branched_from: Origin | None
    capacity: list[object]  # of the state, and of a tested copy


class Kept(Header):
    """As it is in a checkpoint."""

    events_bytes: int  # of the record up to there
    sha256: str  # of the state


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def write_json(path: Path, content: object) -> None:
    write_whole(path, (json.dumps(without_nan(content), indent=1) + "\n").encode())


class RunDirectory:
    """The contract: events.jsonl, results.json, protocol.txt, figures/, checkpoints/, DONE."""

    def __init__(self, path: Path, keep_boundaries: bool = True):
        self.path, self.keep_boundaries = path, keep_boundaries
        self.events_path = path / "events.jsonl"
        self.checkpoints = path / "checkpoints"
        path.mkdir(parents=True, exist_ok=True)

    @property
    def done(self) -> bool:
        return (self.path / "DONE").exists()

    def write(self, event: Event) -> None:
        """Append an event, at once."""
        if event.recorded:
            with self.events_path.open("ab") as file:
                file.write(as_line(event))

    def events(self) -> Iterator[Event]:
        """All events so far; a last line that was cut off is not one."""
        if self.events_path.exists():
            with self.events_path.open("rb") as file:
                yield from events_of(file)

    def rewind(self, size: int) -> None:
        """Take back the events that were written after a checkpoint."""
        if self.events_path.exists():
            os.truncate(self.events_path, size)

    def save(self, name: str, header: Header, state: object) -> Path:
        """Save a checkpoint of `state`, `KIND-...`; older ones of its kind are removed.

        Those of boundaries only if wanted.
        """
        payload = io.BytesIO()
        eqx.tree_serialise_leaves(payload, state)
        path = self.keep(name, header, payload.getvalue())
        kind = name.split("-")[0]
        if kind != "boundary" or not self.keep_boundaries:
            others = [other for other in self.furthest(kind) if other != path]
            for old in others[KEPT - 1 :]:
                old.unlink()
        return path

    def keep(self, name: str, header: Header, content: bytes) -> Path:
        """Write a checkpoint: a line of JSON, then the leaves of a state."""
        size = self.events_path.stat().st_size if self.events_path.exists() else 0
        line: Kept = {**header, "events_bytes": size, "sha256": _sha256(content)}
        path = self.checkpoints / f"{name}.ckpt"
        write_whole(path, _sealed(line) + b"\n" + content)
        return path

    def report(self, results: Results) -> None:
        write_json(self.path / "results.json", results)

    def results(self) -> Results | None:
        """What was reported, of a run that is done."""
        return json.loads((self.path / "results.json").read_text()) if self.done else None

    def finish(self) -> None:
        """Say that everything is there."""
        write_whole(self.path / "DONE", b"")

    def furthest(self, kind: str = "") -> list[Path]:
        """The checkpoints, or those of a kind, the furthest one first."""

        def position(path: Path) -> tuple[int, int]:
            try:
                header = read_header(path)
            except DamagedCheckpoint:
                return (1 << 60, 0)  # tried first, so that the user hears of it
            return header["phase"], header["done"]

        return sorted(self.checkpoints.glob(f"{kind}*.ckpt"), key=position, reverse=True)


def read_header(path: Path) -> Kept:
    """A checkpoint's first line. Raises DamagedCheckpoint unless its checksum is right."""
    try:
        with path.open("rb") as file:
            line = file.readline().removesuffix(b"\n")
        header = json.loads(line)
        del header["seal"]
        return header if _sealed(header) == line else _damaged(path)
    except (ValueError, KeyError, TypeError):
        return _damaged(path)


def _sealed(header: Kept) -> bytes:
    """A header as a line of JSON that carries its own checksum."""
    seal = _sha256(json.dumps(header).encode())
    return json.dumps({**header, "seal": seal}).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _damaged(path: Path) -> NoReturn:
    raise DamagedCheckpoint(f"{path} is damaged")


def read(path: Path) -> tuple[Kept, bytes]:
    """A checkpoint's header, and the leaves of its state. Raises DamagedCheckpoint."""
    header = read_header(path)
    with path.open("rb") as file:
        file.readline()
        content = file.read()
    return (header, content) if _sha256(content) == header["sha256"] else _damaged(path)


def of_seeds(content: bytes, places: list[int]) -> bytes:
    """The leaves of a state, which are all [seed, ...], for the seeds at some places."""
    whole, part = io.BytesIO(content), io.BytesIO()
    while whole.tell() < len(content):
        np.save(part, np.load(whole)[places])
    return part.getvalue()


def load(path: Path, like: Tree) -> Tree:
    """The state saved at `path`. Raises DamagedCheckpoint, or ConfigError where shapes differ."""
    try:
        return eqx.tree_deserialise_leaves(io.BytesIO(read(path)[1]), like)
    except RuntimeError as error:
        raise ConfigError(f"{path} belongs to another network: {error}") from None
