"""Long rows of numbers within a line of the record: whole numbers, compressed, as text.

Several such texts are joined by commas.
"""

import zlib
from base64 import b64decode, b64encode

import numpy as np
from jaxtyping import Int

TYPE = np.dtype("<i4")
JOINT = ","


def packed(numbers: Int[np.ndarray, " n"]) -> str:
    """Their first bytes, then their second ones, and so on: these are mostly alike."""
    rows = np.ascontiguousarray(numbers, TYPE).view(np.uint8).reshape(-1, TYPE.itemsize)
    return b64encode(zlib.compress(rows.T.tobytes())).decode()


def joined(first: str, second: str) -> str:
    """The numbers of both."""
    return JOINT.join([first, second])


def unpacked(text: str) -> Int[np.ndarray, " n"]:
    """Raises ValueError where it says no numbers."""
    return np.concatenate([_unpacked(part) for part in text.split(JOINT)])


def _unpacked(text: str) -> Int[np.ndarray, " n"]:
    try:
        columns = np.frombuffer(zlib.decompress(b64decode(text, validate=True)), np.uint8)
    except zlib.error as error:
        raise ValueError(f"no packed numbers: {error}") from None
    rows = columns.reshape(TYPE.itemsize, -1).T
    return np.ascontiguousarray(rows).view(TYPE)[:, 0].astype(np.int64)
