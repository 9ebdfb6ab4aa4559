"""A run begun from Python; what the command does is the same, after Hydra has made the config."""

from pathlib import Path
from typing import cast

import yaml

from sleeprun.config import ConfigError
from sleeprun.directory.files import write_whole
from sleeprun.protocol.lines import without_nan
from sleeprun.protocol.results import Results
from sleeprun.runs.job import carry_out
from sleeprun.subjects.experiment import Experiment


def run(config: Experiment, folder: str | Path, *, resume: bool = False) -> Results:
    """Carry an experiment out in `folder`, and its arms in `folder/arms`; returns its results.

    With `resume` a run that was interrupted is gone on with; without, a folder that has a run in
    it is refused with a ConfigError. Raises KeyboardInterrupt when stopped, with a checkpoint.
    """
    if not isinstance(config, Experiment):
        raise ConfigError(f"config={config!r:.60}: must be what sleeprun.compose gives")
    path = Path(folder)
    if not resume and (path / "events.jsonl").exists():
        raise ConfigError(f"{path} has a run in it; go on with it by resume=True")
    config = config.model_copy(update={"resume": str(path) if resume else None})
    told = resume and (path / ".hydra" / "config.yaml").exists()
    if not told and not (path / "events.jsonl").exists():
        try:
            _record(config, path)
        except OSError as error:
            raise ConfigError(f"{error.filename}: {error.strerror}") from None
    return cast(Results, without_nan(carry_out(config, path)))  # as results.json has them


def _record(config: Experiment, path: Path) -> None:
    """What it is run with, where Hydra writes it: `load` and `sleeprun resume=` read it there."""
    whole = config.model_dump(mode="json", by_alias=True)
    here = {"hydra": {"runtime": {"cwd": str(Path.cwd())}}}  # from where its paths are meant
    files = {"config.yaml": whole, "overrides.yaml": [], "hydra.yaml": here}
    for name, content in files.items():
        write_whole(path / ".hydra" / name, yaml.safe_dump(content, sort_keys=False).encode())
