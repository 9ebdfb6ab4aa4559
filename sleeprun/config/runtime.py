"""How an experiment is computed, shown and recorded here: what its results do not depend on."""

import os
from typing import Annotated, Literal

from pydantic import Field

from sleeprun.config.values import Count, Positive, Section

# By what a network is simulated: a compiled kernel, one kernel of a GPU, population by population
# where none feeds back, or all step by step, which is the reference.
Engine = Literal["native", "fused", "by_layer", "by_step"]


class RuntimeConfig(Section):
    simulate: Literal["auto", Engine]
    skip_quiet: bool
    chunk_cycles: Count
    chunk_batches: Count
    chunk_steps: Count
    curve_every: Annotated[int, Field(ge=0)] = 0  # which records of older versions lack,
    spikes: Annotated[int, Field(ge=0)] = 0  # as this
    weights_every: Annotated[int, Field(ge=0)] = 0
    weights_of: list[str] | None = None
    weights_limit: Positive = 1000.0
    checkpoint_minutes: Positive
    keep_boundaries: bool
    cores: Annotated[int, Field(ge=0)]
    expected_cycles_per_second: Positive
    expected_gflops: Positive = 80.0  # which older records lack, too
    progress: bool
    figures: bool
    report: bool = True  # which older records lack, too
    require: dict[str, float]


def available_cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
