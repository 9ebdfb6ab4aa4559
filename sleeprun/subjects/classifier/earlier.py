"""What sleeprun 0.1 recorded, so that its runs can still be bounds of later ones."""

import json
from hashlib import sha256
from typing import TYPE_CHECKING

from sleeprun.tasks.images.sequence import ImageTasks

if TYPE_CHECKING:
    from sleeprun.subjects.classifier.schema import Config


def contents_hash(config: "Config") -> str:
    """Its keys had other names, and a number was hashed as it was written: 8 and 8.0 differ."""
    tasks, network = config.image_tasks, config.network.model_dump()
    cut = tasks.model_dump(exclude={"kind", "data", "together", "samples"})
    own = {"tasks": tasks.kind} if type(tasks) is not ImageTasks else {}
    parts = [
        {"model": network.pop("kind"), **network},
        tasks.data.model_dump(),
        {"kind": cut.pop("cut"), **cut, **own},
    ]
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
