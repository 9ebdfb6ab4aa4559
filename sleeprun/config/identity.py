"""One hash of what a config says: what resuming, sweeps and data are compared by."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256

from pydantic import BaseModel

# Sections that have no effect on results, but for `simulate` and `skip_quiet` of the first.
ASIDE = {"runtime", "tracking", "analysis", "resume", "dry_run"}


def content_hash(content: object) -> str:
    """Of sections, mappings, lists and plain values; 8 and 8.0 are the same."""
    return sha256(json.dumps(_plain(content), sort_keys=True).encode()).hexdigest()


def _plain(value: object) -> object:
    """The same as JSON has it, with every number a float."""
    if isinstance(value, BaseModel):
        return _plain(value.model_dump())
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value
