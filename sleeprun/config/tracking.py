"""What Weights & Biases is told of a run."""

from typing import Literal

from sleeprun.config.values import Section


class TrackingConfig(Section):
    mode: Literal["offline", "online", "disabled"] | None
    project: str | None
    entity: str | None
    group: str | None
    name: str | None = None  # which records of older versions lack,
    job_type: str | None = None  # as this
    tags: list[str]
