"""From a composed config to typed objects, or to an error that says what to mend."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from sleeprun.config.contradictions import contradictions
from sleeprun.config.images import ARM_SECTIONS, ImagesConfig
from sleeprun.config.messages import as_yaml, explain, nearest, unknown_key
from sleeprun.config.network import NetworkConfig, PlasticityConfig, ProjectionConfig
from sleeprun.config.schema import Config, SleepConfig, TrackingConfig, stage_names

__all__ = [
    "AnyConfig",
    "Config",
    "ConfigError",
    "ImagesConfig",
    "NetworkConfig",
    "PlasticityConfig",
    "ProjectionConfig",
    "SleepConfig",
    "TrackingConfig",
    "as_yaml",
    "nearest",
    "parse",
    "stage_names",
    "unknown_key",
]

AnyConfig = Config | ImagesConfig


class ConfigError(Exception):
    """A mistake in the user's configuration, told in a line or two."""


def parse(container: Mapping[str, Any]) -> AnyConfig:
    """The composed config as typed objects. Raises ConfigError with a line for every mistake."""
    container = _with_whole_arms(container)
    family = ImagesConfig if container.get("data") else Config
    for section in ("sequence", "training", "learner", "probes"):
        if family is Config and container.get(section):
            raise ConfigError(
                f"{section}: is for perceptrons on images (data=...), not for the spiking agent, "
                "which learns by rewarded STDP alone"
            )
    sleep = container.get("sleep")
    if family is ImagesConfig and isinstance(sleep, Mapping) and "max_rate" not in sleep:
        raise ConfigError(
            "sleep: this one is the spiking agent's; perceptrons take sleep=src and its like, and "
            "sleep.schedule=never to stay awake"
        )
    try:
        config = family.model_validate(container)
    except ValidationError as error:
        lines = [explain(problem, container) for problem in error.errors()]
        raise ConfigError(_once(lines)) from None
    problems = list(contradictions(config))
    if problems:
        raise ConfigError(_once(problems))
    return config


def _once(lines: list[str]) -> str:
    """A mistake that arms only take over is told of the whole alone."""
    taken_over = (line for line in lines if line.startswith("arms."))
    again = {line for line in taken_over if line.split(".", 2)[-1] in lines}
    return "\n".join(dict.fromkeys(line for line in lines if line not in again))


def _with_whole_arms(container: Mapping[str, Any]) -> Mapping[str, Any]:
    """An arm says in what it differs: from `sleep`, or on images from several sections."""
    arms = container.get("arms")
    if not isinstance(arms, Mapping):
        return container
    whole = {}
    for name, arm in arms.items():
        if not isinstance(arm, Mapping):
            whole[name] = arm
        elif container.get("data"):
            sections = {part: container.get(part) for part in ARM_SECTIONS}
            if _another_method(arm.get("learner"), container.get("learner")):
                del sections["learner"]
            whole[name] = _over(sections, arm)
        else:
            whole[name] = _over(container.get("sleep"), arm)
    return {**container, "arms": whole}


def _another_method(ours: Any, theirs: Any) -> bool:
    """Whether an arm's learner is not the experiment's, whose keys then say nothing of it."""
    if not isinstance(ours, Mapping) or not isinstance(theirs, Mapping):
        return False
    return ours.get("kind", theirs.get("kind")) != theirs.get("kind")


def _over(below: Any, above: Any) -> Any:
    """`above` laid over `below`, section by section."""
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    return {**below, **{key: _over(below.get(key), value) for key, value in above.items()}}
