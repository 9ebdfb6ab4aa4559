"""Files that are there as a whole or not at all; of one that is not whole a line is told."""

import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from sleeprun.config import ConfigError
from sleeprun.protocol.lines import without_nan


class DamagedFile(ConfigError):
    """A file of a run that is not there, cannot be read, or is not whole."""


@contextmanager
def named(path: Path) -> Iterator[None]:
    """An error of the system says which file it was, also where the disk is full."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def write_whole(path: Path, content: bytes) -> None:
    """Raises OSError where it cannot be written; what was there before is then still there."""
    with named(path):
        _write_whole(path, content)


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the renaming outlives a loss of power, too
    finally:
        os.close(folder)


def clear_drafts(folder: Path) -> None:
    """Remove what a killed process left half written."""
    for draft in folder.glob(".*.*[0-9].*[0-9]"):
        draft.unlink(missing_ok=True)


def write_json(path: Path, content: object) -> None:
    write_whole(path, (json.dumps(without_nan(content), indent=1) + "\n").encode())


def read_json(path: Path, *keys: str) -> dict[str, Any]:
    """An object with these keys. Raises DamagedFile."""
    return _object(path, _content(path), keys)


def read_lines(path: Path, *keys: str) -> list[dict[str, Any]]:
    """The objects of a file that has one a line, each with these keys. Raises DamagedFile."""
    return [_object(path, line, keys) for line in _content(path).splitlines()]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        unreadable(path, error)


def _object(path: Path, text: bytes, keys: Sequence[str]) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise DamagedFile(f"{path} is damaged: {error}") from None
    if not isinstance(found, dict):
        _not_keys(path)
    if missing := [key for key in keys if key not in found]:
        raise DamagedFile(f"{path} is damaged: it has no {missing[0]!r}")
    return found


def read_yaml(path: Path, *keys: str) -> DictConfig:
    """A config with these keys, `a.b` for one in a section. Raises DamagedFile."""
    found = _loaded(path)
    if not isinstance(found, DictConfig):
        _not_keys(path)
    if missing := [key for key in keys if OmegaConf.select(found, key) is None]:
        raise DamagedFile(f"{path} is damaged: it has no {missing[0]}")
    return found


def read_config(run: Path) -> DictConfig:
    """What Hydra recorded of a run. Raises DamagedFile."""
    return read_yaml(run / ".hydra" / "config.yaml", "name", "runtime")


def read_list(path: Path) -> ListConfig:
    """What a YAML file lists. Raises DamagedFile."""
    found = _loaded(path)
    if not isinstance(found, ListConfig):
        raise DamagedFile(f"{path} is damaged: it is no list")
    return found


def _loaded(path: Path) -> object:
    try:
        return OmegaConf.load(path)
    except OSError as error:
        unreadable(path, error)
    except (YAMLError, OmegaConfBaseException, ValueError) as error:
        raise DamagedFile(f"{path} is damaged: {str(error).splitlines()[0]}") from None


def unreadable(path: Path, error: OSError) -> NoReturn:
    raise DamagedFile(f"{path} cannot be read: {error.strerror}") from None


def _not_keys(path: Path) -> NoReturn:
    raise DamagedFile(f"{path} is damaged: it has no keys")
