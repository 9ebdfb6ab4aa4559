"""From which checkpoint a run goes on: the furthest that is whole, and was made with its config."""

from collections.abc import Callable, Generator
from typing import Any

from sleeprun.config import ConfigError, ExperimentConfig
from sleeprun.config.identity import content_hash
from sleeprun.config.runtime import Engine
from sleeprun.directory.checkpoints import SavedHeader, load, read_header
from sleeprun.directory.files import DamagedFile
from sleeprun.directory.mismatch import lived
from sleeprun.directory.store import RunDirectory
from sleeprun.protocol.events import Warned
from sleeprun.protocol.phases import Protocol

Saved = tuple[SavedHeader, tuple[Any, ...]]  # with the states that it was made of


def signature(config: ExperimentConfig, engine: Engine, behind: Protocol) -> str:
    """What a checkpoint depends on; `behind` are the phases up to its own."""
    return content_hash([lived(config), config.seeds, engine, config.contents, repr(behind)])


def rewound(
    folder: RunDirectory,
    signature: Callable[[int, int], str],
    like: Callable[[list[object]], tuple[Any, ...]],
) -> Generator[Warned, None, Saved | None]:
    """Take the record back to a checkpoint, which is returned; to nothing where there is none.

    It must have the signature of its phase, so many cycles in, and states `like` its capacities.
    Raises ConfigError, and changes nothing, where there are some and none will do.
    """
    trouble = None
    for path in folder.furthest():
        try:
            header = read_header(path)
            if header["signature"] != signature(header["phase"], header["done"]):
                raise ConfigError(
                    f"resume={folder.path}: {path.name} was made with another configuration "
                    "(network, tasks, data, seeds, protocol, runtime.simulate or skip_quiet)"
                )
            states = load(path, like(header["capacity"]))
            folder.rewind(header)
        except DamagedFile as error:
            trouble = error
            yield Warned(message=f"{error}; trying an older checkpoint")
            continue
        return header, states
    if trouble:
        raise ConfigError(
            f"resume={folder.path}: {trouble}, and no older checkpoint can be gone on with; "
            "nothing was changed"
        )
    folder.rewind(None)
    return None
