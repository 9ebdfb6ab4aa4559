"""A config that was composed, or recorded, as plain data: what it refers to is resolved.

Beside other keys that is a time in ms, in steps: `${sleeprun.steps:10.0,${network.step_ms}}`.
"""

from typing import cast

from omegaconf import DictConfig, OmegaConf

from sleeprun.config import ConfigError
from sleeprun.config.values import is_whole


def plain(config: DictConfig) -> dict[str, object]:
    """All that it has. Raises OmegaConfBaseException where that refers to nothing."""
    container = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    return cast(dict[str, object], container)


def steps(ms: float, step_ms: object) -> int:
    """Of a network's length of a step. Raises ConfigError where it does not part the time."""
    positive = isinstance(step_ms, int | float) and 0 < step_ms < float("inf")
    if not positive or not is_whole(ms / step_ms):  # type: ignore[operator]
        some = f"must part {ms:g} ms into whole steps, as 0.02, 0.05 and 0.1 do"
        raise ConfigError(f"network.step_ms={step_ms}: {some}")
    return round(ms / step_ms)  # type: ignore[operator]


OmegaConf.register_new_resolver("sleeprun.steps", steps, replace=True)
