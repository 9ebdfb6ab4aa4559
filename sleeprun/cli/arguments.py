"""The order of what is typed in: overrides and flags as one likes, which argparse does not take."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sleeprun.cli.folder import conf_dir

# Hydra's flags whose next word belongs to them.
VALUED = {
    flag
    for flags in ("config-path cp", "config-name cn", "config-dir cd", "package p", "cfg c",
                  "experimental-rerun", "shell-completion sc")
    for flag in (f"--{flags.split()[0]}", *(f"-{short}" for short in flags.split()[1:]))
}  # fmt: skip


def overrides_first(arguments: Sequence[str]) -> list[str]:
    """The same with all overrides together, in their order, before the flags."""
    overrides = [*_overrides(arguments)]
    places = {place for place, _ in overrides}
    flags = [word for place, word in enumerate(arguments) if place not in places]
    return [word for _, word in overrides] + flags


def choice_as_flag(arguments: Sequence[str]) -> str | None:
    """What to write instead of a group's choice that is given as a flag; none of any other."""
    for word, after in pairwise([*arguments, ""]):
        name, _, joined = word.removeprefix("--").partition("=")
        if word.startswith("--") and name and (conf_dir() / name).is_dir():
            value = joined or (after if after[:1] not in ("", *"-+~") else "...")
            meant = f"{'+' if name == 'experiment' else ''}{name}={value}"
            return f"{word}: no such flag; did you mean {meant}?"
    return None


def _overrides(arguments: Sequence[str]) -> Iterator[tuple[int, str]]:
    for place, (before, word) in enumerate(pairwise(["", *arguments])):
        typed = word[:1] in "~+" or "=" in word
        if typed and not word.startswith("-") and before not in VALUED:
            yield place, word
