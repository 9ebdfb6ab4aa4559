"""Files of data, read strictly: IDX, a table, .npz; and what to tell the user of a corrupt one."""

import gzip
import io
import math
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

GZIP = b"\x1f\x8b"  # what its files begin with


class DataError(Exception):
    """A data set that is missing or corrupt, told to the user in a line or two.

    The key is that of the config which says where it is, as far as that is known.
    """

    def __init__(self, told: str, key: str = ""):
        super().__init__(f"{key}: {told}" if key else told)
        self.told, self.key = told, key

    def inside(self, section: str) -> "DataError":
        """The same, its key as it is in the section above."""
        return DataError(self.told, ".".join(filter(None, [section, self.key])))


def idx(path: Path, dimensions: int) -> UInt8[np.ndarray, "..."]:
    """The bytes of an IDX file, of the shape that its head names."""
    content = _content(path)
    magic, head = 0x800 + dimensions, 4 + 4 * dimensions
    if len(content) < head:
        raise DataError(f"{path}: truncated, {head} bytes of head expected, {len(content)} found")
    found, *shape = (int(word) for word in np.frombuffer(content[:head], ">u4"))
    if found != magic:
        raise DataError(f"{path}: bad magic number, {magic:#010x} expected, {found:#010x} found")
    expected = head + math.prod(shape)
    if len(content) != expected:
        fault = "truncated" if len(content) < expected else "too long"
        raise DataError(f"{path}: {fault}, {expected:,} bytes expected, {len(content):,} found")
    return np.frombuffer(content[head:], np.uint8).reshape(shape)


def table(path: Path, shape: tuple[int, int]) -> Float32[np.ndarray, "row column"]:
    """Numbers with commas between, of a shape known beforehand."""
    try:
        text = io.StringIO(_content(path).decode())
        found = np.loadtxt(text, np.float32, delimiter=",", ndmin=2)
    except ValueError as reason:
        raise DataError(f"{path}: not a table of numbers ({reason})") from None
    if found.shape != shape:
        raise DataError(f"{path}: a table of {shape} expected, {found.shape} found")
    return found


def npz(path: Path, wanted: Collection[str]) -> dict[str, Any]:
    """The wanted arrays of an .npz, not pickled; of what else is in it, only names."""
    try:
        opened = path.open("rb")
    except OSError as reason:
        raise DataError(f"{path}: can't be read ({reason.strerror})") from None
    try:
        with opened, np.load(opened, allow_pickle=False) as file:
            arrays = {key: file[key] if key in wanted else None for key in file.files}
    except Exception as reason:  # NumPy has a dozen for what is cut off, damaged, or no archive
        pickled = "no archive, or one with pickled objects, which are not read"
        why = pickled if "pickle" in str(reason) else reason
        raise DataError(f"{path}: not an .npz of plain arrays ({why})") from None
    for key in wanted:
        if not isinstance(arrays.get(key), np.ndarray | None):
            raise DataError(f"{path}: not an .npz of plain arrays ({key} is none)")
    return arrays


def _content(path: Path) -> bytes:
    """A file's bytes, unpacked if it is .gz; of one cut off, those before the cut."""
    parts: list[bytes] = []
    try:
        if path.suffix != ".gz":
            content = path.read_bytes()
            if content.startswith(GZIP):
                raise DataError(f"{path}: packed by gzip; its name must end in .gz")
            return content
        with gzip.open(path) as file:
            while part := file.read1(1 << 20):
                parts.append(part)
    except EOFError:
        pass
    except gzip.BadGzipFile as reason:
        raise DataError(f"{path}: not gzip, or damaged ({reason})") from None
    except (OSError, zlib.error) as reason:
        raise DataError(f"{path}: can't be read ({reason})") from None
    return b"".join(parts)
