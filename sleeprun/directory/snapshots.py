"""Weights that are kept within phases: compressed files, of which the record tells."""

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float
from rich.filesize import decimal

from sleeprun.config import ConfigError, ExperimentConfig
from sleeprun.config.spelling import nearest
from sleeprun.directory.files import DamagedFile, unreadable, write_whole
from sleeprun.protocol.events import Event
from sleeprun.protocol.phases import Live, Protocol
from sleeprun.protocol.seen import Kept

Weights = Mapping[str, Float[np.ndarray, "seed pre post"]]
MEGABYTE = 1_000_000
FOLDER = "weights"


def chosen(config: ExperimentConfig, weights: Weights, protocol: Protocol) -> list[str]:
    """Whose weights are kept, by name: those that `runtime.weights_of` names, or all that learn.

    Raises ConfigError where there is no such one, or where they would take too much of the disk.
    """
    runtime = config.runtime
    for name in runtime.weights_of or []:
        if name not in weights:
            raise ConfigError(
                f"runtime.weights_of='{name}': no such weights{nearest(name, list(weights))}"
            )
    learning = {name for phase in protocol for name in phase.plastic}
    names = runtime.weights_of or [name for name in weights if name in learning] or list(weights)
    _refuse_too_many(config, sum(weights[name].nbytes for name in names), protocol)
    return names


def _refuse_too_many(config: ExperimentConfig, size: int, protocol: Protocol) -> None:
    every, most = config.runtime.weights_every, config.runtime.weights_limit * MEGABYTE
    lives = [phase for phase in protocol if isinstance(phase, Live)]
    times = 1 + sum(-(-phase.cycles // every) for phase in lives)
    if times * size > most:
        least = sum(phase.cycles for phase in lives) * size / max(size, most - size * len(lives))
        raise ConfigError(
            f"runtime.weights_every={every}: keeps {times:,d} times {decimal(size)}, more than "
            f"runtime.weights_limit={config.runtime.weights_limit:g} MB; weights_every must "
            f"be at least about {least:,.0f}"
        )


def keep(folder: Path, cycle: int, weights: Weights) -> str:
    """Write a snapshot; returns its place in the run's directory."""
    content = io.BytesIO()
    np.savez_compressed(content, **weights)  # type: ignore[arg-type]
    name = f"{FOLDER}/cycle-{cycle:012d}.npz"
    write_whole(folder / name, content.getvalue())
    return name


def read(path: Path) -> dict[str, Float[np.ndarray, "seed pre post"]]:
    """Raises DamagedFile."""
    try:
        content = path.read_bytes()
    except OSError as error:
        unreadable(path, error)
    try:
        with np.load(io.BytesIO(content)) as found:
            return dict(found)
    except Exception as error:  # NumPy has a dozen for what is cut off, damaged, or no archive
        raise DamagedFile(f"{path} is damaged: {error}") from None


def copy(told: Iterable[Event], source: Path, target: Path, places: Sequence[int]) -> None:
    """Those that a record tells of, of the seeds at some places; unread where none are kept."""
    if not (source / FOLDER).is_dir():
        return
    for event in told:
        if isinstance(event, Kept):
            of_all = read(source / event.file)
            keep(target, event.cycle, {name: each[places] for name, each in of_all.items()})
