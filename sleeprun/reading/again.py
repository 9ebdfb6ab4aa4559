"""The commands that runs and sweeps were begun by."""

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

from omegaconf import DictConfig, OmegaConf

from sleeprun.directory.files import DamagedFile, read_lines, read_yaml
from sleeprun.directory.home import home_of, whole_of

MOST_COMMANDS = 12
OF_SWEEP = "multirun.yaml"  # what Hydra was told, in the folder of a sweep's call
FLAGGED = ("hydra.mode", "hydra.run.dir", "hydra.sweep.dir")  # by -m; where it went, and is done
SWEEPS = ("hydra.sweep", "hydra/sweep", "hydra.launcher", "hydra/launcher")  # nothing to one run


def again(paths: Iterable[Path]) -> Iterator[str]:
    """What they were begun by: an arm by what its whole run was, jobs by what their sweep was."""
    whole = [*map(whole_of, paths)]
    sweeps = _sweeps({path.absolute() for path in whole})
    commands = [*dict.fromkeys(_command(path, sweeps.get(path.absolute())) for path in whole)]
    yield from commands[:MOST_COMMANDS]
    if len(commands) > MOST_COMMANDS:
        yield f"# and {len(commands) - MOST_COMMANDS} more"


def _sweeps(here: set[Path]) -> dict[Path, Path]:
    """Of jobs that lie here with others of their sweep, the folder of the call that made them: of
    several the one with the fewest that are not here, and of these the largest and latest.
    """
    parents = {path.parent for path in here}
    listed = sorted(told.parent for parent in parents for told in parent.glob(f"*/{OF_SWEEP}"))
    jobs = {call: _jobs(call) for call in listed}
    found: dict[Path, Path] = {}
    for call in sorted(jobs, key=lambda call: (-len(jobs[call] - here), len(jobs[call]))):
        if len(jobs[call] & here) > 1:
            found |= dict.fromkeys(jobs[call] & here, call)
    return found


def _jobs(call: Path) -> set[Path]:
    try:
        return {Path(job["path"]) for job in read_lines(call / "jobs.jsonl", "path")}
    except DamagedFile:
        return set()


def _command(run: Path, sweep: Path | None) -> str:
    try:
        where = sweep / OF_SWEEP if sweep else run / ".hydra" / "hydra.yaml"
        told = read_yaml(where, "hydra.overrides.task", "hydra.runtime.cwd").hydra
    except DamagedFile:
        return f"# begun in Python; its config is {_near(run)}/.hydra/config.yaml"
    given = cast(dict[str, list[str]], OmegaConf.to_container(told.overrides, resolve=False))
    left_out = FLAGGED if sweep else (*FLAGGED, *SWEEPS)
    kept = (each for each in given["hydra"] if not each.lstrip("+~").startswith(left_out))
    return shlex.join(["sleeprun", *_flags(told, sweep is not None), *given["task"], *kept])


def _flags(told: DictConfig, sweeps: bool) -> Iterator[str]:
    home = Path(told.runtime.cwd)
    if sweeps:
        yield "-m"
    for source in told.runtime.get("config_sources") or ():
        if source.provider == "command-line":
            folder = Path(source.path)
            near = folder.relative_to(home) if folder.is_relative_to(home) else folder
            yield from ("--config-dir", str(near))
    if (name := OmegaConf.select(told, "job.config_name", default="config")) != "config":
        yield from ("--config-name", name)


def _near(folder: Path) -> str:
    """From where it was called, if it lies there."""
    path, home = folder.absolute(), home_of(folder)
    return str(path.relative_to(home)) if home and path.is_relative_to(home) else folder.name
