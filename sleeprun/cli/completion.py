"""Tab completion of choices that lie in folders, such as `golden2022/task1`: Hydra's own stops
before them, and does all the rest.
"""

import re
from pathlib import Path

from sleeprun.cli.choices import choices, config_dirs

QUERY = re.compile(r"query=(\w+)")  # of Hydra's `-sc`, by a shell


def answered(conf: Path, arguments: list[str], line: str) -> bool:
    """Print the choices that go on with the last word of a command line, where it names a group."""
    shells = [found[1] for each in arguments if (found := QUERY.fullmatch(each))]
    choices = _choices(conf, line)
    if not shells or choices is None:
        return False
    print(("\n" if shells[0] == "fish" else " ").join(choices))
    return True


def _choices(conf: Path, line: str) -> list[str] | None:
    begun = re.search(r"(?<=\s)(\+?(\w+)=)(\S*)$", line)
    if begun is None or not (conf / begun[2]).is_dir():
        return None
    folders = [folder / begun[2] for folder in (conf, *config_dirs(line.split()))]
    names = sorted({name for folder in folders for name, _ in choices(folder)})
    return [begun[1] + name for name in names if name.startswith(begun[3])]
