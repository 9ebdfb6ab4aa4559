"""What sleeprun 0.1 recorded, so that its runs can still be bounds of later ones."""

import json
from hashlib import sha256
from typing import Any

from sleeprun.tasks.images.sequence import ImageTasks


def contents_hash(tasks: ImageTasks, network: dict[str, Any]) -> str:
    """Its keys had other names, and a number was hashed as it was written: 8 and 8.0 differ."""
    cut = tasks.model_dump(exclude={"kind", "data", "together", "samples"})
    own = {"tasks": tasks.kind} if type(tasks) is not ImageTasks else {}
    parts = [
        {{"kind": "model"}.get(key, key): value for key, value in network.items()},
        tasks.data.model_dump(),
        {"kind": cut.pop("cut"), **cut, **own},
    ]
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
