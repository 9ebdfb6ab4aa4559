"""What all configs are made of: declared constants, kinds to choose from, and messages."""

from sleeprun.config.common import Common, Role, TrackingConfig
from sleeprun.config.error import ConfigError
from sleeprun.config.spelling import nearest

__all__ = ["Common", "ConfigError", "Role", "TrackingConfig", "nearest"]
