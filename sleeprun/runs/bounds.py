"""The runs between which a result lies: naive, the lower bound, and joint, the upper one."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from sleeprun.config import ConfigError, ExperimentConfig, Role
from sleeprun.directory.files import DamagedFile, read_json
from sleeprun.protocol.phases import RESTS, parted
from sleeprun.protocol.results import Bound, Results

BOUNDS = (Role.NAIVE, Role.JOINT)


def given(config: ExperimentConfig) -> dict[str, Results]:
    """The results of the run directories that the keys `joint` and `naive` name."""
    return {name: _read(config, name) for name in BOUNDS if getattr(config, name) is not None}


def _read(config: ExperimentConfig, name: str) -> Results:
    folder = getattr(config, name)
    try:
        found = cast(Results, read_json(Path(folder).expanduser() / "results.json"))
    except DamagedFile as error:
        raise ConfigError(f"{name}='{folder}': {error}") from None
    if misfit := next(_misfits(config, name, found), None):
        raise ConfigError(f"{name}='{folder}': {misfit}")
    return found


def _misfits(config: ExperimentConfig, name: str, found: Results) -> Iterator[str]:
    if "arms" in found:
        yield f"has arms; name one of them, in its folder arms/: {', '.join(found['arms'])}"
    tasks, trained = config.task_names, config.trained_tasks
    if found["seeds"] != config.seeds or found["tasks"] != tasks:
        yield "has other seeds or tasks than this run"
    if found["data"] is None and config.contents is not None:
        yield "is of an earlier version, which did not record what network it is of"
    if not config.learns(found["data"]) or found["scale"] != config.protocol.scale:
        yield "has another network, other data, another sequence or another protocol.scale"
    stages = [set(parted(row["task"])) for row in found["boundaries"]]
    if missing := set(trained).difference(*stages):
        yield f"was not trained on {', '.join(sorted(missing))}"
    if name == Role.JOINT and not any(stage.issuperset(trained) for stage in stages):
        yield "was trained on one task after another"
    rested = any(row["phase"] in RESTS for row in found["boundaries"])
    slept = rested or found["sleep_steps"] or found.get("role") == Role.RIVAL
    if name == Role.NAIVE and (slept or found["carried_bytes"]):
        yield "sleeps or has something else in its place, or carries memories from task to task"


def summary(bounds: dict[str, Results]) -> dict[str, Bound]:
    """What a run's results say of its bounds: whose they are, and the scores at their end."""
    return {
        name: {
            "run": found["experiment"],
            **{
                measure: told
                for measure, told in found["metrics"].items()
                if measure == "accuracy" or measure.startswith("final/")
            },
        }
        for name, found in bounds.items()
    }
