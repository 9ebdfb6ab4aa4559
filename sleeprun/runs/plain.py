"""Times that a file gives in ms, in steps: `${sleeprun.steps:10.0,${network.step_ms}}`."""

from omegaconf import OmegaConf

from sleeprun.config import ConfigError
from sleeprun.config.values import is_whole


def steps(ms: float, step_ms: object) -> int:
    """Of a network's length of a step. Raises ConfigError where it does not part the time."""
    positive = isinstance(step_ms, int | float) and 0 < step_ms < float("inf")
    if not positive or not is_whole(ms / step_ms):  # type: ignore[operator]
        some = f"must part {ms:g} ms into whole steps, as 0.02, 0.05 and 0.1 do"
        raise ConfigError(f"network.step_ms={step_ms}: {some}")
    return round(ms / step_ms)  # type: ignore[operator]


def know_steps() -> None:
    """Whoever composes what lies in conf/, or reads what was recorded of it, must call it."""
    OmegaConf.register_new_resolver("sleeprun.steps", steps, replace=True)
