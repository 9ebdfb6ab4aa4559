"""What the groups of configs have to choose from, shipped or in folders of a user's own."""

import itertools
import re
from pathlib import Path

CONFIG_DIR = ("--config-dir", "-cd")


def choices(folder: Path) -> list[tuple[str, str]]:
    """Of a group: those that `GROUP=` takes; an experiment's name alone may lie in a folder."""
    names = experiments(folder)
    return names if folder.name == "experiment" else [one for one in names if "/" not in one[0]]


def experiments(folder: Path) -> list[tuple[str, str]]:
    """Every experiment's name and the comment that its file begins with."""
    found = []
    for path in sorted(folder.rglob("*.yaml")):
        lines = path.read_text("utf-8", errors="replace").splitlines()
        comments = [line[1:].strip() for line in lines if re.match(r"# (?!@)", line)]
        found.append((str(path.relative_to(folder).with_suffix("")), (comments or [""])[0]))
    return found


def config_dirs(arguments: list[str]) -> list[Path]:
    """A user's own, as the command line names them."""
    joined = [a.split("=", 1)[1] for a in arguments if re.match(r"(--config-dir|-cd)=", a)]
    apart = [b for a, b in itertools.pairwise(arguments) if a in CONFIG_DIR]
    return [Path(folder) for folder in joined + apart]
