"""A checkpoint: a line of JSON that says where a run was, then the leaves of its state."""

import hashlib
import io
import json
from pathlib import Path
from typing import NoReturn, NotRequired, TypedDict, TypeVar

import equinox as eqx
import numpy as np

from sleeprun.config import ConfigError
from sleeprun.directory.files import DamagedFile, unreadable, write_whole
from sleeprun.protocol.events import Origin

Tree = TypeVar("Tree")
EARLIER = "eaten"  # what marks were called


class Header(TypedDict):
    """Where a run was when its state was saved."""

    signature: str  # what the state depends on
    phase: int
    done: int  # of the phase
    cycle: int
    marks: list[list[int]]  # of the tested copy: what went well, what not; of all seeds
    spikes: NotRequired[dict[str, list[int]]]  # of the tested copy, by population, of all seeds
    seconds: float
    branched_from: Origin | None
    capacity: list[object]  # of the state, and of a tested copy


class SavedHeader(Header):
    """As it is in a checkpoint."""

    events_bytes: int  # of the record up to there
    events_sha256: NotRequired[str]  # of these
    sha256: str  # of the state


def leaves(state: object) -> bytes:
    payload = io.BytesIO()
    eqx.tree_serialise_leaves(payload, state)
    return payload.getvalue()


def write(path: Path, header: Header, record: bytes, content: bytes) -> None:
    """Save the leaves of a state beside what was recorded up to it."""
    line: SavedHeader = {
        **header,
        "events_bytes": len(record),
        "events_sha256": _sha256(record),
        "sha256": _sha256(content),
    }
    write_whole(path, _sealed(line) + b"\n" + content)


def read_header(path: Path) -> SavedHeader:
    """Raises DamagedFile unless its checksum is right."""
    try:
        with path.open("rb") as file:
            line = file.readline().removesuffix(b"\n")
        header = json.loads(line)
        del header["seal"]
        if _sealed(header) != line:
            _damaged(path)
        if EARLIER in header:
            header["marks"] = header.pop(EARLIER)
        return header
    except OSError as error:
        unreadable(path, error)
    except (ValueError, KeyError, TypeError):
        _damaged(path)


def read(path: Path) -> tuple[SavedHeader, bytes]:
    """The header, and the leaves of the state. Raises DamagedFile."""
    header = read_header(path)
    with path.open("rb") as file:
        file.readline()
        content = file.read()
    return (header, content) if _sha256(content) == header["sha256"] else _damaged(path)


def load(path: Path, like: Tree) -> Tree:
    """The saved state. Raises DamagedFile, or ConfigError where shapes differ."""
    try:
        return eqx.tree_deserialise_leaves(io.BytesIO(read(path)[1]), like)
    except RuntimeError as error:
        raise ConfigError(f"{path} belongs to another network: {error}") from None


def of_seeds(content: bytes, places: list[int]) -> bytes:
    """The leaves of a state, which are all [seed, ...], for the seeds at some places."""
    whole, part = io.BytesIO(content), io.BytesIO()
    while whole.tell() < len(content):
        np.save(part, np.load(whole)[places])
    return part.getvalue()


def recorded_up_to(header: SavedHeader, record: bytes) -> bool:
    """Whether a record, cut where the checkpoint says, is the one that was there then."""
    if len(record) < header["events_bytes"]:
        return False
    known = header.get("events_sha256")
    return known is None or _sha256(record[: header["events_bytes"]]) == known


def _sealed(header: SavedHeader) -> bytes:
    """A header as a line of JSON that carries its own checksum."""
    seal = _sha256(json.dumps(header).encode())
    return json.dumps({**header, "seal": seal}).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _damaged(path: Path) -> NoReturn:
    raise DamagedFile(f"{path} is damaged")
