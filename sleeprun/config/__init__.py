"""From a composed config to typed objects, or to an error that says what to mend."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from sleeprun.config.contradictions import contradictions
from sleeprun.config.messages import as_yaml, explain, nearest, unknown_key
from sleeprun.config.network import NetworkConfig, PlasticityConfig, ProjectionConfig
from sleeprun.config.schema import Config, SleepConfig, TrackingConfig, stage_names

__all__ = [
    "Config",
    "ConfigError",
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


class ConfigError(Exception):
    """A mistake in the user's configuration, told in a line or two."""


def parse(container: Mapping[str, Any]) -> Config:
    """The composed config as typed objects. Raises ConfigError with a line for every mistake."""
    container = _with_whole_arms(container)
    try:
        config = Config.model_validate(container)
    except ValidationError as error:
        lines = [explain(problem, container) for problem in error.errors()]
        raise ConfigError("\n".join(dict.fromkeys(lines))) from None
    problems = list(contradictions(config))
    if problems:
        raise ConfigError("\n".join(problems))
    return config


def _with_whole_arms(container: Mapping[str, Any]) -> Mapping[str, Any]:
    """An arm says in what it differs from `sleep`."""
    arms, sleep = container.get("arms"), container.get("sleep")
    if not isinstance(arms, Mapping) or not isinstance(sleep, Mapping):
        return container
    whole = {
        name: {**sleep, **arm} if isinstance(arm, Mapping) else arm for name, arm in arms.items()
    }
    return {**container, "arms": whole}
