"""The commands that runs were begun by."""

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from sleeprun.runs.files import DamagedFile, read_list
from sleeprun.runs.home import home_of

MOST_COMMANDS = 12


def again(paths: Iterable[Path]) -> Iterator[str]:
    """What they were begun by: an arm by what its whole run was."""
    whole = [path.parent.parent if path.parent.name == "arms" else path for path in paths]
    commands = [*dict.fromkeys(map(_command, whole))]
    yield from commands[:MOST_COMMANDS]
    if len(commands) > MOST_COMMANDS:
        yield f"# and {len(commands) - MOST_COMMANDS} more"


def _command(folder: Path) -> str:
    try:
        given = [str(each) for each in read_list(folder / ".hydra" / "overrides.yaml")]
    except DamagedFile:
        given = []
    if not given:
        return f"# begun in Python; its config is {_near(folder)}/.hydra/config.yaml"
    return shlex.join(["sleeprun", *given])


def _near(folder: Path) -> str:
    """From where it was called, if it lies there."""
    path, home = folder.absolute(), home_of(folder)
    return str(path.relative_to(home)) if home and path.is_relative_to(home) else folder.name
